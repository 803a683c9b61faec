#include <pybind11/stl.h>

#include <map>
#include <optional>

#include "arguments.hpp"
#include "bindings.hpp"
#include "exclusive.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol::python {

namespace {

using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;

/// The arguments that every way to encode takes; `plain` must outlive the options.
EncodeOptions encode_options(bool add_special, bool parse_special, bool fit_length,
                             const std::vector<TextRange>& plain) {
  return {.add_special = add_special, .parse_special = parse_special, .plain = plain, .fit_length = fit_length};
}

std::vector<TextRange> ranges_of(const Ranges& pairs) {
  std::vector<TextRange> ranges;
  for (const auto& [begin, end] : pairs) ranges.push_back({begin, end});
  return ranges;
}

Ranges offsets_of(const Encoding& encoding) {
  Ranges offsets;
  for (const TextRange& range : encoding.offsets) offsets.emplace_back(range.begin, range.end);
  return offsets;
}

Encoding encoding_of(const Tokenizer& t, Text text, std::optional<Text> pair, bool add_special, bool parse_special,
                     const Ranges& plain, bool fit_length) {
  const std::vector<TextRange> ranges = ranges_of(plain);
  const auto second = pair ? std::optional<std::string_view>(*pair) : std::nullopt;
  const py::gil_scoped_release unlocked;
  return t.encode_with_offsets(text, second, encode_options(add_special, parse_special, fit_length, ranges));
}

StreamUnit unit_of(std::string_view name) {
  if (name == "characters") return StreamUnit::characters;
  if (name == "graphemes") return StreamUnit::graphemes;
  throw Error(Status::invalid_argument, "unit is '" + std::string(name) + "', expected 'characters' or 'graphemes'");
}

}  // namespace

void bind_tokenizer(py::module_& m) {
  py::class_<Encoding>(m, "Encoding", "All that there is to say of an encoded text; lists have an entry a token.")
      .def_readonly("ids", &Encoding::ids)
      .def_property_readonly("offsets", &offsets_of, "Characters [begin, end) that a token stems from.")
      .def_readonly("type_ids", &Encoding::type_ids, "Which of the texts, as the model wants it.")
      .def_property_readonly(
          "special_mask",
          [](const Encoding& e) { return std::vector<int>(e.special_mask.begin(), e.special_mask.end()); },
          "1: added around the text.")
      .def_property_readonly(
          "attention_mask",
          [](const Encoding& e) { return std::vector<int>(e.attention_mask.begin(), e.attention_mask.end()); },
          "0: only fills up.")
      .def_readonly("overflowing", &Encoding::overflowing, "The windows that were cut off, in order.");

  using Stream = Exclusive<Detokenizer>;
  py::class_<Stream>(m, "DecoderStream", "Streaming decode: tokens in, whole characters out. One thread at a time.")
      .def(
          "push", [](Stream& s, Id id) { return s.use("decoder stream")->add(id.value); }, "id"_a,
          "The text that `id` completes, possibly empty.")
      .def(
          "flush", [](Stream& s) { return s.use("decoder stream")->flush(); },
          "What is still held back, as U+FFFD where it is not whole; the stream is then as new.")
      .def_property_readonly(
          "pending", [](Stream& s) { return py::bytes(std::string(s.use("decoder stream")->pending())); },
          "Bytes held back because they do not end a character.");

  py::class_<Tokenizer>(m, "Tokenizer", "Text to token ids and back. Immutable; any thread may use it.")
      .def_static(
          "load",
          [](const Path& path, Text pre_tokenizer, Text pattern, const std::map<std::string, Token>& special_tokens,
             bool lowercase) {
            TokenizerOptions options{
                .pre_tokenizer = pre_tokenizer.str(), .pattern = pattern.str(), .lowercase = lowercase};
            for (const auto& [text, id] : special_tokens) options.special_tokens.emplace_back(text, id);
            return Tokenizer::load(path.text, options);
          },
          "path"_a, py::kw_only(), "pre_tokenizer"_a = "", "pattern"_a = "",
          "special_tokens"_a = std::map<std::string, Token>{}, "lowercase"_a = true, Unlocked(),
          "Read a GGUF file's vocabulary, tokenizer.json, tekken.json, a SentencePiece model, tiktoken ranks, "
          "vocab.json\n"
          "with merges.txt, vocab.txt, or a folder with one of these. pre_tokenizer: the name of one to use instead of "
          "the\n"
          "file's; pattern, special_tokens: what tiktoken ranks do not say; lowercase: what vocab.txt does not.")
      .def(
          "encode",
          [](const Tokenizer& t, Text text, std::optional<Text> pair, bool add_special, bool parse_special,
             const Ranges& plain, bool fit_length) {
            const std::vector<TextRange> ranges = ranges_of(plain);
            const EncodeOptions options = encode_options(add_special, parse_special, fit_length, ranges);
            return pair ? t.encode(text, *pair, options) : t.encode(text, options);
          },
          "text"_a, "pair"_a = py::none(), "add_special"_a = true, "parse_special"_a = false, py::kw_only(),
          "plain"_a = Ranges{}, "fit_length"_a = true, Unlocked(),
          "Ids of `text` (str, or bytes), or of two texts as the file joins them. add_special: with the start and end\n"
          "tokens that the file asks for; parse_special: control tokens in the text are read as such, but not in the "
          "byte\n"
          "ranges `plain`; fit_length: cut and filled up as the file asks for.")
      .def(
          "encode_with_offsets",
          [](const Tokenizer& t, Text text, std::optional<Text> pair, bool add_special, bool parse_special,
             const Ranges& plain, bool fit_length) {
            const Encoding e = encoding_of(t, text, pair, add_special, parse_special, plain, fit_length);
            return std::pair(e.ids, offsets_of(e));
          },
          "text"_a, "pair"_a = py::none(), "add_special"_a = true, "parse_special"_a = false, py::kw_only(),
          "plain"_a = Ranges{}, "fit_length"_a = true,
          "Ids, and the characters [begin, end) of the text that each token stems from.")
      .def("encoding", &encoding_of, "text"_a, "pair"_a = py::none(), "add_special"_a = true, "parse_special"_a = false,
           py::kw_only(), "plain"_a = Ranges{}, "fit_length"_a = true, "The same with masks and the windows cut off.")
      .def(
          "encode_batch",
          [](const Tokenizer& t, const std::vector<std::string>& texts, bool add_special, bool parse_special) {
            const std::vector<std::string_view> views(texts.begin(), texts.end());
            return t.encode_batch(views, encode_options(add_special, parse_special, true, {}));
          },
          "texts"_a, "add_special"_a = true, "parse_special"_a = false, Unlocked(),
          "Encodings of one length, if the file asks for padding to the longest.")
      .def(
          "decode",
          [](const Tokenizer& t, const Ids& ids, bool skip_special) {
            return t.decode(ids.values, {.skip_special = skip_special});
          },
          "ids"_a, "skip_special"_a = false, Unlocked(), "Text of `ids`; what is no UTF-8 becomes U+FFFD.")
      .def(
          "decode_bytes",
          [](const Tokenizer& t, const Ids& ids, bool skip_special) {
            std::string bytes;
            {
              const py::gil_scoped_release unlocked;
              bytes = t.decode_bytes(ids.values, {.skip_special = skip_special});
            }
            return py::bytes(bytes);
          },
          "ids"_a, "skip_special"_a = false, "The bytes `ids` stand for; they may end inside a character.")
      .def(
          "token_bytes", [](const Tokenizer& t, Id id) { return py::bytes(t.token_bytes(id.value)); }, "id"_a,
          "The bytes that one token adds to a text.")
      .def(
          "token_text", [](const Tokenizer& t, Id id) { return std::string(t.token_text(id.value)); }, "id"_a,
          "The token as the vocabulary spells it.")
      .def(
          "find", [](const Tokenizer& t, Text text) { return t.find(text); }, "token_text"_a,
          "Id of the token that the vocabulary spells like this, or None.")
      .def(
          "is_special", [](const Tokenizer& t, Id id) { return t.is_special(id.value); }, "id"_a,
          "Whether a token is a control token, never plain text.")
      .def(
          "is_end", [](const Tokenizer& t, Id id) { return t.is_end(id.value); }, "id"_a,
          "Whether a token ends a reply.")
      .def_property_readonly("bos", &Tokenizer::bos, "Id of the start token, or None.")
      .def_property_readonly("eos", &Tokenizer::eos, "Id of the end token, or None.")
      .def_property_readonly("unknown", &Tokenizer::unknown)
      .def_property_readonly("padding", &Tokenizer::padding)
      .def_property_readonly("adds_bos", &Tokenizer::adds_bos, "Whether add_special puts bos in front.")
      .def_property_readonly("adds_eos", &Tokenizer::adds_eos, "Whether add_special puts eos behind.")
      .def(
          "decoder_stream",
          [](const Tokenizer& t, bool skip_special, Text unit) {
            return std::make_unique<Stream>(Detokenizer(t, {.skip_special = skip_special}, unit_of(unit)));
          },
          "skip_special"_a = false, "unit"_a = "characters",
          "A stream that decodes token by token. unit: what it never gives a part of, \"characters\" or \"graphemes\".")
      .def("__len__", &Tokenizer::size, "Number of ids.")
      .def("__repr__",
           [](const Tokenizer& t) { return "<ondol.Tokenizer of " + std::to_string(t.size()) + " tokens>"; });
}

}  // namespace ondol::python
