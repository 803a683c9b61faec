#include "models/weight_binder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "base/fail.hpp"
#include "files/printable.hpp"
#include "kernels/matmul.hpp"
#include "models/naming.hpp"

namespace ondol {

WeightBinder::WeightBinder(const WeightSource& source, std::vector<Weight> weights, Precision precision,
                           std::optional<Assume> assume)
    : source_(source), weights_(std::move(weights)), assume_(std::move(assume)), precision_(precision) {}

const Weight* WeightBinder::find(const std::string& name) const noexcept {
  const auto found = std::ranges::lower_bound(weights_, name, {}, &Weight::name);
  if (found != weights_.end() && found->name == name) return &*found;
  const auto assumed = assumed_.find(name);
  return assumed != assumed_.end() ? &assumed->second : nullptr;
}

void WeightBinder::assume(const std::string& name, std::size_t columns, std::size_t rows) {
  if (!assume_ || has(name)) return;
  Weight weight{.name = name, .format = nullptr, .shape = {columns, rows}, .parts = {}, .sources = {}};
  assume_->set_format(weight);
  assumed_.emplace(name, std::move(weight));
}

bool WeightBinder::has_bias(const std::string& name) const {
  return has(name + ".bias") || (assume_ && assume_->biases);
}

std::uint64_t WeightBinder::parameters() const noexcept {
  std::uint64_t sum = 0;
  for (const Weight& weight : weights_) sum += is_rope_factor(weight.name) ? 0 : weight.elements();
  for (const auto& [name, weight] : assumed_) sum += weight.elements();
  return sum;
}

const Weight& WeightBinder::at(const std::string& name) const {
  const Weight* weight = find(name);
  if (!weight) fail(Status::bad_file, fmt::format("{}: tensor {} is missing", source_.path(), name));
  if (!weight->format) {
    fail(Status::unsupported, fmt::format("{}: tensor {} is stored as {}, which is no type of weights", source_.path(),
                                          name, printable(weight->sources.front()->type)));
  }
  return *weight;
}

const Weight& WeightBinder::find(const std::string& name, std::size_t columns, std::size_t rows) {
  assume(name, columns, rows);
  const Weight& weight = at(name);
  if (weight.columns() != columns || weight.rows() != rows) {
    fail(Status::bad_file, fmt::format("{}: tensor {} has shape [{}], the hyper-parameters say [{}]", source_.path(),
                                       name, fmt::join(weight.shape, ", "),
                                       rows == 1 ? fmt::format("{}", columns) : fmt::format("{}, {}", columns, rows)));
  }
  if (columns % weight.format->weights != 0) {
    fail(Status::bad_file, fmt::format("{}: tensor {} has rows of {}, blocks of {} hold {}", source_.path(), name,
                                       columns, weight.format->name, weight.format->weights));
  }
  used_.insert(name);
  return weight;
}

void WeightBinder::add_matrix(const Weight& weight, std::uint64_t first, std::uint64_t rows, PackedMatrix& to,
                              Precision precision) {
  const Format& format = weight.packed_from(precision);
  packed_bytes_ += ondol::packed_bytes(format, rows, weight.columns(), precision);
  jobs_.push_back({&weight, first, rows * weight.row_bytes(),
                   [=, &weight, &format, &to](Compute& compute, const std::shared_ptr<MemoryAccount>& memory) {
                     weight.read_rows(first, rows, [&](std::span<const std::byte> bytes) {
                       const WeightView view{&format, rows, weight.columns(), bytes};
                       to = PackedMatrix(view, precision, compute, memory);
                     });
                   }});
}

void WeightBinder::linear(const std::string& name, std::size_t outputs, std::size_t inputs, Linear& to,
                          Precision most) {
  add_matrix(find(name + ".weight", inputs, outputs), 0, outputs, to.weight,
             most == Precision::exact ? most : precision_);
  if (has_bias(name)) vector(name + ".bias", outputs, to.bias);
}

void WeightBinder::linear_part(const std::string& name, std::size_t all, std::size_t first, std::size_t outputs,
                               std::size_t inputs, Linear& to) {
  add_matrix(find(name + ".weight", inputs, all), first, outputs, to.weight, precision_);
  if (!has_bias(name)) return;
  const Weight& bias = find(name + ".bias", all, 1);
  packed_bytes_ += outputs * sizeof(float);
  jobs_.push_back({&bias, 0, bias.elements() * 4, [&bias, &to, first, outputs](Compute&, const auto&) {
                     const std::vector<float> values = bias.values();
                     to.bias.assign(values.begin() + std::ptrdiff_t(first),
                                    values.begin() + std::ptrdiff_t(first + outputs));
                   }});
}

void WeightBinder::linears(const std::string& name, std::size_t count, std::size_t outputs, std::size_t inputs,
                           std::vector<Linear>& to) {
  const Weight& weight = find(name + ".weight", inputs, count * outputs);
  to.resize(count);
  for (std::size_t i = 0; i < count; ++i) add_matrix(weight, i * outputs, outputs, to[i].weight, precision_);
  if (!has_bias(name)) return;
  const Weight& bias = find(name + ".bias", outputs, count);
  packed_bytes_ += count * outputs * sizeof(float);
  jobs_.push_back({&bias, 0, bias.elements() * 4, [&bias, &to, outputs](Compute&, const auto&) {
                     const std::vector<float> values = bias.values();
                     for (std::size_t i = 0; i < to.size(); ++i) {
                       const auto from = values.begin() + std::ptrdiff_t(i * outputs);
                       to[i].bias.assign(from, from + std::ptrdiff_t(outputs));
                     }
                   }});
}

void WeightBinder::norm(const std::string& name, std::size_t n, Norm& to) {
  vector(has(name) ? name : name + ".weight", n, to.weight);
  if (has(name + ".bias") || (assume_ && to.kind == NormKind::layer)) vector(name + ".bias", n, to.bias);
}

void WeightBinder::vector(const std::string& name, std::size_t n, std::vector<float>& to) {
  assume(name, n, 1);
  const Weight& weight = at(name);
  const std::size_t columns = weight.columns();
  if (weight.elements() != n) (void)find(name, n, 1);
  (void)find(name, columns, n / columns);
  packed_bytes_ += n * sizeof(float);
  jobs_.push_back({&weight, 0, n * 4, [&weight, &to](Compute&, const auto&) { to = weight.values(); }});
}

void WeightBinder::transposed(const std::string& name, std::size_t rows, std::size_t columns, std::vector<float>& to) {
  assume(name, columns, rows);
  const Weight& weight = at(name);
  const bool flat = weight.shape.size() == 1 && rows * columns == weight.columns();  // a dimension of 1 is dropped
  (void)(flat ? find(name, rows * columns, 1) : find(name, columns, rows));
  packed_bytes_ += rows * columns * sizeof(float);
  jobs_.push_back({&weight, 0, rows * columns * 4, [&weight, &to, rows, columns](Compute&, const auto&) {
                     const std::vector<float> values = weight.values();
                     to.resize(values.size());
                     for (std::size_t i = 0; i < values.size(); ++i) to[i % columns * rows + i / columns] = values[i];
                   }});
}

std::vector<float> WeightBinder::values(const std::string& name, std::size_t n) { return find(name, n, 1).values(); }

const Weight& WeightBinder::rows(const std::string& name, std::size_t rows, std::size_t columns) {
  return find(name, columns, rows);
}

void WeightBinder::packed(const Weight& weight, PackedMatrix& to) {
  add_matrix(weight, 0, weight.rows(), to, precision_);
}

void WeightBinder::ignore_layer(std::size_t index) {
  for (const Weight& weight : weights_) {
    if (belongs_to_layer(weight.name, index)) ignore(weight.name);
  }
}

void WeightBinder::check_all_used() const {
  for (const Weight& weight : weights_) {
    if (!used_.contains(weight.name)) {
      fail(Status::unsupported, fmt::format("{}: tensor {} has no place in this kind of model", source_.path(),
                                            printable(weight.sources.empty() ? weight.name : weight.sources[0]->name)));
    }
  }
}

void WeightBinder::release(const Job& job) const {
  const Weight& weight = *job.weight;
  const std::size_t part = job.first_row / (weight.rows() / weight.parts.size());
  const bool own = weight.sources.size() == weight.parts.size();  // the other parts are others' work
  for (std::size_t i = 0; i < weight.sources.size(); ++i) {
    const TensorView& tensor = *weight.sources[i];
    if (!own || i == part) source_.files()[tensor.file]->release(tensor.bytes);
  }
}

void WeightBinder::load(Compute& compute, const std::shared_ptr<MemoryAccount>& memory, const std::stop_token& stop,
                        Progress* progress) {
  if (progress) {
    std::uint64_t total = 0;
    for (const Job& job : jobs_) total += job.bytes;
    progress->total = total;
    progress->done = 0;
  }
  // The largest first: while a tensor is packed it is in memory twice, and later there is less room for that.
  std::ranges::stable_sort(jobs_, std::greater{}, &Job::bytes);
  for (const Job& job : jobs_) {
    if (stop.stop_requested()) fail(Status::cancelled, fmt::format("{}: loading was cancelled", source_.path()));
    job.read(compute, memory);
    release(job);
    if (progress) progress->done += job.bytes;
  }
}

}  // namespace ondol
