#include <pybind11/stl.h>

#include "arguments.hpp"
#include "bindings.hpp"
#include "generation.hpp"
#include "interruptible.hpp"
#include "kv_cache.hpp"
#include "ondol/beam_search.hpp"
#include "ondol/generate.hpp"

namespace ondol::python {
namespace {

using PyPrompt = std::variant<Text, Ids>;

Prompt prompt_of(const PyPrompt& prompt) {
  if (const auto* text = std::get_if<Text>(&prompt)) return text->str();
  return std::get<Ids>(prompt).values;
}

void bind_results(py::module_& m) {
  py::class_<Candidate>(m, "Candidate", "A token and how likely the model found it.")
      .def_readonly("id", &Candidate::id)
      .def_readonly("logprob", &Candidate::logprob)
      .def_property_readonly("bytes", [](const Candidate& c) { return py::bytes(c.bytes); })
      .def("__repr__", [](const Candidate& c) {
        return "<token " + std::to_string(c.id) + " " + std::string(py::repr(py::bytes(c.bytes))) + " " +
               std::to_string(c.logprob) + ">";
      });
  py::class_<ChosenToken, Candidate>(m, "ChosenToken", "A generated token.")
      .def_readonly("entropy", &ChosenToken::entropy, "Of the model's distribution, in nats; with logprobs only.")
      .def_readonly("top", &ChosenToken::top, "The most likely tokens, best first; with logprobs only.");
  py::class_<Piece>(m, "_Piece").def_readonly("text", &Piece::text).def_readonly("tokens", &Piece::tokens);
  py::class_<Timings>(m, "Timings", "Where the time went; loading is not part of it.")
      .def_readonly("prompt_tokens", &Timings::prompt_tokens)
      .def_readonly("cached_tokens", &Timings::cached_tokens, "Of the prompt, taken from the cache.")
      .def_readonly("dropped_tokens", &Timings::dropped_tokens, "Left out of a chat by its policy.")
      .def_readonly("generated_tokens", &Timings::generated_tokens)
      .def_readonly("prefill_seconds", &Timings::prefill_seconds)
      .def_readonly("first_piece_seconds", &Timings::first_piece_seconds, "From the call to the first token.")
      .def_readonly("decode_seconds", &Timings::decode_seconds, "From the first token to the last.")
      .def_property_readonly("prompt_tokens_per_second", &Timings::prompt_tokens_per_second)
      .def_property_readonly("generated_tokens_per_second", &Timings::generated_tokens_per_second);
  py::class_<Result>(m, "Result", "All of a reply; str() is its text.")
      .def_readonly("text", &Result::text)
      .def_readonly("ids", &Result::ids, "Generated tokens, an end token included.")
      .def_readonly("tokens", &Result::tokens, "Parallel to ids; log-probabilities with `logprobs` only.")
      .def_property_readonly(
          "finish", [](const Result& r) { return finish_name(r.finish); },
          "\"eos\", \"stop\", \"length\" or \"cancelled\"; \"none\" while it runs.")
      .def_readonly("stop", &Result::stop, "The stop string found; empty for a stop id.")
      .def_readonly("seed", &Result::seed, "The seed used.")
      .def_readonly("score", &Result::score, "Of a beam search: log-probability / length**length_penalty.")
      .def_readonly("timings", &Result::timings)
      .def("__str__", [](const Result& r) { return r.text; })
      .def("__repr__", [](const Result& r) {
        return "<ondol.Result " + std::string(py::repr(py::str(r.text))) + ", finish " + finish_name(r.finish) + ">";
      });
  py::class_<Score>(m, "Score", "Log-likelihood of a text, in nats.")
      .def_readonly("ids", &Score::ids)
      .def_readonly("nll", &Score::nll, "Negative log-likelihood of each token scored.")
      .def_property_readonly("sum", &Score::sum, "Of the log-likelihoods, <= 0.")
      .def_property_readonly("perplexity", &Score::perplexity, "exp(mean nll)");
}

}  // namespace

void bind_generate(py::module_& m) {
  bind_results(m);

  py::class_<GenerateOptions>(m, "GenerateOptions")
      .def(py::init<>())
      .def_readwrite("sampler", &GenerateOptions::sampler)
      .def_readwrite("max_tokens", &GenerateOptions::max_tokens)
      .def_readwrite("min_tokens", &GenerateOptions::min_tokens)
      .def_readwrite("stop", &GenerateOptions::stop)
      .def_property(
          "stop_ids", [](const GenerateOptions& o) { return o.stop_ids; },
          [](GenerateOptions& o, Ids ids) { o.stop_ids = std::move(ids.values); })
      .def_readwrite("ignore_eos", &GenerateOptions::ignore_eos)
      .def_readwrite("forced_bos", &GenerateOptions::forced_bos)
      .def_readwrite("forced_eos", &GenerateOptions::forced_eos)
      .def_readwrite("include_stop", &GenerateOptions::include_stop)
      .def_readwrite("logprobs", &GenerateOptions::logprobs)
      .def_readwrite("skip_special", &GenerateOptions::skip_special);

  py::class_<Running>(m, "Generation", "A running generation, pulled piece by piece. One thread at a time.")
      .def(
          "next",
          [](Running& r, const std::optional<py::function>& callback) {
            const auto generation = r.generation.use("generation");
            return interruptible(
                r.stop, [&] { return generation->next(); }, report(r.progress, callback));
          },
          "progress"_a = py::none())
      .def(
          "finish",
          [](Running& r, const std::optional<py::function>& callback) {
            const auto generation = r.generation.use("generation");
            return interruptible(
                r.stop, [&] { return generation->finish(); }, report(r.progress, callback));
          },
          "progress"_a = py::none())
      .def(
          "cancel", [](Running& r) { r.stop.request_stop(); }, "Ends it soon; from any thread.")
      .def_property_readonly("result", [](Running& r) { return r.generation.use("generation")->result(); })
      .def(
          "give_cache",
          [](Running& r, Cache& cache) {
            const auto generation = r.generation.use("generation");
            *use(cache) = generation->cache();
          },
          "cache"_a, "Sets `cache` to the generation's.");

  m.def(
      "generate",
      [](const Model& model, Cache* cache, const PyPrompt& prompt, const GenerateOptions& options) {
        const Controlled controlled(options);
        const Prompt text = prompt_of(prompt);
        std::optional<KVCache> start;
        if (cache) start = use(*cache)->fork();
        return controlled.running(interruptible(controlled.stop, [&] {
          return start ? generate(model, std::move(*start), text, controlled.options)
                       : generate(model, text, controlled.options);
        }));
      },
      "model"_a, "cache"_a, "prompt"_a, "options"_a);
  m.def(
      "beam_search",
      [](const Model& model, const PyPrompt& prompt, const GenerateOptions& options, std::size_t beams,
         double length_penalty, std::string_view early_stopping, std::size_t sequences) {
        constexpr std::pair<std::string_view, EarlyStopping> names[] = {{"heuristic", EarlyStopping::heuristic},
                                                                        {"at_once", EarlyStopping::at_once},
                                                                        {"never", EarlyStopping::never}};
        const Controlled controlled(options);
        const Prompt text = prompt_of(prompt);
        const BeamOptions wanted{.beams = beams,
                                 .length_penalty = length_penalty,
                                 .early_stopping = choice("early_stopping", early_stopping, names),
                                 .sequences = sequences};
        return interruptible(controlled.stop, [&] { return beam_search(model, text, wanted, controlled.options); });
      },
      "model"_a, "prompt"_a, "options"_a, "beams"_a, "length_penalty"_a, "early_stopping"_a, "sequences"_a);
  m.def(
      "generate_batch",
      [](const Model& model, const std::vector<PyPrompt>& prompts, const GenerateOptions& options) {
        const Controlled controlled(options);
        std::vector<Prompt> texts;
        for (const PyPrompt& prompt : prompts) texts.push_back(prompt_of(prompt));
        return interruptible(controlled.stop, [&] { return generate_batch(model, texts, controlled.options); });
      },
      "model"_a, "prompts"_a, "options"_a);
  m.def(
      "score",
      [](const Model& model, const PyPrompt& text, const std::optional<PyPrompt>& continuation) {
        const std::stop_source stop;
        const Prompt first = prompt_of(text);
        const std::optional<Prompt> second = continuation ? std::optional(prompt_of(*continuation)) : std::nullopt;
        return interruptible(stop, [&] {
          return second ? score(model, first, *second, stop.get_token()) : score(model, first, stop.get_token());
        });
      },
      "model"_a, "text"_a, "continuation"_a);
}

}  // namespace ondol::python
