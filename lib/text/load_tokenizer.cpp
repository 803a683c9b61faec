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

/// A kind of tokenizer file: its usual name, the most telling first, and how the beginning of the file tells it.
struct Kind {
  std::string_view name;
  Load load;
  bool (*is)(std::string_view file);
};

bool is_json(std::string_view file) {
  const std::size_t start = file.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return start != file.npos && file[start] == '{';
}

bool json_with(std::string_view file, std::string_view key) { return is_json(file) && file.find(key) != file.npos; }

/// A line of base64, a space and digits.
bool is_ranks(std::string_view file) {
  const std::string_view line = file.substr(0, file.find('\n'));
  const std::size_t blank = line.find(' ');
  if (blank == line.npos || blank == 0) return false;
  const std::string_view rank = line.substr(blank + 1);
  return blank % 4 == 0 && !rank.empty() && rank.find_first_not_of("0123456789\r") == rank.npos;
}

/// BERT's list of tokens, a line each.
bool is_token_lines(std::string_view file) {
  return file.find("[UNK]") != file.npos && file.substr(0, 4096).find('\0') == file.npos;
}

constexpr auto kinds = std::to_array<Kind>({
    {"tokenizer.json", text::load_tokenizer_json, [](std::string_view f) { return json_with(f, "\"model\""); }},
    {"tekken.json", text::load_tekken, [](std::string_view f) { return json_with(f, "\"token_bytes\""); }},
    {"tokenizer.model", text::load_sentence_piece,
     [](std::string_view f) { return f.starts_with('\n') && !is_json(f); }},
    {"vocab.json", text::load_vocab_json, is_json},
    {"tiktoken.model", text::load_tiktoken, is_ranks},
    {"vocab.txt", text::load_vocab_txt, is_token_lines},
});

Load recognise(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  const auto file = MappedFile::open(path);
  if (file->text().starts_with("GGUF") || name.ends_with(".gguf")) return load_gguf;
  // What a file is called counts, unless it cannot be that.
  for (const Kind& kind : kinds) {
    if (kind.name == name && kind.is(file->text())) return kind.load;
  }
  for (const Kind& kind : kinds) {
    if (kind.is(file->text())) return kind.load;
  }
  fail(Status::bad_file, fmt::format("{}: this is no tokenizer file that is known", path));
}

}  // namespace

Tokenizer Tokenizer::load(std::string_view given, const TokenizerOptions& options) {
  const std::string path(given);
  std::error_code ignored;
  if (path.find('\0') != path.npos || !std::filesystem::is_directory(path, ignored)) {
    return recognise(path)(path, options);
  }
  std::string expected;
  for (const Kind& kind : kinds) {
    const std::string file = (std::filesystem::path(path) / kind.name).string();
    if (std::filesystem::is_regular_file(file, ignored)) return recognise(file)(file, options);
    expected += fmt::format("{}{}", expected.empty() ? "" : ", ", kind.name);
  }
  fail(Status::not_found, fmt::format("{}: no tokenizer in this folder; expected is one of {}", path, expected));
}

}  // namespace ondol
