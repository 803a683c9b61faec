#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <map>

#include "base/fail.hpp"
#include "base/mapped_file.hpp"
#include "text/folder_config.hpp"
#include "text/hugging_face/model.hpp"
#include "text/hugging_face/parts.hpp"
#include "text/tokenizer.hpp"
#include "text/tokenizer_files.hpp"

namespace ondol::text {
namespace {

namespace dom = simdjson::dom;

[[noreturn]] void refuse(std::string_view what, std::string_view expected) {
  fail(Status::bad_file, fmt::format("{}: expected {}", what, expected));
}

/// A small part as a value of its own; null if it is not there.
Json part(const dom::object& root, std::string_view key) {
  dom::element element;
  if (root[key].get(element) != simdjson::SUCCESS) return {};
  return Json::parse(simdjson::minify(element), key);
}

std::string_view text_of(const dom::element& element, std::string_view what) {
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) refuse(what, "a string");
  return text;
}

void read_merges(const dom::element& element, std::vector<Merges::Text>& out) {
  dom::array merges;
  if (element.get(merges) != simdjson::SUCCESS) refuse("model: 'merges'", "an array");
  out.reserve(merges.size());
  for (const dom::element& merge : merges) {
    dom::array pair;
    if (merge.get(pair) == simdjson::SUCCESS) {
      if (pair.size() != 2) refuse(fmt::format("model: merge {}", out.size()), "two parts");
      out.push_back({text_of(pair.at(0), "model: a merge"), text_of(pair.at(1), "model: a merge")});
      continue;
    }
    const std::string_view text = text_of(merge, "model: a merge");
    const std::size_t blank = text.find(' ');
    if (out.empty() && text.starts_with("#version")) continue;
    if (blank == text.npos || text.find(' ', blank + 1) != text.npos) {
      refuse(fmt::format("model: merge {} is '{}'", out.size(), text), "two parts with a space between them");
    }
    out.push_back({text.substr(0, blank), text.substr(blank + 1)});
  }
}

void read_vocabulary(const dom::element& element, ModelData& model) {
  dom::object by_text;
  dom::array scored;
  if (element.get(by_text) == simdjson::SUCCESS) {
    model.vocabulary.reserve(by_text.size());
    for (const auto& [text, value] : by_text) {
      std::int64_t id = -1;
      if (value.get(id) != simdjson::SUCCESS || id < 0) refuse(fmt::format("model: id of '{}'", text), "a number >= 0");
      model.vocabulary.emplace_back(text, id);
    }
  } else if (element.get(scored) == simdjson::SUCCESS) {
    for (const dom::element& entry : scored) {
      dom::array pair;
      double score = 0;
      if (entry.get(pair) != simdjson::SUCCESS || pair.size() != 2 || pair.at(1).get(score) != simdjson::SUCCESS) {
        refuse(fmt::format("model: token {}", model.vocabulary.size()), "a text and its score");
      }
      model.vocabulary.emplace_back(text_of(pair.at(0), "model: a token"), std::int64_t(model.vocabulary.size()));
      model.scores.push_back(score);
    }
  } else {
    refuse("model: 'vocab'", "an object of ids, or an array of scored tokens");
  }
}

/// Files from before models had their type in them are told apart by their keys (as there).
std::string_view guess_type(const dom::object& model) {
  dom::element ignored;
  const auto has = [&](std::string_view key) { return model[key].get(ignored) == simdjson::SUCCESS; };
  if (has("merges")) return "BPE";
  if (has("continuing_subword_prefix")) return "WordPiece";
  return has("unk_id") ? "Unigram" : "WordLevel";
}

ModelData read_model(const dom::object& root) {
  ModelData data;
  dom::object model;
  if (root["model"].get(model) != simdjson::SUCCESS) refuse("'model'", "an object");
  bool has_vocabulary = false;
  data.settings = "{";
  for (const auto& [key, value] : model) {
    if (key == "vocab") {
      has_vocabulary = true;
      read_vocabulary(value, data);
    } else if (key == "merges") {
      read_merges(value, data.merges);
    } else if (!value.is_array() && !value.is_object()) {
      data.settings += fmt::format("{}{}:{}", data.settings.size() > 1 ? "," : "", Json(std::string_view(key)).dump(),
                                   simdjson::minify(value));
    }
  }
  data.settings += '}';
  std::string_view type;
  data.type = model["type"].get(type) == simdjson::SUCCESS ? type : guess_type(model);
  if (!has_vocabulary) refuse("model: 'vocab'", "the tokens");
  if ((data.type == "Unigram") != !data.scores.empty() && !data.vocabulary.empty()) {
    refuse(fmt::format("model {}: 'vocab'", data.type), data.scores.empty() ? "scored tokens" : "ids of the tokens");
  }
  return data;
}

struct Added {
  AddedToken token;
  std::int64_t id = -1;
  bool special = false;
  std::string normal{};  ///< of one that is normalized
  bool changed = false;  ///< … if it is not the text itself
};

std::vector<Added> read_added(const dom::object& root) {
  std::vector<Added> added;
  dom::array list;
  if (root["added_tokens"].get(list) != simdjson::SUCCESS) return added;
  for (const dom::element& element : list) {
    const Json json = Json::parse(simdjson::minify(element), "added_tokens");
    const Config config(json, "added_tokens");
    const bool special = config.flag("special", false);
    added.push_back({.token = {.text = config.text("content"),
                               .single_word = config.flag("single_word", false),
                               .strips_before = config.flag("lstrip", false),
                               .strips_after = config.flag("rstrip", false),
                               .normalized = config.flag("normalized", !special)},
                     .id = std::int64_t(config.count("id")),
                     .special = special});
  }
  std::erase_if(added, [](const Added& a) { return a.token.text.empty(); });
  return added;
}

/// The texts of added tokens as they are looked for.
void normalize(std::vector<Added>& added, const Normalizers& normalizers) {
  for (Added& a : added) {
    if (!a.token.normalized) continue;
    AlignedText text(a.token.text, false);
    for (const auto& normalizer : normalizers) normalizer->apply(text);
    a.changed = text.text != a.token.text;
    a.normal = std::move(text.text);
  }
}

/// Tokens by id: those of the model, and behind or among them the added ones. Ids without a token are unused. Added
/// tokens that the normalizers change are decoded to their normal form, and not taken for special then (as there).
Vocabulary make_vocabulary(const ModelData& model, std::vector<Added>& added) {
  std::int64_t last = 0;
  for (const auto& [text, id] : model.vocabulary) last = std::max(last, id);
  for (const Added& a : added) last = std::max(last, a.id);
  const std::size_t given = model.vocabulary.size() + added.size();
  if (given == 0) fail(Status::no_vocabulary, "the vocabulary has no tokens");
  if (last > std::int64_t(8 * given + (1u << 20))) {
    fail(Status::bad_file, fmt::format("a token has the id {}, and there are only {} tokens", last, given));
  }
  std::vector<std::string_view> texts(std::size_t(last) + 1);
  std::vector<TokenType> types(texts.size(), TokenType::unused);
  for (const auto& [text, id] : model.vocabulary) {
    if (types[std::size_t(id)] != TokenType::unused) continue;
    texts[std::size_t(id)] = text;
    types[std::size_t(id)] = TokenType::normal;
  }
  const Vocabulary own(texts, types);
  for (Added& a : added) {
    const Token same = own.find(a.token.text);
    if (same >= 0) a.id = same;
    TokenType& type = types[std::size_t(a.id)];
    if (type == TokenType::unused) texts[std::size_t(a.id)] = a.token.text;
    const bool control = a.special && !a.changed;
    if (control || type == TokenType::unused) type = control ? TokenType::control : TokenType::user_defined;
    a.token.id = Token(a.id);
  }
  Vocabulary vocabulary(texts, std::move(types));
  std::map<Token, std::string> decoded;
  for (const Added& a : added) {
    if (a.changed) decoded[a.token.id] = a.normal;
  }
  for (auto& [id, text] : decoded) vocabulary.set_decoded(id, std::move(text));
  return vocabulary;
}

/// Roles that the layout and the model's settings give.
SpecialTokens roles_of(const PostProcessor& post, const ModelData& model, const Vocabulary& vocabulary) {
  SpecialTokens special;
  const auto& layout = post.single;
  if (layout.size() > 1 && layout.front().kind == LayoutPart::special && !layout.front().ids.empty()) {
    special.bos = layout.front().ids.front();
    special.adds_bos = true;
  }
  if (layout.size() > 1 && layout.back().kind == LayoutPart::special && !layout.back().ids.empty()) {
    special.eos = layout.back().ids.back();
    special.adds_eos = true;
  }
  if (const Token unknown = unknown_token(model, vocabulary); unknown >= 0) special.unknown = unknown;
  if (post.padding && vocabulary.contains(post.padding->id)) special.padding = post.padding->id;
  return special;
}

void check_ids(const PostProcessor& post, const Vocabulary& vocabulary) {
  for (const auto* layout : {&post.single, &post.pair}) {
    for (const LayoutPart& part : *layout) {
      for (const Token id : part.ids) {
        if (!vocabulary.contains(id)) {
          fail(Status::bad_file,
               fmt::format("post_processor: token {}, the ids are 0 .. {}", id, vocabulary.size() - 1));
        }
      }
    }
  }
}

Pipeline make_pipeline(const dom::object& root, const ModelData& model, const Vocabulary& vocabulary) {
  Pipeline p;
  add_normalizers(part(root, "normalizer"), p.normalizers);
  PreTokenizers pre;
  add_pre_tokenizers(part(root, "pre_tokenizer"), pre);
  bool spells = pre.spells_last && pre.spell_bytes == 1;
  const bool spelled = spells;
  p.model = make_model(model, vocabulary, spells);
  if (spelled && !spells) pre.steps.pop_back();
  p.pre_tokenizers = std::move(pre.steps);
  p.decoder = make_decoder(part(root, "decoder"), vocabulary);
  p.needs_origins = pre.asks_late || (pre.asks_for_start && !p.normalizers.empty());
  return p;
}

/// What is looked for in texts as they are, and in normal forms.
std::pair<AddedTokens, AddedTokens> searches(std::vector<Added> added, const Vocabulary& vocabulary) {
  std::vector<AddedToken> raw, normalized;
  for (Added& a : added) {
    a.token.control = a.special || vocabulary.type(a.token.id) == TokenType::control;
    if (a.token.normalized) a.token.text = std::move(a.normal);
    (a.token.normalized ? normalized : raw).push_back(std::move(a.token));
  }
  using enum AddedTokens::Unread;
  return {AddedTokens(std::move(raw), hides), AddedTokens(std::move(normalized), hides)};
}

Tokenizer read(const dom::object& root, const RoleFiles& files) {
  const ModelData model = read_model(root);
  std::vector<Added> added = read_added(root);
  Normalizers normalizers;
  add_normalizers(part(root, "normalizer"), normalizers);
  normalize(added, normalizers);
  Vocabulary vocabulary = make_vocabulary(model, added);
  PostProcessor post;
  read_post_processor(part(root, "post_processor"), post);
  read_truncation(part(root, "truncation"), post);
  read_padding(part(root, "padding"), post);
  check_ids(post, vocabulary);
  SpecialTokens special = roles_of(post, model, vocabulary);
  read_roles(files, vocabulary, special);
  auto [raw, normalized] = searches(std::move(added), vocabulary);
  return Tokenizer(std::make_shared<Tokenizer::Impl>(Tokenizer::Impl::Parts{
      .vocabulary = std::move(vocabulary),
      .special = std::move(special),
      .added = std::move(raw),
      .normalized_added = std::move(normalized),
      .make_pipeline =
          [&](const Vocabulary& v) {
            Pipeline p = make_pipeline(root, model, v);
            p.post_processor = std::move(post);
            return p;
          },
  }));
}

}  // namespace

Tokenizer read_tokenizer_json(std::string_view json, const std::string& path, const RoleFiles& files) {
  dom::parser parser;
  dom::object root;
  const auto error = parser.parse(json.data(), json.size()).get(root);
  if (error != simdjson::SUCCESS) {
    fail(Status::bad_file, fmt::format("{}: {}", path, simdjson::error_message(error)));
  }
  try {
    return read(root, files);
  } catch (const Error& e) {  // the parts do not know the file
    if (std::string_view(e.what()).starts_with(path)) throw;
    const Status code = e.code() == Status::invalid_argument ? Status::bad_file : e.code();
    fail(code, fmt::format("{}: {}", path, e.what()));
  }
}

Tokenizer load_tokenizer_json(const std::string& path, const TokenizerOptions& /*options*/) {
  return read_tokenizer_json(MappedFile::open(path)->text(), path, RoleFiles::beside(path));
}

}  // namespace ondol::text
