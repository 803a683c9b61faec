#include <fmt/format.h>

#include "base/fail.hpp"
#include "base/mapped_file.hpp"
#include "text/decode/sentence_piece.hpp"
#include "text/folder_config.hpp"
#include "text/models/sentence_piece_library.hpp"
#include "text/models/sentence_piece_proto.hpp"
#include "text/tokenizer.hpp"
#include "text/tokenizer_files.hpp"

namespace ondol::text {
namespace {

/// What decoding needs to know, and the library does not tell.
struct Surface {
  bool adds_prefix = true;
  bool collapses_spaces = true;
  std::string unknown = " \xE2\x81\x87 ";  // U+2047
};

Surface read_surface(std::string_view model) {
  Surface surface;
  ProtoReader fields(model);
  while (const auto field = fields.next()) {
    if (field->number != 2 && field->number != 3) continue;  // trainer_spec, normalizer_spec
    ProtoReader spec(field->text);
    while (const auto setting = spec.next()) {
      if (field->number == 2 && setting->number == 44) surface.unknown = setting->text;
      if (field->number == 3 && setting->number == 3) surface.adds_prefix = setting->value != 0;
      if (field->number == 3 && setting->number == 4) surface.collapses_spaces = setting->value != 0;
    }
  }
  return surface;
}

}  // namespace

Tokenizer read_sentence_piece(std::string_view model, const std::string& path, const RoleFiles& files) {
  const Surface surface = read_surface(model);
  std::unique_ptr<SentencePieceLibrary> library;
  try {
    library = std::make_unique<SentencePieceLibrary>(model);
  } catch (const Error& e) {
    fail(e.code(), fmt::format("{}: {}", path, e.what()));
  }

  std::vector<std::string_view> texts;
  std::vector<TokenType> types;
  std::vector<AddedToken> added;
  for (std::size_t i = 0; i < library->size(); ++i) {
    texts.push_back(library->text(Token(i)));
    types.push_back(library->type(Token(i)));
    const bool control = types.back() == TokenType::control;
    if (control) added.push_back({.text = std::string(texts.back()), .id = Token(i), .control = true});
  }
  Vocabulary vocabulary(texts, std::move(types));

  SpecialTokens special;
  const auto role = [](Token id) { return id < 0 ? std::nullopt : std::optional(id); };
  special.bos = role(library->bos());
  special.eos = role(library->eos());
  special.unknown = role(library->unknown());
  special.padding = role(library->padding());
  const auto asks = [&](std::string_view key) {
    const Json* value = files.tokenizer_config.find(key);
    return value && value->as_bool().value_or(false);
  };
  special.adds_bos = asks("add_bos_token");
  special.adds_eos = asks("add_eos_token");
  read_roles(files, vocabulary, special);

  using FirstSpace = SentencePieceDecoder::FirstSpace;
  const FirstSpace first_space = surface.collapses_spaces ? FirstSpace::all_go
                                 : surface.adds_prefix    ? FirstSpace::goes
                                                          : FirstSpace::stays;
  return Tokenizer(std::make_shared<Tokenizer::Impl>(Tokenizer::Impl::Parts{
      .vocabulary = std::move(vocabulary),
      .special = special,
      .added = AddedTokens(std::move(added)),
      .normalized_added = {},
      .make_pipeline =
          [&](const Vocabulary& v) {
            Pipeline p;
            p.model = std::move(library);
            p.decoder = std::make_unique<SentencePieceDecoder>(v, first_space, surface.unknown);
            p.post_processor = around(special);
            return p;
          },
  }));
}

Tokenizer load_sentence_piece(const std::string& path, const TokenizerOptions& /*options*/) {
  return read_sentence_piece(MappedFile::open(path)->text(), path, RoleFiles::beside(path));
}

}  // namespace ondol::text
