#pragma once

#include <cstddef>

namespace ondol {

/// The rows of one sequence through the selective scan of `channels` channels: see RecurrenceKernels.
struct SelectiveScan {
  std::size_t rows;
  std::size_t channels;
  std::size_t states;  ///< values of the state a channel
  std::size_t stride;  ///< floats from one row of x, dt, a, state and y to the next
  const float* x;      ///< [rows, channels]
  const float* dt;     ///< [rows, channels]
  const float* b;      ///< [rows, states], its rows `matrix_stride` apart
  const float* c;      ///< the same
  std::size_t matrix_stride;
  const float* a;  ///< [states, channels]
  const float* d;  ///< [channels]
  float* state;    ///< [states, channels]: before the first row, then behind the last
  float* y;        ///< [rows, channels]
};

/// Steps of recurrences, float32. Lanes are channels and each sum runs over the state in its order: what a channel gets
/// does not depend on its neighbours, nor on how many rows are computed together. Equal bit for bit on every ISA.
/// Pointers need no alignment.
struct RecurrenceKernels {
  /// out[i] = bias[i] + sum over j < kernel of weight[j * stride + i] * inputs[j][i]; bias may be null.
  void (*convolve)(const float* const* inputs, std::size_t kernel, const float* weight, std::size_t stride,
                   const float* bias, std::size_t n, float* out) noexcept;
  /// state[s][i] <- exp(dt[i] a[s][i]) state[s][i] + dt[i] b[s] x[i], then y[i] = d[i] x[i] + sum over s of
  /// c[s] state[s][i]; row by row. Gu & Dao 2023 (Mamba).
  void (*selective_scan)(const SelectiveScan& scan) noexcept;
  /// state[s][i] <- decay state[s][i] + key[s] value[i], then out[i] = sum over s of query[s] state[s][i]; state is
  /// [rows, columns]. One position of a linear attention.
  void (*update_state)(float* state, std::size_t rows, std::size_t columns, float decay, const float* key,
                       const float* value, const float* query, float* out) noexcept;
  /// out[i] = sum over s of key[s] state[s][i].
  void (*read_state)(const float* state, std::size_t rows, std::size_t columns, const float* key, float* out) noexcept;
  /// out[i] = a weighted mean of v, with weight exp(k): of this position's, exp(k[i] + first[i]); those before fade by
  /// exp(decay[i]) a position. The state holds sums of weighted values and of weights, divided by exp(largest), so that
  /// no exponential overflows. Peng et al. 2023 (RWKV-4).
  void (*weighted_mean)(const float* k, const float* v, const float* first, const float* decay, float* values,
                        float* weights, float* largest, std::size_t n, float* out) noexcept;
};

}  // namespace ondol
