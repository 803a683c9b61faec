#include <pybind11/stl.h>

#include "arguments.hpp"
#include "bindings.hpp"
#include "ondol/chat_template.hpp"

namespace ondol::python {

void bind_chat_template(py::module_& m) {
  py::class_<RenderOptions>(m, "RenderOptions", "What a template sees beside the messages; JSON texts.")
      .def(py::init<>())
      .def_readwrite("tools", &RenderOptions::tools)
      .def_readwrite("documents", &RenderOptions::documents)
      .def_readwrite("variables", &RenderOptions::variables)
      .def_readwrite("add_generation_prompt", &RenderOptions::add_generation_prompt)
      .def_readwrite("bos_token", &RenderOptions::bos_token)
      .def_readwrite("eos_token", &RenderOptions::eos_token)
      .def_readwrite("parse_arguments", &RenderOptions::parse_arguments)
      .def_readwrite("parse_content", &RenderOptions::parse_content)
      .def_readwrite("max_steps", &RenderOptions::max_steps)
      .def_readwrite("max_depth", &RenderOptions::max_depth)
      .def_readwrite("max_output", &RenderOptions::max_output)
      .def(
          "set_now",
          [](RenderOptions& options, std::int64_t seconds) {
            options.now = std::chrono::sys_seconds(std::chrono::seconds(seconds));
          },
          "seconds"_a, "Calendar seconds of the local time since 1970-01-01 00:00:00.");

  py::class_<ChatTemplate>(m, "ChatTemplate", "A chat template in the Jinja language. Immutable.")
      .def(py::init([](Text source) { return ChatTemplate(source); }), "source"_a, Unlocked())
      .def_static(
          "named", [](Text name) { return ChatTemplate::named(name); }, "name"_a, "A plain format.")
      .def_static("names", &ChatTemplate::names, "Names of the plain formats.")
      .def(
          "encode",
          [](const ChatTemplate& t, const Tokenizer& tokenizer, Text messages, const RenderOptions& options) {
            const py::gil_scoped_release unlocked;
            return t.encode(tokenizer, messages, options);
          },
          "tokenizer"_a, "messages"_a, "options"_a, "Ids; tokens of the start and end are the tokenizer's.")
      .def_property_readonly("stop", &ChatTemplate::stop, "Texts that end a reply in a plain format.")
      .def(
          "render_text",
          [](const ChatTemplate& t, Text messages, const RenderOptions& options) {
            const py::gil_scoped_release unlocked;
            return t.render(messages, options).text;
          },
          "messages"_a, "options"_a)
      .def(
          "render",
          [](const ChatTemplate& t, Text messages, const RenderOptions& options) {
            RenderedPrompt prompt;
            {
              const py::gil_scoped_release unlocked;
              prompt = t.render(messages, options);
            }
            std::vector<std::pair<std::size_t, std::size_t>> content;
            for (const TextRange& range : prompt.content) content.emplace_back(range.begin, range.end);
            return std::pair(std::move(prompt.text), std::move(content));
          },
          "messages"_a, "options"_a, "Text, and the byte ranges in it that the template did not write.")
      .def_property_readonly("source", &ChatTemplate::source);
}

}  // namespace ondol::python
