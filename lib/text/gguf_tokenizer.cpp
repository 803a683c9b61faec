#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>

#include "base/fail.hpp"
#include "files/weight_source.hpp"
#include "base/utf8.hpp"
#include "text/characters.hpp"
#include "text/decode/byte_level.hpp"
#include "text/decode/bytes.hpp"
#include "text/decode/sentence_piece.hpp"
#include "text/decode/steps.hpp"
#include "text/models/bpe.hpp"
#include "text/models/byte_level_bpe.hpp"
#include "text/models/greedy.hpp"
#include "text/models/plamo2.hpp"
#include "text/models/sentence_piece.hpp"
#include "text/models/sentence_piece_library.hpp"
#include "text/models/sentence_piece_proto.hpp"
#include "text/models/word_piece.hpp"
#include "text/normalize/normalizers.hpp"
#include "text/split/pre_tokenizers.hpp"
#include "text/split/splitters.hpp"
#include "text/trie.hpp"
#include "text/tokenizer.hpp"

namespace ondol {
namespace {

using FirstSpace = text::SentencePieceDecoder::FirstSpace;
using text::Pipeline;
using text::TokenType;
using text::Vocabulary;

constexpr const char* model_key = "tokenizer.ggml.model";
constexpr const char* pre_key = "tokenizer.ggml.pre";
constexpr const char* blank = "\xE2\x96\x81";  // U+2581, the blank of SentencePiece

using Strings = std::vector<std::string_view>;
using Integers = std::vector<std::int64_t>;

/// Types of the tokens. Old SentencePiece files have none: they go by the tokens' spelling.
std::vector<TokenType> read_types(const WeightSource& source, const Strings& tokens, bool by_spelling) {
  constexpr const char* key = "tokenizer.ggml.token_type";
  std::vector<TokenType> types(tokens.size(), TokenType::normal);
  const auto values = source.integers(key);
  if (!values) {
    for (std::size_t i = 0; by_spelling && i < tokens.size(); ++i) {
      if (text::byte_of(tokens[i]))
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

struct File {
  const WeightSource& source;
  Strings tokens;
  const TokenizerOptions& options;

  [[nodiscard]] Strings merges() const {
    auto rules = source.texts("tokenizer.ggml.merges");
    if (!rules) fail(Status::bad_file, fmt::format("{}: no tokenizer.ggml.merges", source.path()));
    return std::move(*rules);
  }
};

/// Tokens that are matched as whole texts: user-defined ones always, control and unknown ones where they are asked for.
std::vector<text::AddedToken> added_tokens(const Vocabulary& vocabulary) {
  std::vector<text::AddedToken> added;
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const TokenType type = vocabulary.type(Token(i));
    const bool control = type == TokenType::control || type == TokenType::unknown;
    if (!control && type != TokenType::user_defined) continue;
    added.push_back({.text = std::string(vocabulary.text(Token(i))), .id = Token(i), .control = control});
  }
  return added;
}

/// White space that tokens take with them; only the model's name tells (llama.cpp does the same).
void set_strips(const WeightSource& source, std::vector<text::AddedToken>& added) {
  const std::string_view pre = source.text(pre_key).value_or("");
  const bool jina = pre == "jina-v2-de" || pre == "jina-v2-es" || pre == "jina-v2-code";
  std::string name(source.text("general.name").value_or(""));
  for (char& c : name) c = char(std::tolower(static_cast<unsigned char>(c)));
  const bool phi3 = name.find("phi-3") != name.npos || name.find("phi3") != name.npos;
  for (text::AddedToken& token : added) {
    if (jina && token.text == "<mask>") token.strips_before = true;
    const bool plain = token.text == "<unk>" || token.text == "<s>" || token.text == "<|endoftext|>";
    if (phi3 && !plain) token.strips_after = true;
  }
}

Tokenizer finish(const File& file, Vocabulary vocabulary, const text::SpecialDefaults& defaults,
                 const std::function<Pipeline(const Vocabulary&, const text::SpecialTokens&)>& make) {
  text::SpecialTokens special = text::read_special_tokens(file.source, vocabulary, defaults);
  std::vector<text::AddedToken> added = added_tokens(vocabulary);
  set_strips(file.source, added);
  return Tokenizer(std::make_shared<Tokenizer::Impl>(Tokenizer::Impl::Parts{
      .vocabulary = std::move(vocabulary),
      .special = special,
      .added = text::AddedTokens(std::move(added)),
      .normalized_added = {},
      .make_pipeline =
          [&](const Vocabulary& v) {
            Pipeline p = make(v, special);
            p.post_processor = text::around(special);
            return p;
          },
  }));
}

/// SentencePiece's way with spaces. Says whether decoding drops the first one.
bool add_space_normalizers(const WeightSource& source, bool prefix_by_default, Pipeline& p) {
  const bool prefix = source.flag("tokenizer.ggml.add_space_prefix").value_or(prefix_by_default);
  if (source.flag("tokenizer.ggml.remove_extra_whitespaces").value_or(false)) {
    p.normalizers.push_back(std::make_unique<text::CollapseSpaces>());
  }
  if (prefix) p.normalizers.push_back(std::make_unique<text::Prepend>(" "));
  p.normalizers.push_back(std::make_unique<text::Replace>(" ", blank));
  return prefix;
}

Tokenizer make_characters(const File& file) {
  Vocabulary vocabulary(file.tokens, read_types(file.source, file.tokens, true));
  return finish(file, std::move(vocabulary), {}, [&](const Vocabulary& v, const text::SpecialTokens& special) {
    Pipeline p;
    const bool prefix = add_space_normalizers(file.source, false, p);
    const Strings rules = file.merges();
    const auto merges = text::split_rules(rules);
    p.model = std::make_unique<text::Bpe>(v, text::Merges(v, merges), text::pairs_of(merges),
                                          text::BpeOptions{.unknown = special.unknown.value_or(-1),
                                                           .fuse_unknown = true,
                                                           .bytes = v.byte_tokens()});
    p.decoder = std::make_unique<text::SentencePieceDecoder>(v, prefix ? FirstSpace::goes : FirstSpace::stays);
    return p;
  });
}

Tokenizer make_byte_level(const File& file) {
  const std::string& path = file.source.path();
  const std::string_view name =
      file.options.pre_tokenizer.empty() ? file.source.text(pre_key).value_or("") : file.options.pre_tokenizer;
  const text::PreTokenizerKind* kind = text::find_pre_tokenizer(name);
  if (kind == nullptr) {
    constexpr const char* hint =
        "the option pre_tokenizer names one to use instead (\"gpt-2\", \"llama-bpe\", \"qwen2\" …)";
    fail(Status::unsupported, name.empty()
                                  ? fmt::format("{}: no {}, so how text is split is not known; {}", path, pre_key, hint)
                                  : fmt::format("{}: pre-tokenizer '{}' is not known; {}", path, name, hint));
  }
  if (kind->characters) return make_characters(file);
  Vocabulary vocabulary(file.tokens, read_types(file.source, file.tokens, false));
  return finish(file, std::move(vocabulary), {.adds_bos = kind->adds_bos},
                [&](const Vocabulary& v, const text::SpecialTokens&) {
                  Pipeline p;
                  using text::UnicodeForm;
                  if (kind->nfc) p.normalizers.push_back(std::make_unique<UnicodeForm>(UnicodeForm::nfc));
                  p.pre_tokenizers = text::make_pre_tokenizers(kind->steps);
                  const Strings rules = file.merges();
                  p.model = std::make_unique<text::ByteLevelBpe>(v, text::Merges(v, text::split_rules(rules)),
                                                                 kind->ignore_merges);
                  p.decoder = std::make_unique<text::ByteLevelDecoder>(v);
                  return p;
                });
}

std::vector<double> read_scores(const File& file) {
  auto scores = file.source.numbers("tokenizer.ggml.scores");
  if (!scores || scores->size() != file.tokens.size()) {
    fail(Status::bad_file, fmt::format("{}: tokenizer.ggml.scores has {} entries for {} tokens", file.source.path(),
                                       scores ? scores->size() : 0, file.tokens.size()));
  }
  return std::move(*scores);
}

/// A vocabulary with a table of character rules, or a unigram model: run whole by the library.
Tokenizer make_library(const File& file, text::SentencePieceProto::Kind kind) {
  const std::vector<double> scores = read_scores(file);
  std::string rules;
  for (const std::int64_t byte : file.source.integers("tokenizer.ggml.precompiled_charsmap").value_or(Integers())) {
    rules += char(byte);
  }
  const text::SentencePieceProto::Settings settings{
      .kind = kind,
      .blank_is_suffix = file.source.flag("tokenizer.ggml.treat_whitespace_as_suffix").value_or(false),
      .adds_prefix = file.source.flag("tokenizer.ggml.add_space_prefix").value_or(true),
      .collapses_spaces = file.source.flag("tokenizer.ggml.remove_extra_whitespaces").value_or(false),
      .character_map = rules};
  Vocabulary vocabulary(file.tokens, read_types(file.source, file.tokens, true));
  const text::SpecialDefaults defaults{.adds_bos = kind == text::SentencePieceProto::Kind::bpe,
                                       .adds_eos = kind == text::SentencePieceProto::Kind::unigram,
                                       .spm_ids = true};
  return finish(file, std::move(vocabulary), defaults, [&](const Vocabulary& v, const text::SpecialTokens& special) {
    text::SentencePieceProto model;
    const std::vector<Token> bytes = v.byte_tokens();
    text::SentencePieceProto::Settings with_bytes = settings;
    with_bytes.byte_fallback = std::all_of(bytes.begin(), bytes.end(), [](Token id) { return id >= 0; });
    for (std::size_t i = 0; i < v.size(); ++i) {
      const Token id = Token(i);
      const TokenType type = v.type(id);
      const bool unique = !v.text(id).empty() && v.find(v.text(id)) == id && utf8_valid(v.text(id));
      if (id == special.unknown.value_or(-1))
        unique ? model.add(v.text(id), 0, TokenType::unknown) : model.add_placeholder(v, i, TokenType::unknown);
      else if (unique && (type == TokenType::normal || type == TokenType::unused ||
                          (type == TokenType::byte && with_bytes.byte_fallback)))
        model.add(v.text(id), float(scores[i]), type);
      else
        model.add_placeholder(v, i, TokenType::control);
    }
    if (!special.unknown) model.add_placeholder(v, v.size(), TokenType::unknown);
    Pipeline p;
    p.model = std::make_unique<text::SentencePieceLibrary>(model.finish(with_bytes));
    const FirstSpace first = settings.collapses_spaces ? FirstSpace::all_go
                             : settings.adds_prefix    ? FirstSpace::goes
                                                       : FirstSpace::stays;
    p.decoder = std::make_unique<text::SentencePieceDecoder>(v, first);
    return p;
  });
}

Tokenizer make_unigram(const File& file) { return make_library(file, text::SentencePieceProto::Kind::unigram); }

Tokenizer make_sentence_piece(const File& file) {
  if (file.source.has("tokenizer.ggml.precompiled_charsmap")) {
    return make_library(file, text::SentencePieceProto::Kind::bpe);
  }
  const std::vector<double> scores = read_scores(file);
  Vocabulary vocabulary(file.tokens, read_types(file.source, file.tokens, true));
  return finish(file, std::move(vocabulary), {.adds_bos = true, .spm_ids = true},
                [&](const Vocabulary& v, const text::SpecialTokens& special) {
                  Pipeline p;
                  const bool prefix = add_space_normalizers(file.source, true, p);
                  p.model = std::make_unique<text::SentencePieceModel>(v, scores, special.unknown.value_or(-1));
                  p.decoder = std::make_unique<text::SentencePieceDecoder>(v, prefix ? FirstSpace::goes : FirstSpace::stays);
                  return p;
                });
}

/// BERT. GGUF has "▁" in front of tokens that begin a word, for "##" in front of the others, which is restored. The
/// normal form is that of the uncased models, which files do not record.
Tokenizer make_word_piece(const File& file) {
  std::vector<TokenType> types = read_types(file.source, file.tokens, false);
  std::vector<std::string> spellings;
  for (std::size_t i = 0; i < file.tokens.size(); ++i) {
    const std::string_view token = file.tokens[i];
    const bool begins = token.starts_with(blank);
    spellings.push_back(begins ? std::string(token.substr(3))
                        : types[i] == TokenType::normal ? fmt::format("##{}", token)
                                                        : std::string(token));
  }
  Vocabulary vocabulary(Strings(spellings.begin(), spellings.end()), std::move(types));
  return finish(
      file, std::move(vocabulary), {.adds_bos = true, .adds_eos = true, .bert_ids = true},
      [&](const Vocabulary& v, const text::SpecialTokens& special) {
        Pipeline p;
        p.normalizers.push_back(std::make_unique<text::DropCharacters>(text::is_unclean));
        p.normalizers.push_back(std::make_unique<text::BertSpaces>());
        p.normalizers.push_back(std::make_unique<text::SpacesAroundIdeographs>());
        p.normalizers.push_back(std::make_unique<text::UnicodeForm>(text::UnicodeForm::nfd));
        p.normalizers.push_back(std::make_unique<text::DropCharacters>(text::is_nonspacing_mark));
        p.normalizers.push_back(std::make_unique<text::Lowercase>());
        using text::Behaviour;
        p.pre_tokenizers.push_back(std::make_unique<text::SplitAtCharacters>(text::is_white_space, Behaviour::removed));
        p.pre_tokenizers.push_back(std::make_unique<text::SplitAtCharacters>(text::is_punctuation, Behaviour::isolated));
        p.model =
            std::make_unique<text::WordPiece>(v, text::WordPieceOptions{.unknown = special.unknown.value_or(-1)});
        std::vector<text::DecodeStepKind> steps{text::word_piece_step("##", true)};
        p.decoder = std::make_unique<text::DecoderChain>(v, std::move(steps), false);
        return p;
      });
}

/// RWKV's tokens are bytes, spelled with \\n, \\t, \\r, \\xNN and \\ before what stands for itself.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char what = text[++i];
    const auto byte = what == 'x' && i + 2 < text.size()
                          ? text::byte_of(fmt::format("<0x{}>", text.substr(i + 1, 2)))
                          : std::nullopt;
    if (byte) i += 2;
    out += byte ? char(*byte) : what == 'n' ? '\n' : what == 't' ? '\t' : what == 'r' ? '\r' : what;
  }
  return out;
}

Tokenizer make_rwkv(const File& file) {
  std::vector<std::string> bytes;
  std::vector<TokenType> types = read_types(file.source, file.tokens, false);
  for (std::size_t i = 0; i < file.tokens.size(); ++i) {
    const bool added = types[i] == TokenType::control || types[i] == TokenType::user_defined;
    bytes.push_back(added ? std::string(file.tokens[i]) : unescaped(file.tokens[i]));
  }
  const Strings views(bytes.begin(), bytes.end());
  return finish(file, Vocabulary(views, std::move(types)), {},
                [&](const Vocabulary& v, const text::SpecialTokens& special) {
                  std::vector<text::Trie::Entry> entries;
                  for (std::size_t i = v.size(); i-- > 0;) {  // of two with one spelling the first counts
                    const TokenType type = v.type(Token(i));
                    if (type == TokenType::control || type == TokenType::unknown) continue;
                    entries.push_back({v.text(Token(i)), std::int32_t(i)});
                  }
                  Pipeline p;
                  p.model = std::make_unique<text::Greedy>(text::Trie(std::move(entries)), special.unknown.value_or(-1));
                  p.decoder = std::make_unique<text::BytesDecoder>(v);
                  return p;
                });
}

/// PLaMo 2 leaves a byte order mark out.
bool is_byte_order_mark(char32_t c) noexcept { return c == 0xFEFF; }

Tokenizer make_plamo2(const File& file) {
  const std::vector<double> scores = read_scores(file);
  Vocabulary vocabulary(file.tokens, read_types(file.source, file.tokens, false));
  return finish(file, std::move(vocabulary), {}, [&](const Vocabulary& v, const text::SpecialTokens&) {
    Pipeline p;
    p.normalizers.push_back(std::make_unique<text::DropFirst>(is_byte_order_mark));
    p.model = std::make_unique<text::Plamo2>(v, scores);
    p.decoder = std::make_unique<text::BytesDecoder>(v);
    return p;
  });
}

struct ModelKind {
  std::string_view name;
  Tokenizer (*make)(const File&);
  bool has_pre_tokenizer;
};

constexpr std::array model_kinds = std::to_array<ModelKind>({
    {"gpt2", make_byte_level, true},
    {"llama", make_sentence_piece, false},
    {"gemma4", make_characters, false},
    {"bert", make_word_piece, false},
    {"t5", make_unigram, false},
    {"rwkv", make_rwkv, false},
    {"plamo2", make_plamo2, false},
});

}  // namespace

Tokenizer make_tokenizer(const WeightSource& source, const TokenizerOptions& options) {
  const auto model = source.text(model_key);
  if (!model || *model == "none" || *model == "no_vocab") {
    fail(Status::no_vocabulary,
         fmt::format("{}: the file has no vocabulary ({} is missing or \"none\")", source.path(), model_key));
  }
  for (const ModelKind& kind : model_kinds) {
    if (kind.name != *model) continue;
    if (!options.pre_tokenizer.empty() && !kind.has_pre_tokenizer) {
      fail(Status::invalid_argument, fmt::format("{}: a vocabulary of model '{}' has no pre-tokenizer that the option "
                                                 "pre_tokenizer ('{}') could replace",
                                                 source.path(), *model, options.pre_tokenizer));
    }
    auto tokens = source.texts("tokenizer.ggml.tokens");
    if (!tokens || tokens->empty()) {
      fail(Status::no_vocabulary, fmt::format("{}: tokenizer.ggml.tokens is missing or empty", source.path()));
    }
    try {
      return kind.make({source, std::move(*tokens), options});
    } catch (const Error& e) {  // the parts do not know the file
      if (e.code() != Status::bad_file || std::string_view(e.what()).starts_with(source.path())) throw;
      fail(e.code(), fmt::format("{}: {}", source.path(), e.what()));
    }
  }
  fail(Status::unsupported,
       fmt::format("{}: {} is '{}'; known are gpt2, llama, gemma4, bert, t5, rwkv and plamo2", source.path(), model_key, *model));
}

}  // namespace ondol
