#include <fmt/format.h>

#include "base/json.hpp"
#include "handles.hpp"
#include "options.hpp"

using namespace ondol;
using namespace ondol::capi;

namespace {

LoadOptions read_load_options(const char* options, std::int64_t size, const Ref<const ondol_runtime>& runtime) {
  return load_options(read_options(options, size, Topic::load), runtime ? &runtime->value : nullptr);
}

Json info_json(const Model& model) {
  const ModelInfo& info = model.info();
  return Json::object({{"architecture", info.architecture},
                       {"name", info.name},
                       {"context", std::uint64_t{model.context()}},
                       {"trained_context", std::uint64_t{info.context}},
                       {"layers", std::uint64_t{info.layers}},
                       {"hidden_size", std::uint64_t{info.hidden_size}},
                       {"intermediate_size", std::uint64_t{info.intermediate_size}},
                       {"heads", std::uint64_t{info.heads}},
                       {"kv_heads", std::uint64_t{info.kv_heads}},
                       {"head_dim", std::uint64_t{info.head_dim}},
                       {"vocabulary", std::uint64_t{info.vocabulary}},
                       {"tied_embeddings", info.tied_embeddings},
                       {"experts", std::uint64_t{info.experts}},
                       {"experts_used", std::uint64_t{info.experts_used}},
                       {"parameters", info.parameters},
                       {"active_parameters", info.active_parameters},
                       {"tensor_bytes", info.tensor_bytes},
                       {"fingerprint", fmt::format("{:016x}", model.fingerprint())},
                       {"has_tokenizer", model.has_tokenizer()},
                       {"has_chat_template", model.has_chat_template()}});
}

Json file_json(const FileInfo& file) {
  Json::Array metadata, tensors;
  for (const FileInfo::Entry& entry : file.metadata) {
    metadata.push_back(Json::object({{"key", entry.key}, {"type", entry.type}, {"value", entry.value}}));
  }
  for (const FileInfo::Tensor& tensor : file.tensors) {
    tensors.push_back(Json::object({{"name", tensor.name},
                                    {"type", tensor.type},
                                    {"shape", Json::Array(tensor.shape.begin(), tensor.shape.end())},
                                    {"bytes", tensor.bytes}}));
  }
  return Json::object({{"metadata", std::move(metadata)},
                       {"tensors", std::move(tensors)},
                       {"parameters", file.parameters},
                       {"tensor_bytes", file.tensor_bytes},
                       {"family", file.family},
                       {"context", file.context}});
}

Json estimate_json(const MemoryEstimate& estimate) {
  return Json::object({{"parameters", estimate.parameters},
                       {"active_parameters", estimate.active_parameters},
                       {"file_bytes", estimate.file_bytes},
                       {"weights_bytes", estimate.weights_bytes},
                       {"cache_bytes", estimate.cache_bytes},
                       {"position_bytes", estimate.position_bytes},
                       {"state_bytes", estimate.state_bytes},
                       {"scratch_bytes", estimate.scratch_bytes},
                       {"total_bytes", estimate.total_bytes()}});
}

}  // namespace

extern "C" {

ondol_status ondol_model_load(const ondol_runtime* runtime, const char* path, int64_t path_size, const char* options,
                              int64_t options_size, ondol_control* control, ondol_model** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const std::string_view file = path_in(path, path_size);
    require(out, "out");
    const Controlled controlled(control);
    LoadOptions settings = read_load_options(options, options_size, Ref(runtime));
    settings.stop = controlled.stop;
    settings.progress = controlled.progress;
    give(out, Model::load(file, settings));
  });
}

ondol_status ondol_model_info(const ondol_model* model, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    require(out, "out");
    give(out, info_json(held->value).dump());
  });
}

int64_t ondol_model_context(const ondol_model* model) {
  return model ? static_cast<int64_t>(model->value.context()) : 0;
}

int64_t ondol_model_vocabulary(const ondol_model* model) {
  return model ? static_cast<int64_t>(model->value.info().vocabulary) : 0;
}

int64_t ondol_model_hidden_size(const ondol_model* model) {
  return model ? static_cast<int64_t>(model->value.info().hidden_size) : 0;
}

ondol_status ondol_model_tokenizer(const ondol_model* model, ondol_tokenizer** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    require(out, "out");
    give(out, held->value.tokenizer());
  });
}

ondol_status ondol_model_template(const ondol_model* model, ondol_template** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    require(out, "out");
    give(out, held->value.chat_template());
  });
}

void ondol_model_free(ondol_model* model) { release(model); }

ondol_status ondol_inspect(const char* path, int64_t path_size, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const std::string_view file = path_in(path, path_size);
    require(out, "out");
    give(out, file_json(inspect(file)).dump());
  });
}

ondol_status ondol_estimate(const ondol_runtime* runtime, const char* path, int64_t path_size, const char* options,
                            int64_t options_size, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const std::string_view file = path_in(path, path_size);
    require(out, "out");
    give(out, estimate_json(Model::estimate(file, read_load_options(options, options_size, Ref(runtime)))).dump());
  });
}

ondol_status ondol_model_embed(const ondol_model* model, const int32_t* ids, int64_t count, ondol_tensor** out,
                               ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    const auto tokens = list_in(ids, count, "ids");
    require(out, "out");
    give(out, held->value.embed(tokens));
  });
}

ondol_status ondol_model_head(const ondol_model* model, const float* hidden, int64_t rows, ondol_tensor** out,
                              ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    Tensor states{.rows = count_in(rows, "rows"), .columns = held->value.info().hidden_size, .values = {}};
    if (rows > 0) require(hidden, "hidden");
    require(out, "out");
    if (states.rows > PTRDIFF_MAX / sizeof(float) / states.columns) throw std::bad_alloc();
    states.values.assign(hidden, hidden + states.rows * states.columns);
    give(out, held->value.head(states));
  });
}

ondol_status ondol_model_logits(const ondol_model* model, const int32_t* ids, int64_t count, ondol_tensor** out,
                                ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    const auto tokens = list_in(ids, count, "ids");
    require(out, "out");
    give(out, held->value.logits(tokens));
  });
}

}  // extern "C"
