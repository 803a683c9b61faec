#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "bindings.hpp"
#include "exclusive.hpp"
#include "ondol/reply_parser.hpp"

namespace ondol::python {

void bind_reply_parser(py::module_& m) {
  py::class_<ToolCall>(m, "_ToolCall")
      .def_readonly("name", &ToolCall::name)
      .def_readonly("arguments", &ToolCall::arguments, "A JSON object.")
      .def_readonly("id", &ToolCall::id);

  py::class_<ParsedReply>(m, "_ParsedReply")
      .def_readonly("content", &ParsedReply::content)
      .def_readonly("reasoning", &ParsedReply::reasoning)
      .def_readonly("tool_calls", &ParsedReply::tool_calls)
      .def_readonly("incomplete", &ParsedReply::incomplete);

  py::class_<ReplyDelta>(m, "_ReplyDelta")
      .def_readonly("content", &ReplyDelta::content)
      .def_readonly("reasoning", &ReplyDelta::reasoning)
      .def_readonly("tool_calls", &ReplyDelta::tool_calls);

  using Parser = Exclusive<ReplyParser>;
  py::class_<Parser>(m, "ReplyParser", "Takes a reply apart as it comes. One thread at a time.")
      .def(py::init([](Text format, Text prefix, Text tools) {
             return std::make_unique<Parser>(ReplyParser(format, {.prefix = prefix.str(), .tools = tools.str()}));
           }),
           "format"_a, "prefix"_a, "tools"_a)
      .def(
          "add", [](Parser& p, Text text) { return p.use("reply parser")->add(text); }, "text"_a, Unlocked())
      .def(
          "finish", [](Parser& p) { return p.use("reply parser")->finish(); }, Unlocked())
      .def_property_readonly("reply", [](Parser& p) { return p.use("reply parser")->reply(); });

  m.def(
      "parse_reply",
      [](Text text, Text format, Text prefix, Text tools) {
        return parse_reply(text, format, {.prefix = prefix.str(), .tools = tools.str()});
      },
      "text"_a, "format"_a, "prefix"_a, "tools"_a, Unlocked());
  m.def("reply_formats", &reply_formats, "Names of the formats that replies are written in.");
}

}  // namespace ondol::python
