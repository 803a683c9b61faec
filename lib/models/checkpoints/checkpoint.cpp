#include "models/checkpoints/checkpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/fail.hpp"
#include "files/printable.hpp"
#include "formats/values.hpp"

namespace ondol {
namespace {

struct Method {
  std::string_view name;  // quant_method
  void (*merge)(Checkpoint&);
};
constexpr Method methods[] = {
    {"gptq", merge_gptq},
    {"awq", merge_awq},
    {"compressed-tensors", merge_compressed_tensors},
    {"fp8", merge_block_fp8},
    {"mxfp4", merge_mxfp4},
    {"bitsandbytes", merge_bitsandbytes},
};

}  // namespace

std::vector<float> floats_of(const TensorView& tensor) {
  std::vector<float> out(tensor.elements());
  tensor.format->unpack(tensor.bytes.data(), out.data(), out.size() / tensor.format->weights);
  return out;
}

std::vector<std::uint32_t> words_of(const TensorView& tensor) {
  std::vector<std::uint32_t> out(tensor.bytes.size() / 4);
  std::memcpy(out.data(), tensor.bytes.data(), out.size() * 4);
  return out;
}

Checkpoint::Checkpoint(const WeightSource& source, const Config& config) : config_(config) {
  const Json* scheme = config.find("quantization_config");
  scheme_ = scheme && scheme->is_object() ? *scheme : Json::object();
  for (const TensorView& tensor : source.tensors()) tensors_.emplace(tensor.name, as_weight(tensor));
}

void Checkpoint::refuse(const std::string& name, std::string_view why) const {
  fail(Status::bad_file, fmt::format("{}: tensor {}: {}", config_.path(), printable(name), why));
}

std::int64_t Checkpoint::integer(std::string_view key, std::int64_t otherwise) const {
  const Json* value = scheme_.find(key);
  if (!value || value->is_null()) return otherwise;
  const auto n = value->as_int64();
  if (!n) {
    fail(Status::bad_file, fmt::format("{}: quantization_config.{} is {}, expected a whole number", config_.path(), key,
                                       printable_json(*value)));
  }
  return *n;
}

std::vector<std::string> Checkpoint::stems(std::string_view suffix) const {
  std::vector<std::string> out;
  for (const auto& [name, weight] : tensors_) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) out.push_back(name.substr(0, name.size() - suffix.size()));
  }
  return out;
}

TensorView Checkpoint::take_any(const std::string& name, std::initializer_list<std::string_view> types) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) refuse(name, "is missing");
  const TensorView tensor = *found->second.sources.front();
  if (std::ranges::find(types, std::string_view(tensor.type)) == types.end()) {
    refuse(name, fmt::format("is stored as {}, expected {}", tensor.type, fmt::join(types, " or ")));
  }
  tensors_.erase(found);
  return tensor;
}

TensorView Checkpoint::take(const std::string& name, std::initializer_list<std::string_view> types,
                            std::initializer_list<std::int64_t> shape) {
  TensorView tensor = take_any(name, types);
  const std::vector<std::uint64_t> outer(tensor.shape.rbegin(), tensor.shape.rend());
  const auto same = [](std::int64_t expected, std::uint64_t found) {
    return expected < 0 || static_cast<std::uint64_t>(expected) == found;
  };
  if (!std::ranges::equal(shape, outer, same)) {
    refuse(name, fmt::format("has shape [{}], expected [{}] (-1: any)", fmt::join(outer, ", "), fmt::join(shape, ", ")));
  }
  return tensor;
}

void Checkpoint::put(const std::string& name, std::uint64_t rows, std::uint64_t columns, int bits,
                     std::vector<TensorView> from, std::function<void(float*)> make) {
  Weight weight{.name = name,
                .format = find_format("F32"),
                .shape = {columns, rows},
                .compact = &values_format(bits),
                .parts = {},
                .sources = {}};
  const auto held = std::make_shared<const std::vector<TensorView>>(std::move(from));
  for (const TensorView& tensor : *held) weight.sources.push_back(&tensor);
  weight.parts.push_back({.bytes = {}, .make = [held, make = std::move(make)](std::byte* out) {
                            make(reinterpret_cast<float*>(out));
                          }});
  put(std::move(weight));
}

std::vector<Weight> Checkpoint::weights() && {
  std::vector<Weight> out;
  for (auto& [name, weight] : tensors_) out.push_back(std::move(weight));
  return out;
}

std::vector<Weight> checkpoint_tensors(const WeightSource& source, const Config& config) {
  Checkpoint checkpoint(source, config);
  const Json* method = checkpoint.scheme().find("quant_method");
  if (method && method->is_string()) {
    const auto* row = std::ranges::find(methods, std::string_view(*method->as_string()), &Method::name);
    if (row == std::end(methods)) {
      std::vector<std::string_view> known;
      for (const Method& m : methods) known.push_back(m.name);
      fail(Status::unsupported, fmt::format("{}: quantization_config.quant_method is '{}'; known are {}", config.path(),
                                            printable(*method->as_string()), fmt::join(known, ", ")));
    }
    row->merge(checkpoint);
  }
  return std::move(checkpoint).weights();
}

}  // namespace ondol
