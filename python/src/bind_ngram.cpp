#include <pybind11/numpy.h>
#include <pybind11/operators.h>
#include <pybind11/stl.h>

#include <array>
#include <optional>

#include "arguments.hpp"
#include "bindings.hpp"
#include "exclusive.hpp"
#include "interruptible.hpp"
#include "ondol/ngram.hpp"
#include "ondol/ngram_trainer.hpp"

namespace ondol::python {
namespace {

constexpr std::pair<std::string_view, NGramUnit> units[] = {
    {"words", NGramUnit::words}, {"characters", NGramUnit::characters}, {"bytes", NGramUnit::bytes}};
constexpr std::pair<std::string_view, NGramSmoothing> smoothings[] = {
    {"kneser_ney", NGramSmoothing::kneser_ney}, {"additive", NGramSmoothing::additive}, {"none", NGramSmoothing::none}};

/// Words of a file are bytes: what is no UTF-8 becomes U+FFFD.
py::str text_of(std::string_view bytes) {
  return py::reinterpret_steal<py::str>(
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace"));
}

NGram load(const Path& path, double unknown_log10, const std::optional<Runtime>& runtime,
           const std::optional<py::function>& callback) {
  const std::stop_source stop;
  const auto progress = std::make_shared<Progress>();
  const NGramLoadOptions options{.runtime = runtime.value_or(Runtime::shared()),
                                 .unknown_log10 = unknown_log10,
                                 .stop = stop.get_token(),
                                 .progress = progress};
  return interruptible(stop, [&] { return NGram::load(path.text, options); }, report(progress, callback));
}

py::array_t<float> log_probabilities(const NGram& model, const NGramState& state) {
  Tensor row{.rows = 1, .columns = model.vocabulary(), .values = std::vector<float>(model.vocabulary())};
  {
    const py::gil_scoped_release unlocked;
    model.log_probabilities(state, row.values);
  }
  return to_array(std::move(row)).reshape({-1});
}

void bind_ngrams(py::module_& m) {
  py::class_<NGramState>(
      m, "NGramState",
      "What an n-gram model remembers of the words so far. A value, of one model; the empty one knows "
      "nothing.")
      .def(py::init<>())
      .def_property_readonly("length", &NGramState::length, "Words at the end of the text that are all that counts.")
      .def(py::self == py::self)
      .def("__copy__", [](const NGramState& s) { return s; })
      .def("__deepcopy__", [](const NGramState& s, const py::dict&) { return s; }, "memo"_a);
  py::class_<NGramStep>(m, "NGramStep", "A word behind a state.")
      .def_readonly("log_probability", &NGramStep::log_probability, "Natural logarithm.")
      .def_readonly("length", &NGramStep::length, "Of the n-gram found, in words; 0 = an unknown word.")
      .def_readonly("state", &NGramStep::state, "With the word behind.");
  py::class_<NGramScore>(m, "NGramScore", "Log-likelihood of a text, in nats.")
      .def_readonly("ids", &NGramScore::ids, "Words, then the end of the sentence.")
      .def_readonly("nll", &NGramScore::nll, "Negative log-likelihood of each; infinite for the impossible.")
      .def_property_readonly(
          "lengths", [](const NGramScore& s) { return std::vector<int>(s.lengths.begin(), s.lengths.end()); },
          "Of the n-gram found for each, in words; 0 = an unknown word.")
      .def_property_readonly("sum", &NGramScore::sum, "Of the log-likelihoods, <= 0.")
      .def_property_readonly("perplexity", &NGramScore::perplexity, "exp(mean nll)");
  py::class_<NGramText>(m, "NGramText", "What an n-gram model goes on with; str() is its text.")
      .def_property_readonly("text", [](const NGramText& t) { return text_of(t.text); })
      .def_readonly("ids", &NGramText::ids, "</s> included, if it came.")
      .def_property_readonly(
          "finish", [](const NGramText& t) { return t.ended ? "eos" : "length"; }, "\"eos\" or \"length\"")
      .def_readonly("seed", &NGramText::seed, "The seed used.")
      .def("__str__", [](const NGramText& t) { return text_of(t.text); });

  py::class_<NGram>(m, "NGram")
      .def_static("load", &load, "path"_a, "unknown_log10"_a, "runtime"_a, "progress"_a)
      .def_property_readonly("order", &NGram::order)
      .def_property_readonly("vocabulary", &NGram::vocabulary)
      .def_property_readonly("counts", &NGram::counts)
      .def_property_readonly("memory", &NGram::memory)
      .def_property_readonly("unit", [](const NGram& model) { return ngram_unit_name(model.unit()); })
      .def(
          "word", [](const NGram& model, Id id) { return text_of(model.word(id.value)); }, "id"_a)
      .def(
          "find", [](const NGram& model, Text word) { return model.find(word); }, "word"_a)
      .def_property_readonly("bos", &NGram::bos)
      .def_property_readonly("eos", &NGram::eos)
      .def_property_readonly("unknown", &NGram::unknown)
      .def(
          "encode", [](const NGram& model, Text text) { return model.encode(text); }, "text"_a, Unlocked())
      .def(
          "decode", [](const NGram& model, const Ids& ids) { return text_of(model.decode(ids.values)); }, "ids"_a)
      .def("start", &NGram::start)
      .def(
          "state", [](const NGram& model, const Ids& ids) { return model.state(ids.values); }, "ids"_a, Unlocked())
      .def("context", &NGram::context, "state"_a)
      .def(
          "step", [](const NGram& model, const NGramState& state, Id word) { return model.step(state, word.value); },
          "state"_a, "word"_a)
      .def("log_probabilities", &log_probabilities, "state"_a)
      .def(
          "score",
          [](const NGram& model, Text text, bool begin, bool end) {
            return model.score(text, {.begin = begin, .end = end});
          },
          "text"_a, "begin"_a, "end"_a, Unlocked())
      .def(
          "generate",
          [](const NGram& model, Text prompt, const Sampler& sampler, std::size_t max_tokens, bool allow_unknown) {
            const std::stop_source stop;
            const NGramGenerateOptions options{.sampler = sampler,
                                               .max_tokens = max_tokens,
                                               .allow_unknown = allow_unknown,
                                               .cancel = stop.get_token()};
            return interruptible(stop, [&] { return model.generate(prompt, options); });
          },
          "prompt"_a, "sampler"_a, "max_tokens"_a, "allow_unknown"_a);
}

void bind_trainer(py::module_& m) {
  py::class_<NGramEstimate>(m, "NGramEstimate", "Probabilities of all n-grams of a text.")
      .def_property_readonly("counts", &NGramEstimate::counts, "Number of n-grams of each order, unigrams first.")
      .def_property_readonly(
          "discounts",
          [](const NGramEstimate& e) {
            std::vector<std::array<double, 3>> values;
            for (const auto& discounts : e.discounts()) values.push_back(discounts.values);
            return values;
          },
          "Of each order: what n-grams seen once, twice and more often are discounted by. Kneser-Ney only.")
      .def_property_readonly(
          "fallbacks",
          [](const NGramEstimate& e) {
            std::vector<bool> values;
            for (const auto& discounts : e.discounts()) values.push_back(discounts.fallback);
            return values;
          },
          "Of each order: whether the discounts could not be estimated.")
      .def(
          "write", [](const NGramEstimate& e, const Path& path) { e.write(path.text); }, "path"_a, Unlocked(),
          "Write an ARPA file, gzip if the path ends in \".gz\".")
      .def("model", &NGramEstimate::model, Unlocked());

  using Trainer = Exclusive<NGramTrainer>;
  constexpr const char* what = "n-gram trainer";
  py::class_<Trainer>(m, "NGramTrainer")
      .def(py::init([](std::size_t order, Text smoothing, double added,
                       const std::optional<std::array<double, 3>>& discount_fallback,
                       const std::vector<std::uint64_t>& prune, Text unit, bool skip_special,
                       const std::optional<Runtime>& runtime) {
             return std::make_unique<Trainer>(NGramTrainer({.order = order,
                                                            .smoothing = choice("smoothing", smoothing, smoothings),
                                                            .added = added,
                                                            .discount_fallback = discount_fallback,
                                                            .prune = prune,
                                                            .unit = choice("unit", unit, units),
                                                            .skip_special = skip_special,
                                                            .runtime = runtime.value_or(Runtime::shared())}));
           }),
           py::kw_only(), "order"_a = 5, "smoothing"_a = "kneser_ney", "added"_a = 1.0,
           "discount_fallback"_a = py::none(), "prune"_a = std::vector<std::uint64_t>{}, "unit"_a = "words",
           "skip_special"_a = false, "runtime"_a = py::none())
      .def(
          "add",
          [](Trainer& t, Text text) {
            const auto trainer = t.use(what);
            const std::stop_source stop;
            interruptible(stop, [&] { trainer->add(text, stop.get_token()); });
          },
          "text"_a)
      .def(
          "add_file",
          [](Trainer& t, const Path& path, const std::optional<py::function>& callback) {
            const auto trainer = t.use(what);
            const std::stop_source stop;
            const auto progress = std::make_shared<Progress>();
            interruptible(
                stop, [&] { trainer->add_file(path.text, stop.get_token(), progress.get()); },
                report(progress, callback));
          },
          "path"_a, "progress"_a = py::none())
      .def_property_readonly("sentences", [](Trainer& t) { return t.use(what)->sentences(); })
      .def_property_readonly("words", [](Trainer& t) { return t.use(what)->words(); })
      .def("estimate", [](Trainer& t) {
        const auto trainer = t.use(what);
        const std::stop_source stop;
        return interruptible(stop, [&] { return trainer->estimate(stop.get_token()); });
      });
}

}  // namespace

void bind_ngram(py::module_& m) {
  bind_ngrams(m);
  bind_trainer(m);
}

}  // namespace ondol::python
