#include <pybind11/numpy.h>
#include <pybind11/operators.h>
#include <pybind11/stl.h>

#include <limits>

#include "arguments.hpp"
#include "bindings.hpp"
#include "ondol/sampler.hpp"

namespace ondol::python {
namespace {

using Logits = py::array_t<float, py::array::c_style | py::array::forcecast>;

Candidates candidates(const Logits& logits) {
  if (logits.ndim() != 1) throw py::type_error("logits must be a float array of one dimension");
  return Candidates(std::span(logits.data(), std::size_t(logits.size())));
}

template <class Step>
py::class_<Step> bind_step(py::module_& m, const char* name, const char* doc) {
  return py::class_<Step>(m, name, doc).def(py::self == py::self).def("__repr__", [name](const Step& step) {
    return std::string(name) + "(" + step.text() + ")";
  });
}

}  // namespace

void bind_sampler(py::module_& m) {
  bind_step<Greedy>(m, "Greedy", "Keep the most likely token.").def(py::init<>());
  bind_step<Temperature>(m, "Temperature", "logit / value; 0 is greedy.")
      .def(py::init<float>(), "value"_a)
      .def_readonly("value", &Temperature::value);
  bind_step<TopK>(m, "TopK", "Keep the k most likely tokens; 0 keeps all.")
      .def(py::init<std::size_t>(), "k"_a)
      .def_readonly("k", &TopK::k);
  bind_step<TopP>(m, "TopP", "Keep the fewest most likely tokens whose probabilities reach p.")
      .def(py::init<float>(), "p"_a)
      .def_readonly("p", &TopP::p);
  bind_step<MinP>(m, "MinP", "Keep tokens at least p times as likely as the most likely one.")
      .def(py::init<float>(), "p"_a)
      .def_readonly("p", &MinP::p);
  bind_step<Typical>(m, "Typical", "Keep the tokens whose information is nearest to the entropy, until they reach p.")
      .def(py::init<float>(), "p"_a)
      .def_readonly("p", &Typical::p);
  bind_step<RepetitionPenalty>(m, "RepetitionPenalty", "Divide positive, multiply negative logits of tokens seen.")
      .def(py::init<float, std::size_t>(), "penalty"_a, "last_n"_a = 0)
      .def_readonly("penalty", &RepetitionPenalty::penalty)
      .def_readonly("last_n", &RepetitionPenalty::last_n);
  bind_step<FrequencyPenalty>(m, "FrequencyPenalty", "logit - penalty times the token's count.")
      .def(py::init<float, std::size_t>(), "penalty"_a, "last_n"_a = 0)
      .def_readonly("penalty", &FrequencyPenalty::penalty)
      .def_readonly("last_n", &FrequencyPenalty::last_n);
  bind_step<PresencePenalty>(m, "PresencePenalty", "logit - penalty for tokens seen.")
      .def(py::init<float, std::size_t>(), "penalty"_a, "last_n"_a = 0)
      .def_readonly("penalty", &PresencePenalty::penalty)
      .def_readonly("last_n", &PresencePenalty::last_n);
  bind_step<NoRepeatNgram>(m, "NoRepeatNgram", "Remove tokens that would repeat an n-gram.")
      .def(py::init<std::size_t, std::size_t>(), "n"_a, "last_n"_a = 0)
      .def_readonly("n", &NoRepeatNgram::n)
      .def_readonly("last_n", &NoRepeatNgram::last_n);
  bind_step<LogitBias>(m, "LogitBias", "Add to the logits of single tokens; -inf removes one.")
      .def(py::init([](const py::dict& biases) {
             LogitBias step;
             for (const auto& [id, bias] : biases) step.biases.emplace_back(id.cast<Id>().value, bias.cast<float>());
             return step;
           }),
           "biases"_a)
      .def_readonly("biases", &LogitBias::biases);
  bind_step<BannedTokens>(m, "BannedTokens", "Remove tokens.")
      .def(py::init([](Ids ids) { return BannedTokens{std::move(ids.values)}; }), "ids"_a)
      .def_readonly("ids", &BannedTokens::ids);

  py::class_<Sampler>(m, "Sampler", "Steps in the order they are applied, then one draw; no steps: greedy.")
      .def(py::init([](std::vector<SamplerStep> steps, std::optional<std::uint64_t> seed) {
             return Sampler{std::move(steps), seed};
           }),
           "steps"_a = std::vector<SamplerStep>{}, "seed"_a = py::none())
      .def_readonly("steps", &Sampler::steps)
      .def_readonly("seed", &Sampler::seed)
      .def(
          "apply",
          [](const Sampler& s, const Logits& logits, const Ids& history) {
            Candidates left = candidates(logits);
            s.apply(left, {history.values});
            py::array_t<float> result(logits.size());
            std::fill_n(result.mutable_data(), result.size(), -std::numeric_limits<float>::infinity());
            for (const auto& entry : left.entries()) result.mutable_at(entry.id) = entry.logit;
            return result;
          },
          "logits"_a, "history"_a = py::tuple(), "The logits after the steps, float32; -inf = removed.")
      .def(
          "distribution",
          [](const Sampler& s, const Logits& logits, const Ids& history) {
            Candidates left = candidates(logits);
            s.apply(left, {history.values});
            return py::array(py::cast(left.probabilities()));
          },
          "logits"_a, "history"_a = py::tuple(), "The probabilities that sample() draws from, float64.")
      .def(
          "sample",
          [](const Sampler& s, const Logits& logits, const Ids& history, std::optional<std::uint64_t> seed,
             std::uint64_t position) {
            Candidates left = candidates(logits);
            return s.sample(left, {history.values}, seed.value_or(s.seed.value_or(0)), position);
          },
          "logits"_a, "history"_a = py::tuple(), py::kw_only(), "seed"_a = py::none(), "position"_a = 0,
          "The token drawn for this seed (the sampler's own by default) and position of the sequence.")
      .def(py::self == py::self)
      .def("__repr__", [](const Sampler& s) { return "<ondol.Sampler " + to_string(s) + ">"; });

  py::class_<SamplerSettings>(m, "SamplerSettings", "The customary settings.")
      .def(py::init<>())
      .def_readwrite("temperature", &SamplerSettings::temperature)
      .def_readwrite("top_k", &SamplerSettings::top_k)
      .def_readwrite("top_p", &SamplerSettings::top_p)
      .def_readwrite("min_p", &SamplerSettings::min_p)
      .def_readwrite("typical", &SamplerSettings::typical_p)
      .def_readwrite("repetition_penalty", &SamplerSettings::repetition_penalty)
      .def_readwrite("frequency_penalty", &SamplerSettings::frequency_penalty)
      .def_readwrite("presence_penalty", &SamplerSettings::presence_penalty)
      .def_readwrite("penalty_last_n", &SamplerSettings::penalty_last_n)
      .def_readwrite("no_repeat_ngram", &SamplerSettings::no_repeat_ngram)
      .def_property(
          "logit_bias", [](const SamplerSettings& s) { return LogitBias{s.logit_bias}; },
          [](SamplerSettings& s, const LogitBias& bias) { s.logit_bias = bias.biases; })
      .def_property(
          "banned_tokens", [](const SamplerSettings& s) { return s.banned_tokens; },
          [](SamplerSettings& s, Ids ids) { s.banned_tokens = std::move(ids.values); })
      .def_readwrite("seed", &SamplerSettings::seed)
      .def("sampler", &SamplerSettings::sampler);
}

}  // namespace ondol::python
