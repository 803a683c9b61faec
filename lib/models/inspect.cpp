#include "files/weight_source.hpp"
#include "models/naming.hpp"
#include "models/opened.hpp"
#include "models/registry.hpp"
#include "ondol/model.hpp"

namespace ondol {

FileInfo inspect(std::string_view path) {
  const auto source = open_weights(path);
  FileInfo info;
  for (WeightSource::Entry& entry : source->entries()) {
    info.metadata.push_back({std::move(entry.key), std::move(entry.type), std::move(entry.value)});
  }
  for (const TensorView& tensor : source->tensors()) {
    info.tensors.push_back({tensor.name, tensor.type.empty() ? std::string(tensor.format->name) : tensor.type,
                            tensor.shape, tensor.bytes.size()});
    if (!is_rope_factor(tensor.name)) info.parameters += tensor.elements();
  }
  info.tensor_bytes = tensor_bytes(*source);
  try {
    const Config config(*source);
    const Family& family = find_family(config);
    info.context = family.recipe(config).context;
    info.family = family.model_type;
  } catch (const Error& e) {
    if (e.code() != Status::bad_file && e.code() != Status::unsupported) throw;
  }
  return info;
}

}  // namespace ondol
