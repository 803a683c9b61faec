#include "models/weight_binder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "base/fail.hpp"
#include "kernels/matmul.hpp"

namespace ondol {
namespace {

void unpack_all(const TensorView& tensor, std::vector<float>& to) {
  to.resize(tensor.elements());
  tensor.format->unpack(tensor.bytes.data(), to.data(), tensor.elements() / tensor.format->weights);
}

std::string bias_of(const std::string& name) {
  return name.substr(0, name.size() - std::string_view("weight").size()) + "bias";
}

}  // namespace

const TensorView& WeightBinder::find(const std::string& name, std::size_t columns, std::size_t rows) {
  const TensorView* tensor = source_.find(name);
  if (!tensor) fail(Status::bad_file, fmt::format("{}: tensor {} is missing", source_.path(), name));
  if (tensor->columns() != columns || tensor->rows() != rows) {
    fail(Status::bad_file, fmt::format("{}: tensor {} has shape [{}], the hyper-parameters say [{}]", source_.path(),
                                       name, fmt::join(tensor->shape, ", "),
                                       rows == 1 ? fmt::format("{}", columns) : fmt::format("{}, {}", columns, rows)));
  }
  used_.insert(tensor->name);
  return *tensor;
}

void WeightBinder::linear(const std::string& name, std::size_t outputs, std::size_t inputs, Presence bias, Linear& to) {
  packed(find(name, inputs, outputs), to.weight);
  vector(bias_of(name), outputs, bias, to.bias);
}

void WeightBinder::vector(const std::string& name, std::size_t n, Presence presence, std::vector<float>& to) {
  if (presence == Presence::never || (presence == Presence::optional && !has(name))) return;
  const TensorView& tensor = find(name, n, 1);
  packed_bytes_ += n * sizeof(float);
  jobs_.push_back({&tensor, [&tensor, &to](Compute&, const auto&) { unpack_all(tensor, to); }});
}

const TensorView& WeightBinder::rows(const std::string& name, std::size_t rows, std::size_t columns) {
  return find(name, columns, rows);
}

void WeightBinder::packed(const TensorView& tensor, PackedMatrix& to) {
  packed_bytes_ += ondol::packed_bytes(*tensor.format, tensor.rows(), tensor.columns(), precision_);
  jobs_.push_back({&tensor, [this, &tensor, &to](Compute& compute, const std::shared_ptr<MemoryAccount>& memory) {
                     to = PackedMatrix(tensor.matrix(), precision_, compute, memory);
                   }});
}

void WeightBinder::check_all_used() const {
  for (const TensorView& tensor : source_.tensors()) {
    if (!used_.contains(tensor.name)) {
      fail(Status::unsupported,
           fmt::format("{}: tensor {} has no place in a model of architecture '{}'", source_.path(), tensor.name,
                       source_.text("general.architecture").value_or("")));
    }
  }
}

void WeightBinder::load(Compute& compute, const std::shared_ptr<MemoryAccount>& memory, const std::stop_token& stop,
                        Progress* progress) {
  if (progress) {
    std::uint64_t total = 0;
    for (const Job& job : jobs_) total += job.tensor->bytes.size();
    progress->total = total;
    progress->done = 0;
  }
  // The largest first: while a tensor is packed it is in memory twice, and later there is less room for that.
  std::ranges::stable_sort(jobs_, std::greater{}, [](const Job& job) { return job.tensor->bytes.size(); });
  for (const Job& job : jobs_) {
    if (stop.stop_requested()) fail(Status::cancelled, fmt::format("{}: loading was cancelled", source_.path()));
    job.read(compute, memory);
    source_.files()[job.tensor->file]->release(job.tensor->bytes);
    if (progress) progress->done += job.tensor->bytes.size();
  }
}

}  // namespace ondol
