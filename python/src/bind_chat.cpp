#include <pybind11/stl.h>

#include "arguments.hpp"
#include "bindings.hpp"
#include "generation.hpp"
#include "interruptible.hpp"
#include "kv_cache.hpp"
#include "ondol/generate.hpp"

namespace ondol::python {
namespace {

constexpr std::pair<std::string_view, WhenFull> policies[] = {{"error", WhenFull::error},
                                                              {"drop_oldest", WhenFull::drop_oldest}};
using PyChat = Exclusive<Chat>;

}  // namespace

void bind_chat(py::module_& m) {
  py::class_<ChatOptions>(m, "ChatOptions")
      .def(py::init<>())
      .def_readwrite("generate", &ChatOptions::generate)
      .def_readwrite("render", &ChatOptions::render)
      .def_readwrite("reserve", &ChatOptions::reserve)
      .def_property(
          "when_full", [](const ChatOptions& o) { return name_of(o.when_full, policies); },
          [](ChatOptions& o, Text name) { o.when_full = choice("when_full", name, policies); });

  py::class_<PyChat>(m, "Chat")
      .def(py::init([](const Model& model, const ChatTemplate* chat_template) {
             return std::make_unique<PyChat>(chat_template ? Chat(model, *chat_template) : Chat(model));
           }),
           "model"_a, "chat_template"_a = nullptr)
      .def(
          "add", [](PyChat& c, Text message) { c.use("chat")->add(message); }, "message"_a)
      .def("clear", [](PyChat& c) { c.use("chat")->clear(); })
      .def("undo", [](PyChat& c) { c.use("chat")->undo(); })
      .def("messages", [](PyChat& c) { return c.use("chat")->messages(); })
      .def("cache", [](PyChat& c) { return std::make_unique<Cache>(c.use("chat")->cache().fork()); })
      .def(
          "save", [](PyChat& c, const Path& path) { c.use("chat")->save(path.text); }, "path"_a, Unlocked())
      .def(
          "load", [](PyChat& c, const Path& path) { c.use("chat")->load(path.text); }, "path"_a, Unlocked())
      .def(
          "reply",
          [](PyChat& c, const ChatOptions& preset) {
            const Controlled controlled(preset.generate);
            ChatOptions options = preset;
            options.generate = controlled.options;
            const auto chat = c.use("chat");
            return controlled.running(interruptible(controlled.stop, [&] { return chat->reply(options); }));
          },
          "options"_a, py::keep_alive<0, 1>());
}

}  // namespace ondol::python
