#include "blocks/experts.hpp"

#include <algorithm>
#include <new>

#include "blocks/scale.hpp"
#include "kernels/elementwise.hpp"

namespace ondol {
namespace {

/// Rows, counted once for each of their experts, that are computed together: enough for full tiles, few enough that
/// what lies between the products stays small.
constexpr std::size_t batch_rows = 256;

}  // namespace

/// Which expert works on which rows. A place is a row of one of its experts; places are sorted by expert, then row.
struct Experts::Routes {
  std::size_t used;                ///< experts a row
  const Router::Choice* choices;   ///< [rows][used]
  const std::size_t* place_of;     ///< [rows][used]
  const std::size_t* row_of;       ///< [places]
  const float* weight_of;          ///< [places]
  const std::size_t* first_place;  ///< [experts + 1]
};

void Experts::activate(float* gates, float* raised, std::size_t n, const Kernels& kernels) const {
  const ElementwiseKernels& elementwise = *kernels.elementwise;
  if (shape.limit <= 0) {
    if (shape.activation == Activation::silu) return elementwise.silu_multiply(gates, raised, n);
    elementwise.activate(shape.activation, gates, n);
    return elementwise.multiply(gates, raised, n);
  }
  const auto limit = static_cast<float>(shape.limit);
  const auto alpha = static_cast<float>(shape.alpha);
  constexpr std::size_t part = 256;
  float opened[part];
  for (std::size_t begin = 0; begin < n; begin += part) {
    const std::size_t count = std::min(part, n - begin);
    float* gate_part = gates + begin;
    float* up_part = raised + begin;
    for (std::size_t i = 0; i < count; ++i) {
      gate_part[i] = std::min(gate_part[i], limit);
      up_part[i] = std::clamp(up_part[i], -limit, limit) + 1.0f;
      opened[i] = alpha * gate_part[i];
    }
    elementwise.activate(Activation::sigmoid, opened, count);
    elementwise.multiply(gate_part, opened, count);
    elementwise.multiply(gate_part, up_part, count);
  }
}

/// Experts [first, end), of which none has more than batch_rows places but a single one may.
void Experts::run(const Routes& routes, std::size_t first, std::size_t end, Activations& x, float* out,
                  Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t hidden = x.columns();
  const std::size_t middle = shape.intermediate_size;
  const std::size_t begin_place = routes.first_place[first];
  const std::size_t places = routes.first_place[end] - begin_place;
  const bool gathered = x.rows() > 1 || shape.weigh_input;
  Activations whole(x.values(), x.rows(), hidden, x.stride(), x.rounding());  // rounded for as long as this scope

  float* in = nullptr;
  if (gathered) {
    in = compute.arena.take<float>(places * hidden);
    compute.pool.parallel_ranges(places, 8, [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) {
        const float* row = x.values() + routes.row_of[begin_place + i] * x.stride();
        std::copy_n(row, hidden, in + i * hidden);
        if (!shape.weigh_input) continue;
        const float weight = routes.weight_of[begin_place + i];
        for (std::size_t k = 0; k < hidden; ++k) in[i * hidden + k] *= weight;
      }
    });
  }
  auto* gates = compute.arena.take<float>(places * middle);
  auto* raised = compute.arena.take<float>(places * middle);
  auto* results = compute.arena.take<float>(places * hidden);
  const std::size_t most = std::min(end - first, places);  // experts that have rows
  auto* inputs = compute.arena.take<Activations>(2 * most);
  auto* products = compute.arena.take<MatrixProduct>(3 * most);
  MatrixProduct* next = products;
  MatrixProduct* next_down = products + 2 * most;
  for (std::size_t e = first; e < end; ++e) {
    const std::size_t rows = routes.first_place[e + 1] - routes.first_place[e];
    if (rows == 0) continue;
    const std::size_t at = routes.first_place[e] - begin_place;
    Activations* own =
        gathered ? new (inputs++) Activations(in + at * hidden, rows, hidden, hidden, x.rounding()) : &whole;
    *next++ = gate[e].product(*own, gates + at * middle);
    *next++ = up[e].product(*own, raised + at * middle);
    auto* between = new (inputs++) Activations(gates + at * middle, rows, middle, middle, Rounding::coarse);
    *next_down++ = down[e].product(*between, results + at * hidden);
  }
  multiply({products, next}, compute);
  compute.pool.parallel_ranges(places, 4, [&](std::size_t from, std::size_t to) {
    activate(gates + from * middle, raised + from * middle, (to - from) * middle, compute.kernels);
  });
  multiply({products + 2 * most, next_down}, compute);
  compute.pool.parallel_ranges(x.rows(), 4, [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from * routes.used; i < to * routes.used; ++i) {
      const std::size_t place = routes.place_of[i] - begin_place;  // of experts before: large
      if (place >= places) continue;
      const float weight = shape.weigh_input ? 1.0f : routes.choices[i].weight;
      float* sum = out + i / routes.used * hidden;
      for (std::size_t k = 0; k < hidden; ++k) sum[k] += weight * results[place * hidden + k];
    }
  });
}

void Experts::apply(Activations& x, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t hidden = x.columns();
  const Router& routing = shape.router;
  const std::size_t count = rows * routing.used;

  auto* logits = compute.arena.take<float>(rows * routing.experts);
  auto* choices = compute.arena.take<Router::Choice>(count);
  auto* scratch = compute.arena.take<float>(rows * routing.scratch());
  router.apply(x, logits, compute);
  compute.pool.parallel_ranges(rows, 8, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      routing.choose(logits + row * routing.experts, bias.empty() ? nullptr : bias.data(),
                     scratch + row * routing.scratch(), choices + row * routing.used);
    }
  });

  auto* first_place = compute.arena.take<std::size_t>(routing.experts + 1);
  auto* next_place = compute.arena.take<std::size_t>(routing.experts);
  auto* place_of = compute.arena.take<std::size_t>(count);
  auto* row_of = compute.arena.take<std::size_t>(count);
  auto* weight_of = compute.arena.take<float>(count);
  std::fill_n(first_place, routing.experts + 1, std::size_t{0});
  for (std::size_t i = 0; i < count; ++i) ++first_place[choices[i].expert + 1];
  for (std::size_t e = 0; e < routing.experts; ++e) {
    first_place[e + 1] += first_place[e];
    next_place[e] = first_place[e];
  }
  for (std::size_t i = 0; i < count; ++i) {
    place_of[i] = next_place[choices[i].expert]++;
    row_of[place_of[i]] = i / routing.used;
    weight_of[place_of[i]] = choices[i].weight;
  }
  const Routes routes{routing.used, choices, place_of, row_of, weight_of, first_place};
  std::fill_n(out, rows * hidden, 0.0f);
  for (std::size_t e = 0; e < routing.experts;) {
    std::size_t end = e + 1;
    while (end < routing.experts && first_place[end + 1] - first_place[e] <= batch_rows) ++end;
    if (first_place[end] > first_place[e]) run(routes, e, end, x, out, compute);
    e = end;
  }

  if (shape.shared_size == 0) return;
  auto* all = compute.arena.take<float>(rows * hidden);
  auto* opened = compute.arena.take<float>(rows);
  if (shape.shared_gate) {
    shared_gate.apply(x, opened, compute);
    compute.kernels.elementwise->activate(Activation::sigmoid, opened, rows);
  }
  shared.apply(x, all, compute);
  compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end && shape.shared_gate; ++row) {
      for (std::size_t k = 0; k < hidden; ++k) all[row * hidden + k] *= opened[row];
    }
    compute.kernels.elementwise->add(out + begin * hidden, all + begin * hidden, (end - begin) * hidden);
  });
}

std::size_t Experts::scratch(const Shape& shape, std::size_t hidden_size, std::size_t rows) noexcept {
  const std::size_t places = std::min(rows * shape.router.used, std::max(batch_rows, rows));
  const std::size_t quantised = 1;  // 96 bytes for 32 floats, about as many again
  const std::size_t batch = places * ((2 + quantised) * hidden_size + (2 + quantised) * shape.intermediate_size);
  const std::size_t routes = rows * (2 * shape.router.experts + 8 * shape.router.used);
  return batch + routes + rows * (hidden_size + 3 * shape.shared_size);
}

}  // namespace ondol
