#include <filesystem>
#include <iterator>

#include "base/mapped_file.hpp"
#include "text/tokenizer_files.hpp"

namespace ondol::text {
namespace {

PortableTokenizer json_file(const std::string& path) { return {.json = std::string(MappedFile::open(path)->text())}; }

/// Ranks have the same name in some folders: a model's first byte is the key of its first token.
PortableTokenizer sentence_piece(const std::string& path) {
  const auto file = MappedFile::open(path);
  return {.sentence_piece = std::string(file->text().starts_with('\n') ? file->text() : std::string_view())};
}

struct Kind {
  std::string_view name;
  PortableTokenizer (*read)(const std::string& path);
};
constexpr Kind kinds[] = {
    // in the order of load_tokenizer.cpp
    {"tokenizer.json", json_file},
    {"tekken.json", nullptr},
    {"tokenizer.model", sentence_piece},
    {"vocab.json", [](const std::string& path) { return PortableTokenizer{.json = vocab_json_as_json(path, {})}; }},
    {"tiktoken.model", nullptr},
    {"vocab.txt", [](const std::string& path) { return PortableTokenizer{.json = vocab_txt_as_json(path, {})}; }},
};

}  // namespace

PortableTokenizer portable_tokenizer(const std::string& folder) {
  std::error_code ignored;
  for (const Kind& kind : kinds) {
    const std::string path = (std::filesystem::path(folder) / kind.name).string();
    if (std::filesystem::is_regular_file(path, ignored)) return kind.read ? kind.read(path) : PortableTokenizer();
  }
  return {};
}

}  // namespace ondol::text
