#include <algorithm>
#include <span>

#include "handles.hpp"

using namespace ondol;
using namespace ondol::capi;

namespace {

struct PlannedStep {
  Ref<ondol_cache> cache;
  std::vector<Token> tokens;
  Want::Logits logits;
  std::vector<std::uint32_t> positions;
  bool hidden;
};

}  // namespace

struct ondol_pass final : Object {
  explicit ondol_pass(Model content) : model(std::move(content)) {}
  Model model;
  std::vector<PlannedStep> steps;
  std::vector<StepOutput> outputs;  // of the latest run
};

namespace {

/// The caches of a pass, to itself; one that stands in two steps is left to Model::forward to complain about.
std::vector<Exclusive<ondol_cache>> use_caches(const std::vector<PlannedStep>& steps) {
  std::vector<const ondol_cache*> seen;
  std::vector<Exclusive<ondol_cache>> used;
  for (const PlannedStep& step : steps) {
    if (std::find(seen.begin(), seen.end(), step.cache.get()) != seen.end()) continue;
    seen.push_back(step.cache.get());
    used.emplace_back(step.cache, "cache");
  }
  return used;
}

void run(ondol_pass& pass, const Controlled& controlled) {
  const std::vector<PlannedStep> planned = std::exchange(pass.steps, {});
  pass.outputs.clear();
  const auto used = use_caches(planned);
  std::vector<Step> steps;
  for (const PlannedStep& step : planned) {
    steps.push_back({.cache = step.cache->value,
                     .tokens = step.tokens,
                     .want = {.logits = step.logits, .positions = step.positions, .hidden = step.hidden}});
  }
  pass.outputs = pass.model.forward(steps, controlled.stop, controlled.progress.get());
}

using Part = Tensor StepOutput::*;

const Tensor& output(const ondol_pass& pass, std::int64_t step, Part part) {
  return pass.outputs[index_in(step, pass.outputs.size(), "step")].*part;
}

ondol_status lend(const char* function, const ondol_pass* pass, int64_t step, Part part, const float** data,
                  int64_t* rows, int64_t* columns, ondol_error** error) {
  return guard(function, error, [&] {
    const auto held = use(pass, "pass");
    require(data, "data");
    require(rows, "rows");
    require(columns, "columns");
    const Tensor& tensor = output(*held.get(), step, part);
    *data = tensor.values.data();
    *rows = static_cast<int64_t>(tensor.rows);
    *columns = static_cast<int64_t>(tensor.columns);
  });
}

ondol_status copy(const char* function, const ondol_pass* pass, int64_t step, Part part, float* buffer,
                  int64_t capacity, ondol_error** error) {
  return guard(function, error, [&] {
    const auto held = use(pass, "pass");
    require(buffer, "buffer");
    const std::vector<float>& values = output(*held.get(), step, part).values;
    if (values.size() > count_in(capacity, "capacity")) {
      misuse("capacity is " + std::to_string(capacity) + ", there are " + std::to_string(values.size()) + " values");
    }
    std::copy(values.begin(), values.end(), buffer);
  });
}

}  // namespace

extern "C" {

ondol_status ondol_pass_new(const ondol_model* model, ondol_pass** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    require(out, "out");
    give(out, held->value);
  });
}

ondol_status ondol_pass_add(ondol_pass* pass, ondol_cache* cache, const int32_t* tokens, int64_t count, int32_t want,
                            const uint32_t* positions, int64_t position_count, int64_t* step, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(pass, "pass");
    auto sequence = hold(cache, "cache");
    const auto ids = list_in(tokens, count, "tokens");
    const auto wanted = list_in(positions, position_count, "positions");
    const std::int32_t logits = want & ~ONDOL_HIDDEN;
    if (logits < ONDOL_LOGITS_NONE || logits > ONDOL_LOGITS_POSITIONS) {
      misuse("want is " + std::to_string(want) + ", expected one ONDOL_LOGITS_ and ONDOL_HIDDEN or not");
    }
    if (logits != ONDOL_LOGITS_POSITIONS && !wanted.empty()) misuse("positions without ONDOL_LOGITS_POSITIONS");
    if (ids.empty()) misuse("a step needs at least one token");
    PlannedStep planned{.cache = std::move(sequence),
                        .tokens = {ids.begin(), ids.end()},
                        .logits = static_cast<Want::Logits>(logits),
                        .positions = {wanted.begin(), wanted.end()},
                        .hidden = (want & ONDOL_HIDDEN) != 0};
    held->steps.push_back(std::move(planned));
    held->outputs.clear();
    if (step) *step = static_cast<int64_t>(held->steps.size()) - 1;
  });
}

ondol_status ondol_pass_run(ondol_pass* pass, ondol_control* control, ondol_error** error) {
  return guard(__func__, error, [&] { run(*use(pass, "pass").get(), Controlled(control)); });
}

ondol_status ondol_pass_logits(const ondol_pass* pass, int64_t step, const float** data, int64_t* rows,
                               int64_t* columns, ondol_error** error) {
  return lend(__func__, pass, step, &StepOutput::logits, data, rows, columns, error);
}

ondol_status ondol_pass_hidden(const ondol_pass* pass, int64_t step, const float** data, int64_t* rows,
                               int64_t* columns, ondol_error** error) {
  return lend(__func__, pass, step, &StepOutput::hidden, data, rows, columns, error);
}

ondol_status ondol_pass_copy_logits(const ondol_pass* pass, int64_t step, float* buffer, int64_t capacity,
                                    ondol_error** error) {
  return copy(__func__, pass, step, &StepOutput::logits, buffer, capacity, error);
}

ondol_status ondol_pass_copy_hidden(const ondol_pass* pass, int64_t step, float* buffer, int64_t capacity,
                                    ondol_error** error) {
  return copy(__func__, pass, step, &StepOutput::hidden, buffer, capacity, error);
}

void ondol_pass_free(ondol_pass* pass) { release(pass); }

}  // extern "C"
