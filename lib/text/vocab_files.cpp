// Vocabularies as plain files: told to the reader of tokenizer.json in its own words.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/mapped_file.hpp"
#include "text/folder_config.hpp"
#include "text/tokenizer_files.hpp"

namespace ondol::text {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (!line.empty() && std::string_view(" \t\r").find(line.back()) != line.npos) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines;
}

Json added(std::string_view text, std::int64_t id) {
  return Json::object({{"id", id}, {"content", text}, {"special", true}, {"normalized", false}});
}

/// Names of special tokens that the configuration beside a file gives, and those that go without saying.
std::vector<std::string> special_names(const std::string& path, std::initializer_list<const char*> usual) {
  std::vector<std::string> names(usual.begin(), usual.end());
  for (const char* file : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const Json config = read_beside(path, file);
    for (const auto& [key, value] : config.members()) {
      const Json* text = value.is_object() ? value.find("content") : &value;
      if (key.ends_with("_token") && text && text->as_string()) names.push_back(*text->as_string());
    }
  }
  return names;
}

bool lowercase(const std::string& path, const TokenizerOptions& options) {
  const Json config = read_beside(path, "tokenizer_config.json");
  const Json* value = config.find("do_lower_case");
  return value ? value->as_bool().value_or(options.lowercase) : options.lowercase;
}

}  // namespace

std::string vocab_txt_as_json(const std::string& path, const TokenizerOptions& options) {
  const auto file = MappedFile::open(path);
  const std::vector<std::string_view> lines = lines_of(file->text());
  std::vector<Json::Member> vocabulary;
  for (std::size_t i = 0; i < lines.size(); ++i) vocabulary.emplace_back(lines[i], std::int64_t(i));
  Json::Array specials;
  const auto id_of = [&](std::string_view text) {
    const auto at = std::find(lines.rbegin(), lines.rend(), text);
    return at == lines.rend() ? std::int64_t(-1) : std::int64_t(lines.rend() - at - 1);
  };
  for (const std::string& name : special_names(path, {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"})) {
    if (id_of(name) >= 0) specials.push_back(added(name, id_of(name)));
  }
  std::vector<Json::Member> root{
      {"added_tokens", Json(std::move(specials))},
      {"normalizer", Json::object({{"type", "BertNormalizer"}, {"lowercase", lowercase(path, options)}})},
      {"pre_tokenizer", Json::object({{"type", "BertPreTokenizer"}})},
      {"decoder", Json::object({{"type", "WordPiece"}})},
      {"model", Json::object({{"type", "WordPiece"}, {"vocab", Json::object(std::move(vocabulary))}})},
  };
  const std::int64_t cls = id_of("[CLS]"), sep = id_of("[SEP]");
  if (cls >= 0 && sep >= 0) {
    root.emplace_back("post_processor", Json::object({{"type", "BertProcessing"},
                                                      {"cls", Json::array({"[CLS]", cls})},
                                                      {"sep", Json::array({"[SEP]", sep})}}));
  }
  return Json::object(std::move(root)).dump();
}

std::string vocab_json_as_json(const std::string& path, const TokenizerOptions& /*options*/) {
  const std::string merges_path = beside(path, "merges.txt");
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(merges_path, ignored)) {
    fail(Status::not_found, fmt::format("{}: a vocabulary needs merges.txt beside it", path));
  }
  const Json vocabulary = Json::parse(MappedFile::open(path)->text(), path);
  const auto file = MappedFile::open(merges_path);
  Json::Array merges, specials;
  for (const std::string_view line : lines_of(file->text())) {
    if (!line.empty() && !line.starts_with("#version")) merges.emplace_back(line);
  }
  for (const std::string& name : special_names(path, {"<|endoftext|>"})) {
    const Json* id = vocabulary.find(name);
    if (id && id->as_int64()) specials.push_back(added(name, *id->as_int64()));
  }
  const Json byte_level = Json::object({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", false}});
  return Json::object({
                          {"added_tokens", Json(std::move(specials))},
                          {"pre_tokenizer", byte_level},
                          {"decoder", byte_level},
                          {"model", Json::object({{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json(merges)}})},
                      })
      .dump();
}

Tokenizer load_vocab_txt(const std::string& path, const TokenizerOptions& options) {
  return read_tokenizer_json(vocab_txt_as_json(path, options), path, RoleFiles::beside(path));
}

Tokenizer load_vocab_json(const std::string& path, const TokenizerOptions& options) {
  return read_tokenizer_json(vocab_json_as_json(path, options), path, RoleFiles::beside(path));
}

}  // namespace ondol::text
