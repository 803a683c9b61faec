#include <pybind11/stl.h>

#include "arguments.hpp"
#include "bindings.hpp"
#include "exclusive.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol::python {

void bind_tokenizer(py::module_& m) {
  py::class_<Tokenizer>(m, "Tokenizer", "Text to token ids and back. Immutable; any thread may use it.")
      .def_static(
          "load",
          [](const Path& path, Text pre_tokenizer) { return Tokenizer::load(path.text, {pre_tokenizer.str()}); },
          "path"_a, py::kw_only(), "pre_tokenizer"_a = "", Unlocked(),
          "Read the vocabulary of a GGUF file. pre_tokenizer: use this one instead of the file's.")
      .def(
          "encode",
          [](const Tokenizer& t, Text text, bool add_special, bool parse_special,
             const std::vector<std::pair<std::size_t, std::size_t>>& plain) {
            std::vector<TextRange> ranges;
            for (const auto& [begin, end] : plain) ranges.push_back({begin, end});
            return t.encode(text, {.add_special = add_special, .parse_special = parse_special, .plain = ranges});
          },
          "text"_a, "add_special"_a = true, "parse_special"_a = false, py::kw_only(),
          "plain"_a = std::vector<std::pair<std::size_t, std::size_t>>{}, Unlocked(),
          "Ids of `text` (str, or bytes). add_special: with the start and end tokens that the file asks for;\n"
          "parse_special: control tokens in the text are read as such, but not in the byte ranges `plain`.")
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
      .def("__len__", &Tokenizer::size, "Number of ids.")
      .def("__repr__",
           [](const Tokenizer& t) { return "<ondol.Tokenizer of " + std::to_string(t.size()) + " tokens>"; });

  using Stream = Exclusive<Detokenizer>;
  py::class_<Stream>(m, "Detokenizer", "Streaming decode: tokens in, whole UTF-8 sequences out. One thread at a time.")
      .def(py::init([](const Tokenizer& tokenizer, bool skip_special) {
             return std::make_unique<Stream>(Detokenizer(tokenizer, {.skip_special = skip_special}));
           }),
           "tokenizer"_a, "skip_special"_a = false)
      .def(
          "add", [](Stream& s, Id id) { return s.use("detokenizer")->add(id.value); }, "id"_a,
          "The text that `id` completes, possibly empty.")
      .def(
          "flush", [](Stream& s) { return s.use("detokenizer")->flush(); },
          "What is still held back, as U+FFFD where it is not whole.")
      .def_property_readonly(
          "pending", [](Stream& s) { return py::bytes(std::string(s.use("detokenizer")->pending())); },
          "Bytes held back because they do not end a character.");
}

}  // namespace ondol::python
