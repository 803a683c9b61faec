#include <pybind11/stl.h>

#include <algorithm>

#include "arguments.hpp"
#include "bindings.hpp"
#include "interruptible.hpp"
#include "kv_cache.hpp"
#include "ondol/model.hpp"

namespace ondol::python {
namespace {

constexpr std::pair<std::string_view, Precision> precisions[] = {{"fast", Precision::fast},
                                                                 {"exact", Precision::exact}};
constexpr std::pair<std::string_view, CacheType> cache_types[] = {
    {"f32", CacheType::f32}, {"f16", CacheType::f16}, {"bf16", CacheType::bf16}, {"q8_0", CacheType::q8_0}};

/// One sequence's part of a forward pass as Python gives it.
struct PyStep {
  Cache* cache = nullptr;
  std::vector<Token> tokens;
  Want::Logits logits = Want::Logits::last;
  std::vector<std::uint32_t> positions;
  bool hidden = false;
};

constexpr std::pair<std::string_view, Want::Logits> logits_names[] = {
    {"none", Want::Logits::none}, {"last", Want::Logits::last}, {"all", Want::Logits::all}};

PyStep make_step(Cache& cache, Ids tokens, const std::variant<std::string, std::vector<std::uint32_t>>& logits,
                 bool hidden) {
  PyStep step{.cache = &cache, .tokens = std::move(tokens.values), .positions = {}, .hidden = hidden};
  if (const auto* positions = std::get_if<std::vector<std::uint32_t>>(&logits)) {
    step.logits = Want::Logits::positions;
    step.positions = *positions;
  } else {
    step.logits = choice("logits", std::get<std::string>(logits), logits_names);
  }
  return step;
}

std::vector<StepOutput> forward(const Model& model, const std::vector<PyStep*>& steps,
                                const std::optional<py::function>& callback) {
  std::vector<Cache::Use> held;
  std::vector<Step> wanted;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const PyStep& step = *steps[i];
    // A cache that stands there twice is the library's to refuse.
    std::size_t first = 0;
    while (steps[first]->cache != step.cache) ++first;
    if (first == i) held.push_back(use(*step.cache));
    wanted.push_back({.cache = first == i ? *held.back() : wanted[first].cache,
                      .tokens = step.tokens,
                      .want = {.logits = step.logits, .positions = step.positions, .hidden = step.hidden}});
  }
  const std::stop_source stop;
  const auto progress = std::make_shared<Progress>();
  return interruptible(
      stop, [&] { return model.forward(wanted, stop.get_token(), progress.get()); }, report(progress, callback));
}

constexpr std::pair<std::string_view, Output> outputs[] = {
    {"hidden", Output::hidden},   {"logits", Output::logits}, {"labels", Output::labels},
    {"classes", Output::classes}, {"spans", Output::spans},   {"embedding", Output::embedding}};

/// Kinds of token from ids: not negative.
std::vector<std::uint32_t> types_of(const std::optional<Ids>& ids) {
  std::vector<std::uint32_t> types;
  if (!ids) return types;
  for (const Token type : ids->values) {
    if (type < 0) throw Error(Status::invalid_argument, "token type " + std::to_string(type) + ", expected 0 or more");
    types.push_back(static_cast<std::uint32_t>(type));
  }
  return types;
}

std::vector<py::array_t<float>> read(const Model& model, const std::vector<Ids>& texts,
                                     const std::vector<std::optional<Ids>>& types, std::string_view output) {
  const Output wanted = choice("output", output, outputs);
  std::vector<std::vector<std::uint32_t>> kinds;
  for (const auto& ids : types) kinds.push_back(types_of(ids));
  kinds.resize(texts.size());
  std::vector<WholeText> sequences;
  for (std::size_t i = 0; i < texts.size(); ++i) sequences.push_back({.tokens = texts[i].values, .types = kinds[i]});
  const std::stop_source stop;
  std::vector<Tensor> made = interruptible(stop, [&] { return model.read(sequences, wanted, stop.get_token()); });
  std::vector<py::array_t<float>> arrays;
  for (Tensor& tensor : made) arrays.push_back(to_array(std::move(tensor)));
  return arrays;
}

py::array_t<float> source_logits(const Model& model, const Ids& source, const Ids& ids) {
  const std::stop_source stop;
  return to_array(interruptible(stop, [&] { return model.logits(source.values, ids.values, stop.get_token()); }));
}

std::unique_ptr<Cache> new_cache(const Model& model, const std::optional<Ids>& source) {
  if (!source) return std::make_unique<Cache>(model.new_cache());
  const std::stop_source stop;
  return std::make_unique<Cache>(
      interruptible(stop, [&] { return model.new_cache(source->values, stop.get_token()); }));
}

Model load(const Path& path, const LoadOptions& preset, const std::optional<py::function>& callback) {
  const std::stop_source stop;
  LoadOptions options = preset;
  options.stop = stop.get_token();
  options.progress = std::make_shared<Progress>();
  const auto tick = report(options.progress, callback);
  Model model = interruptible(stop, [&] { return Model::load(path.text, options); }, tick);
  if (tick) tick();
  return model;
}

void bind_info(py::module_& m) {
  py::class_<ModelInfo>(m, "ModelInfo", "Shape of a model as its file states it.")
      .def_readonly("architecture", &ModelInfo::architecture)
      .def_readonly("name", &ModelInfo::name)
      .def_property_readonly(
          "kind", [](const ModelInfo& info) { return model_kind_name(info.kind); },
          "\"decoder\", \"encoder\" or \"encoder-decoder\".")
      .def_readonly("head", &ModelInfo::head, "\"language\", \"sequence\", \"tokens\", \"span\" or \"none\".")
      .def_readonly("labels", &ModelInfo::labels, "Of a head that has them.")
      .def_readonly("multi_label", &ModelInfo::multi_label, "Whether several of them may hold at once.")
      .def_readonly("token_types", &ModelInfo::token_types, "Kinds of token that were learned.")
      .def_readonly("context", &ModelInfo::context, "Positions the model was made for.")
      .def_readonly("layers", &ModelInfo::layers)
      .def_readonly("hidden_size", &ModelInfo::hidden_size)
      .def_readonly("intermediate_size", &ModelInfo::intermediate_size)
      .def_readonly("heads", &ModelInfo::heads)
      .def_readonly("kv_heads", &ModelInfo::kv_heads)
      .def_readonly("head_dim", &ModelInfo::head_dim)
      .def_readonly("vocabulary", &ModelInfo::vocabulary, "Columns of the logits.")
      .def_readonly("tied_embeddings", &ModelInfo::tied_embeddings)
      .def_readonly("experts", &ModelInfo::experts, "Of a layer that is a mixture of experts; 0: there is none.")
      .def_readonly("experts_used", &ModelInfo::experts_used, "Of those, by each token.")
      .def_readonly("parameters", &ModelInfo::parameters, "Weights in the file; a tied matrix counts once.")
      .def_readonly("active_parameters", &ModelInfo::active_parameters,
                    "Those that a token makes use of: all but the experts it does not go to.")
      .def_readonly("tensor_bytes", &ModelInfo::tensor_bytes);
  py::class_<GenerationDefaults>(m, "GenerationDefaults", "What a generation starts, ends and keeps off with.")
      .def_readonly("decoder_start", &GenerationDefaults::decoder_start)
      .def_readonly("forced_bos", &GenerationDefaults::forced_bos)
      .def_readonly("forced_eos", &GenerationDefaults::forced_eos)
      .def_readonly("banned", &GenerationDefaults::banned)
      .def_readonly("ends", &GenerationDefaults::ends);
  py::class_<FileInfo::Entry>(m, "MetadataEntry")
      .def_readonly("key", &FileInfo::Entry::key)
      .def_readonly("type", &FileInfo::Entry::type)
      .def_readonly("value", &FileInfo::Entry::value, "Long ones are cut short.");
  py::class_<FileInfo::Tensor>(m, "TensorEntry")
      .def_readonly("name", &FileInfo::Tensor::name)
      .def_readonly("type", &FileInfo::Tensor::type)
      .def_readonly("shape", &FileInfo::Tensor::shape, "Innermost dimension first.")
      .def_readonly("bytes", &FileInfo::Tensor::bytes);
  py::class_<FileInfo>(m, "FileInfo", "What stands in a model file.")
      .def_readonly("metadata", &FileInfo::metadata)
      .def_readonly("tensors", &FileInfo::tensors)
      .def_readonly("parameters", &FileInfo::parameters)
      .def_readonly("tensor_bytes", &FileInfo::tensor_bytes)
      .def_readonly("family", &FileInfo::family, "One of families(), or empty.")
      .def_readonly("context", &FileInfo::context, "Positions the model was made for; 0 if the family is unknown.");
  m.def(
      "inspect", [](const Path& path) { return inspect(path.text); }, "path"_a, Unlocked(),
      "Read the headers of a model of any architecture, weights untouched.");
  py::class_<MemoryEstimate>(m, "MemoryEstimate", "Bytes a model will need; a mapping too.")
      .def_readonly("parameters", &MemoryEstimate::parameters)
      .def_readonly("active_parameters", &MemoryEstimate::active_parameters, "Those that a token makes use of.")
      .def_readonly("file_bytes", &MemoryEstimate::file_bytes, "Tensors as they are in the file.")
      .def_readonly("weights_bytes", &MemoryEstimate::weights_bytes, "After packing, what stays in memory.")
      .def_readonly("cache_bytes", &MemoryEstimate::cache_bytes, "Keys and values of `context` positions.")
      .def_readonly("position_bytes", &MemoryEstimate::position_bytes,
                    "Of those, what one more position takes beyond all windows.")
      .def_readonly("state_bytes", &MemoryEstimate::state_bytes, "Recurrent states of a sequence.")
      .def_readonly("scratch_bytes", &MemoryEstimate::scratch_bytes,
                    "Largest working memory of a forward pass, and what a cache keeps to go back.")
      .def_property_readonly("total_bytes", &MemoryEstimate::total_bytes)
      .def("__getitem__", [](const py::object& self, const py::str& name) {
        if (!py::hasattr(self, name) || py::cast<std::string>(name).starts_with("_")) throw py::key_error(name);
        return self.attr(name);
      })
      .def("keys", [](const py::object&) {
        return py::make_tuple("parameters", "active_parameters", "file_bytes", "weights_bytes", "cache_bytes",
                              "position_bytes", "state_bytes", "scratch_bytes", "total_bytes");
      });
}

}  // namespace

void bind_model(py::module_& m) {
  bind_info(m);

  py::class_<LoadOptions>(m, "LoadOptions")
      .def(py::init<>())
      .def_readwrite("runtime", &LoadOptions::runtime)
      .def_readwrite("context", &LoadOptions::context)
      .def_property(
          "quantize", [](const LoadOptions& o) { return o.quantize; },
          [](LoadOptions& o, Text type) { o.quantize = type.str(); })
      .def_property(
          "quantize_folder", [](const LoadOptions& o) { return o.quantize_folder; },
          [](LoadOptions& o, const Path& folder) { o.quantize_folder = folder.text; })
      .def_property(
          "precision", [](const LoadOptions& o) { return name_of(o.precision, precisions); },
          [](LoadOptions& o, Text name) { o.precision = choice("precision", name, precisions); })
      .def_property(
          "cache_type",
          [](const LoadOptions& o) {
            return o.cache_type ? name_of(*o.cache_type, cache_types) : std::string_view("auto");
          },
          [](LoadOptions& o, Text name) {
            o.cache_type.reset();
            if (name.str() != "auto") o.cache_type = choice("cache_type", name, cache_types);
          })
      .def_property(
          "pre_tokenizer", [](const LoadOptions& o) { return o.tokenizer.pre_tokenizer; },
          [](LoadOptions& o, Text name) { o.tokenizer.pre_tokenizer = name.str(); });

  py::class_<PyStep>(m, "Step", "Tokens to append to one sequence, and what is wanted of them.")
      .def(py::init(&make_step), "cache"_a, "tokens"_a, "logits"_a = "last", "hidden"_a = false, py::keep_alive<1, 2>(),
           "logits: \"none\", \"last\", \"all\" or ascending indices into the tokens.\n"
           "hidden: the hidden states after the final norm of every token.");
  py::class_<StepOutput>(m, "_StepOutput")
      .def("take_logits", [](StepOutput& o) { return to_array(std::move(o.logits)); })
      .def("take_hidden", [](StepOutput& o) { return to_array(std::move(o.hidden)); });

  py::class_<Model>(m, "Model")
      .def_static("load", &load, "path"_a, "options"_a, "progress"_a)
      .def_static(
          "estimate", [](const Path& path, const LoadOptions& options) { return Model::estimate(path.text, options); },
          "path"_a, "options"_a, Unlocked())
      .def_property_readonly("info", &Model::info)
      .def_property_readonly("runtime", &Model::runtime)
      .def_property_readonly("context", &Model::context)
      .def_property_readonly("has_tokenizer", &Model::has_tokenizer)
      .def_property_readonly("tokenizer", py::cpp_function(&Model::tokenizer, py::return_value_policy::copy))
      .def_property_readonly("has_chat_template", &Model::has_chat_template)
      .def_property_readonly("chat_template", py::cpp_function(&Model::chat_template, py::return_value_policy::copy))
      .def_property_readonly("fingerprint", &Model::fingerprint)
      .def("new_cache", &new_cache, "source"_a = py::none())
      .def_property_readonly("generation_defaults", &Model::generation_defaults)
      .def("forward", &forward, "steps"_a, "progress"_a)
      .def("read", &read, "texts"_a, "types"_a, "output"_a)
      .def("source_logits", &source_logits, "source"_a, "ids"_a)
      .def(
          "embed", [](const Model& model, const Ids& ids) { return to_array(model.embed(ids.values)); }, "ids"_a)
      .def(
          "head",
          [](const Model& model, const py::array_t<float, py::array::c_style | py::array::forcecast>& hidden) {
            if (hidden.ndim() != 2) throw py::type_error("hidden must be a float array [rows, hidden_size]");
            const Tensor rows{.rows = std::size_t(hidden.shape(0)),
                              .columns = std::size_t(hidden.shape(1)),
                              .values = {hidden.data(), hidden.data() + hidden.size()}};
            const std::stop_source stop;
            return to_array(interruptible(stop, [&] { return model.head(rows); }));
          },
          "hidden"_a);
}

}  // namespace ondol::python
