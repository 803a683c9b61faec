#include "text/gguf/vocabulary_file.hpp"

#include <fmt/format.h>

#include <cctype>

#include "base/fail.hpp"
#include "text/normalize/normalizers.hpp"

namespace ondol::text {
namespace {

/// Tokens that are matched as whole texts: user-defined ones always, control and unknown ones where they are asked for.
std::vector<AddedToken> added_tokens(const Vocabulary& vocabulary) {
  std::vector<AddedToken> added;
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const TokenType type = vocabulary.type(Token(i));
    const bool control = type == TokenType::control || type == TokenType::unknown;
    if (!control && type != TokenType::user_defined) continue;
    added.push_back({.text = std::string(vocabulary.text(Token(i))), .id = Token(i), .control = control});
  }
  return added;
}

/// White space that tokens take with them; only the model's name tells (llama.cpp does the same).
void set_strips(const WeightSource& source, std::vector<AddedToken>& added) {
  const std::string_view pre = source.text(gguf_pre_key).value_or("");
  const bool jina = pre == "jina-v2-de" || pre == "jina-v2-es" || pre == "jina-v2-code";
  std::string name(source.text("general.name").value_or(""));
  for (char& c : name) c = char(std::tolower(static_cast<unsigned char>(c)));
  const bool phi3 = name.find("phi-3") != name.npos || name.find("phi3") != name.npos;
  for (AddedToken& token : added) {
    if (jina && token.text == "<mask>") token.strips_before = true;
    const bool plain = token.text == "<unk>" || token.text == "<s>" || token.text == "<|endoftext|>";
    if (phi3 && !plain) token.strips_after = true;
  }
}

}  // namespace

std::vector<TokenType> VocabularyFile::types(bool by_spelling) const {
  constexpr const char* key = "tokenizer.ggml.token_type";
  std::vector<TokenType> types(tokens.size(), TokenType::normal);
  const auto values = source.integers(key);
  if (!values) {
    for (std::size_t i = 0; by_spelling && i < tokens.size(); ++i) {
      if (byte_of(tokens[i]))
        types[i] = TokenType::byte;
      else if (tokens[i] == "<unk>")
        types[i] = TokenType::unknown;
      else if (tokens[i] == "<s>" || tokens[i] == "</s>")
        types[i] = TokenType::control;
    }
    return types;
  }
  if (values->size() != tokens.size()) {
    fail(Status::bad_file,
         fmt::format("{}: {} has {} entries for {} tokens", source.path(), key, values->size(), tokens.size()));
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::int64_t value = (*values)[i];
    if (value < 0 || value > 6) {
      fail(Status::bad_file, fmt::format("{}: {}[{}] is {}; 1 .. 6 expected", source.path(), key, i, value));
    }
    if (value != 0) types[i] = TokenType(value);  // 0 is "undefined"
  }
  return types;
}

std::vector<double> VocabularyFile::scores() const {
  auto scores = source.numbers("tokenizer.ggml.scores");
  if (!scores || scores->size() != tokens.size()) {
    fail(Status::bad_file, fmt::format("{}: tokenizer.ggml.scores has {} entries for {} tokens", source.path(),
                                       scores ? scores->size() : 0, tokens.size()));
  }
  return std::move(*scores);
}

Strings VocabularyFile::merges() const {
  auto rules = source.texts("tokenizer.ggml.merges");
  if (!rules) fail(Status::bad_file, fmt::format("{}: no tokenizer.ggml.merges", source.path()));
  return std::move(*rules);
}

Tokenizer finish(const VocabularyFile& file, Vocabulary vocabulary, const SpecialDefaults& defaults,
                 const std::function<Pipeline(const Vocabulary&, const SpecialTokens&)>& make) {
  SpecialTokens special = read_special_tokens(file.source, vocabulary, defaults);
  std::vector<AddedToken> added = added_tokens(vocabulary);
  set_strips(file.source, added);
  return Tokenizer(std::make_shared<Tokenizer::Impl>(Tokenizer::Impl::Parts{
      .vocabulary = std::move(vocabulary),
      .special = special,
      .added = AddedTokens(std::move(added)),
      .normalized_added = {},
      .make_pipeline =
          [&](const Vocabulary& v) {
            Pipeline p = make(v, special);
            p.post_processor = around(special);
            return p;
          },
  }));
}

bool add_space_normalizers(const WeightSource& source, bool prefix_by_default, Pipeline& p) {
  const bool prefix = source.flag("tokenizer.ggml.add_space_prefix").value_or(prefix_by_default);
  if (source.flag("tokenizer.ggml.remove_extra_whitespaces").value_or(false)) {
    p.normalizers.push_back(std::make_unique<CollapseSpaces>());
  }
  if (prefix) p.normalizers.push_back(std::make_unique<Prepend>(" "));
  p.normalizers.push_back(std::make_unique<Replace>(" ", "\xE2\x96\x81"));
  return prefix;
}

}  // namespace ondol::text
