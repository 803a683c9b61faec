#include "generate/models.hpp"

#include <cstdlib>
#include <filesystem>
#include <map>

#include "data.hpp"

namespace test {

using ondol::CacheType;
using ondol::Json;
using ondol::Model;
using ondol::Precision;

namespace {

ondol::LoadOptions exact() {
  ondol::LoadOptions options;
  options.precision = Precision::exact;
  options.cache_type = CacheType::f32;
  return options;
}

}  // namespace

const Model& stories() {
  static const Model model = Model::load(data("stories260K/stories260K.gguf").string());
  return model;
}
const Model& stories_exact() {
  static const Model model = Model::load(data("stories260K/stories260K.gguf").string(), exact());
  return model;
}

std::string smollm2_path() {
  if (const char* given = std::getenv("ONDOL_DEMO_MODEL")) return given;
  const char* home = std::getenv("HOME");
  return std::string(home ? home : ".") + "/.cache/ondol/SmolLM2-135M-Instruct.Q4_1.gguf";
}
bool has_smollm2() { return std::getenv("ONDOL_DEMO_MODEL") || std::filesystem::is_regular_file(smollm2_path()); }

const Model& smollm2_exact() {
  static const Model model = Model::load(smollm2_path(), exact());
  return model;
}
const Model& smollm2_fast() {
  static const Model model = Model::load(smollm2_path());
  return model;
}

const Json& reference(const std::string& name) {
  static std::map<std::string, Json> read_once;
  auto it = read_once.find(name);
  if (it == read_once.end()) it = read_once.emplace(name, Json::parse(read(data(name)), name)).first;
  return it->second;
}

std::vector<ondol::Token> ids(const Json& array) {
  std::vector<ondol::Token> out;
  for (const Json& item : array.items()) out.push_back(static_cast<ondol::Token>(*item.as_int64()));
  return out;
}
std::vector<double> numbers(const Json& array) {
  std::vector<double> out;
  for (const Json& item : array.items()) out.push_back(number(item));
  return out;
}
double number(const Json& value) { return *value.as_double(); }
std::string text(const Json& value) { return *value.as_string(); }

}  // namespace test
