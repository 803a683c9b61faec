#include <pybind11/stl.h>

#include "arguments.hpp"
#include "bindings.hpp"
#include "interruptible.hpp"
#include "ondol/tasks.hpp"

namespace ondol::python {
namespace {

std::vector<std::string> strings(const std::vector<Text>& texts) {
  std::vector<std::string> out;
  for (const Text& text : texts) out.push_back(text.str());
  return out;
}

std::string repr(const char* type, const std::string& what, float score) {
  return std::string("<") + type + " " + std::string(py::repr(py::str(what))) + " " + std::to_string(score) + ">";
}

void bind_results(py::module_& m) {
  py::class_<LabelScore>(m, "LabelScore", "A label of a text and how likely it is.")
      .def_readonly("label", &LabelScore::label)
      .def_readonly("score", &LabelScore::score, "Probability.")
      .def_readonly("logit", &LabelScore::logit)
      .def("__repr__", [](const LabelScore& s) { return repr("label", s.label, s.score); });
  py::class_<Rating>(m, "Rating", "How good a text is.")
      .def_readonly("index", &Rating::index, "Into the texts given.")
      .def_readonly("score", &Rating::score, "sigmoid(raw)")
      .def_readonly("raw", &Rating::raw)
      .def("__repr__", [](const Rating& r) { return repr("rating", std::to_string(r.index), r.score); });
  py::class_<Filled>(m, "Filled", "A token in the place of a mask.")
      .def_readonly("id", &Filled::id)
      .def_readonly("token", &Filled::token, "Its text.")
      .def_readonly("score", &Filled::score, "Probability.")
      .def("__repr__", [](const Filled& f) { return repr("token", f.token, f.score); });
  py::class_<Entity>(m, "Entity", "A part of a text with a label.")
      .def_readonly("label", &Entity::label)
      .def_readonly("begin", &Entity::begin, "Characters of the text, [begin, end).")
      .def_readonly("end", &Entity::end)
      .def_readonly("text", &Entity::text)
      .def_readonly("score", &Entity::score, "Mean probability of its tokens.")
      .def("__repr__", [](const Entity& e) { return repr("entity", e.label + " " + e.text, e.score); });
  py::class_<Answer>(m, "Answer", "A part of a context that answers a question.")
      .def_readonly("text", &Answer::text)
      .def_readonly("begin", &Answer::begin, "Characters of the context, [begin, end).")
      .def_readonly("end", &Answer::end)
      .def_readonly("score", &Answer::score, "Probability of its begin times that of its end.")
      .def("__repr__", [](const Answer& a) { return repr("answer", a.text, a.score); });
}

/// Runs body(stop token) so that Ctrl-C ends it.
template <class Body>
auto stoppable(Body&& body) {
  const std::stop_source stop;
  return interruptible(stop, [&] { return body(stop.get_token()); });
}

}  // namespace

void bind_tasks(py::module_& m) {
  bind_results(m);
  m.def(
      "embed",
      [](const Model& model, const std::vector<Text>& texts, const std::optional<Text>& prompt, Text prompt_name,
         bool truncate, const std::optional<py::function>& callback) {
        const std::vector<std::string> all = strings(texts);
        const std::stop_source stop;
        EmbedOptions options{.prompt_name = prompt_name.str(), .truncate = truncate};
        if (prompt) options.prompt = prompt->str();
        options.cancel = stop.get_token();
        options.progress = std::make_shared<Progress>();
        return to_array(
            interruptible(stop, [&] { return embed(model, all, options); }, report(options.progress, callback)));
      },
      "model"_a, "texts"_a, "prompt"_a, "prompt_name"_a, "truncate"_a, "progress"_a);
  m.def(
      "classify",
      [](const Model& model, const std::vector<Text>& texts, const std::vector<std::optional<Text>>& pairs) {
        std::vector<TextPair> all;
        for (std::size_t i = 0; i < texts.size(); ++i) {
          all.push_back({texts[i].str(), pairs[i] ? std::optional(pairs[i]->str()) : std::nullopt});
        }
        return stoppable([&](const std::stop_token& stop) { return classify(model, all, stop); });
      },
      "model"_a, "texts"_a, "pairs"_a);
  m.def(
      "rerank",
      [](const Model& model, Text query, const std::vector<Text>& texts) {
        const std::vector<std::string> all = strings(texts);
        return stoppable([&](const std::stop_token& stop) { return rerank(model, query, all, stop); });
      },
      "model"_a, "query"_a, "texts"_a);
  m.def(
      "reward",
      [](const Model& model, Text prompt, const std::vector<Text>& replies) {
        const std::vector<std::string> all = strings(replies);
        return stoppable([&](const std::stop_token& stop) { return reward(model, prompt, all, stop); });
      },
      "model"_a, "prompt"_a, "replies"_a);
  m.def(
      "fill_mask",
      [](const Model& model, Text text, std::size_t count) {
        return stoppable([&](const std::stop_token& stop) { return fill_mask(model, text, count, stop); });
      },
      "model"_a, "text"_a, "count"_a);
  m.def(
      "classify_tokens",
      [](const Model& model, const std::vector<Text>& texts) {
        const std::vector<std::string> all = strings(texts);
        return stoppable([&](const std::stop_token& stop) { return classify_tokens(model, all, stop); });
      },
      "model"_a, "texts"_a);
  m.def(
      "answer",
      [](const Model& model, Text question, Text context, std::size_t count, std::size_t max_tokens) {
        return stoppable(
            [&](const std::stop_token& stop) { return answer(model, question, context, count, max_tokens, stop); });
      },
      "model"_a, "question"_a, "context"_a, "count"_a, "max_tokens"_a);
}

}  // namespace ondol::python
