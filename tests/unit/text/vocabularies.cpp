#include "text/vocabularies.hpp"

#include <map>

namespace test {
namespace {

std::filesystem::path path_of(const std::string& name) {
  if (name == "smollm2") return demo_model();
  if (name == "stories260K") return data("stories260K/stories260K.gguf");
  return unpacked("vocabs/" + name + ".gguf");
}

}  // namespace

std::string demo_model() {
  if (const char* given = std::getenv("ONDOL_DEMO_MODEL")) return given;
  const char* home = std::getenv("HOME");
  const std::filesystem::path cache = std::filesystem::path(home ? home : ".") / ".cache/ondol";
  if (!std::filesystem::is_directory(cache)) return {};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cache)) {
    if (entry.path().filename() == "SmolLM2-135M-Instruct.Q4_1.gguf") return entry.path().string();
  }
  return {};
}

bool has_tokenizer(const std::string& name) { return std::filesystem::is_regular_file(path_of(name)); }

const ondol::Tokenizer& tokenizer(const std::string& name) {
  static std::map<std::string, ondol::Tokenizer> loaded;
  auto it = loaded.find(name);
  if (it == loaded.end()) it = loaded.emplace(name, ondol::Tokenizer::load(path_of(name).string())).first;
  return it->second;
}

}  // namespace test
