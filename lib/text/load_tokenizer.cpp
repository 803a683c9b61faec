#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "base/fail.hpp"
#include "base/mapped_file.hpp"
#include "files/weight_source.hpp"
#include "text/tokenizer.hpp"
#include "text/tokenizer_files.hpp"

namespace ondol {
namespace {

using Load = Tokenizer (*)(const std::string& path, const TokenizerOptions& options);

Tokenizer load_gguf(const std::string& path, const TokenizerOptions& options) {
  return make_tokenizer(*open_weights(path), options);
}

/// What a folder may hold, the most telling first.
struct Name {
  std::string_view name;
  Load load;
};
constexpr auto names = std::to_array<Name>({
    {"tokenizer.json", text::load_tokenizer_json},
});

Load recognise(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  for (const Name& known : names) {
    if (known.name == name) return known.load;
  }
  const auto file = MappedFile::open(path);
  const std::string_view start = file->text().substr(0, 4);
  if (start == "GGUF") return load_gguf;
  if (!start.empty() && (start[0] == '{' || start[0] == ' ' || start[0] == '\n')) return text::load_tokenizer_json;
  return load_gguf;
}

}  // namespace

Tokenizer Tokenizer::load(std::string_view given, const TokenizerOptions& options) {
  const std::string path(given);
  std::error_code ignored;
  if (path.find('\0') != path.npos || !std::filesystem::is_directory(path, ignored)) {
    return recognise(path)(path, options);
  }
  for (const Name& known : names) {
    const std::string file = (std::filesystem::path(path) / known.name).string();
    if (std::filesystem::is_regular_file(file, ignored)) return known.load(file, options);
  }
  std::string expected;
  for (const Name& known : names) expected += fmt::format("{}{}", expected.empty() ? "" : ", ", known.name);
  fail(Status::not_found, fmt::format("{}: no tokenizer in this folder: expected one of {}", path, expected));
}

}  // namespace ondol
