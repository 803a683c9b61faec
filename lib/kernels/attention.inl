// Bodies of kernels/attention.hpp. A row's sums run over its own visible positions only, so neither what else shares
// its tile nor what lies in the rest of a block can touch its bits.
#include "kernels/attention.hpp"
#include "kernels/simd/curves.inl"
#include "kernels/simd/elements.inl"
#include "kernels/simd/exp.inl"

namespace ondol::ISA {
namespace {
namespace attention_bodies {

constexpr std::size_t positions = cache_block;

constexpr std::size_t padded(std::size_t n) { return (n + 15) / 16 * 16; }

/// sums[m][16 v ..] (+)= sum over k of x[m][k] * matrix[k][16 v ..], k ascending, fused; `step` elements a row of
/// matrix.
template <class From>
struct Product {
  const typename From::Element* matrix;
  const std::byte* next;  // what is read after it: fetched meanwhile
  std::size_t step;
  const float* x;
  std::size_t x_stride;
  float* sums;
  std::size_t sum_stride;
  bool add;
};

template <int M, int V, class From>
[[gnu::noinline]] void tile(const Product<From>& product, std::size_t vector, std::size_t begin, std::size_t end) {
  float* sums = product.sums + vector * 16;
  F32x16 sum[M][V];
  for (int m = 0; m < M; ++m) {
    for (int v = 0; v < V; ++v) sum[m][v] = product.add ? load(sums + m * product.sum_stride + v * 16) : zero();
  }
  const std::size_t offset = begin * product.step + vector * 16;
  const auto* row = product.matrix + offset;
  const std::byte* next = product.next + offset * sizeof(*row);
  const float* x = product.x + begin;
  for (std::size_t k = begin; k < end; ++k, row += product.step, next += product.step * sizeof(*row), ++x) {
    F32x16 value[V];
    for (int v = 0; v < V; ++v) {
      __builtin_prefetch(next + v * 16 * sizeof(*row));
      value[v] = From::load16(row + v * 16);
    }
    for (int m = 0; m < M; ++m) {
      const F32x16 factor = broadcast(x[m * product.x_stride]);
      for (int v = 0; v < V; ++v) sum[m][v] = multiply_add(factor, value[v], sum[m][v]);
    }
  }
  for (int m = 0; m < M; ++m) {
    for (int v = 0; v < V; ++v) store(sums + m * product.sum_stride + v * 16, sum[m][v]);
  }
}

constexpr int vectors_of_tile(int rows) { return tile_fits(rows, 4) ? 4 : tile_fits(rows, 2) ? 2 : 1; }

/// m rows, at most tile_rows, times the vectors [first, last) for k in [begin, end).
template <int M, class From>
void multiply_rows(std::size_t m, const Product<From>& product, std::size_t first, std::size_t last, std::size_t begin,
                   std::size_t end) {
  if constexpr (M > 1) {
    if (m < std::size_t(M)) return multiply_rows<M - 1>(m, product, first, last, begin, end);
  }
  constexpr int V = vectors_of_tile(M);
  for (; first + V <= last; first += V) tile<M, V>(product, first, begin, end);
  for (; first < last; ++first) tile<M, 1>(product, first, begin, end);
}

/// What a task keeps of its rows between blocks, and what one block needs; carved out of its scratch.
struct State {
  State(const AttentionTask& t)
      : width(padded(t.value_dim)),
        queries(t.scratch),
        sums(queries + t.rows * t.key_dim),
        weights(sums + t.rows * width),
        most(weights + t.rows * positions),
        total(most + t.rows),
        wide_keys(total + t.rows),
        wide_values(wide_keys + positions * t.key_dim) {}

  std::size_t width;
  float* queries;      // [rows][key_dim]
  float* sums;         // [rows][width], of weight times value
  float* weights;      // [rows][64]: scores, then exp(score - most)
  float* most;         // [rows], of the scores so far
  float* total;        // [rows], of the weights so far
  float* wide_keys;    // a block as floats, where it cannot be read as it lies
  float* wide_values;  // the same, rows `width` long
};

/// The visible positions of a row in block b, counted from its beginning; empty where it sees none.
struct Range {
  std::size_t begin;
  std::size_t end;
};
inline Range visible(const AttentionTask& t, std::size_t row, std::size_t b) {
  const std::size_t start = b * positions;
  if (t.end[row] <= start || t.first[row] >= start + positions) return {0, 0};
  return {t.first[row] > start ? t.first[row] - start : 0,
          t.end[row] < start + positions ? t.end[row] - start : positions};
}

inline int lane_of(std::size_t position, std::size_t vector) {
  return position <= vector * 16 ? 0 : position >= vector * 16 + 16 ? 16 : int(position - vector * 16);
}

/// Scores to weights, and the row's sums to the new maximum: one step of the online softmax.
inline void soften(const AttentionTask& t, const State& s, std::size_t row, std::size_t b, Range range) {
  const float nothing = -__builtin_inff();
  const F32x16 hidden = broadcast(nothing);
  const bool whole = range.begin == 0 && range.end == positions;
  float* weights = s.weights + row * positions;
  F32x16 score[4];
  for (std::size_t v = 0; v < 4; ++v) {
    F32x16 x = multiply(load(weights + v * 16), broadcast(t.scale));
    if (t.softcap > 0.0f) x = multiply(hyperbolic_tangent(divide(x, broadcast(t.softcap))), broadcast(t.softcap));
    if (t.bias != nullptr) x = add(x, load(t.bias[row] + b * positions + v * 16));
    score[v] = whole ? x : keep_lanes(x, hidden, lane_of(range.begin, v), lane_of(range.end, v));
  }
  const float before = s.most[row];
  const float here = reduce_maximum(maximum(maximum(score[0], score[1]), maximum(score[2], score[3])));
  const float most = before > here ? before : here;
  const F32x16 shift = broadcast(most == nothing ? 0.0f : most);
  for (std::size_t v = 0; v < 4; ++v) {
    score[v] = exponential(subtract(score[v], shift));
    store(weights + v * 16, score[v]);
  }
  const float sum = reduce_add(add(add(score[0], score[1]), add(score[2], score[3])));
  if (most != before && before != nothing) {
    float lanes[16];
    store(lanes, exponential(subtract(broadcast(before), shift)));
    const F32x16 fade = broadcast(lanes[0]);
    float* sums = s.sums + row * s.width;
    for (std::size_t i = 0; i < s.width; i += 16) store(sums + i, multiply(load(sums + i), fade));
    s.total[row] *= lanes[0];
  }
  s.total[row] += sum;
  s.most[row] = most;
}

/// Rows [row, row + m), all of which see some of block b.
template <class Keys, class Values>
void attend_rows(const AttentionTask& t, const State& s, std::size_t row, std::size_t m, std::size_t b,
                 Product<Keys> keys, Product<Values> values) {
  std::size_t first = positions;  // seen by any row
  std::size_t last = 0;
  Range all{0, positions};  // seen by all of them
  for (std::size_t i = row; i < row + m; ++i) {
    const Range r = visible(t, i, b);
    first = r.begin < first ? r.begin : first;
    last = r.end > last ? r.end : last;
    all.begin = r.begin > all.begin ? r.begin : all.begin;
    all.end = r.end < all.end ? r.end : all.end;
  }
  keys.x = s.queries + row * t.key_dim;
  keys.sums = s.weights + row * positions;
  multiply_rows<tile_rows>(m, keys, first / 16, (last + 15) / 16, 0, t.key_dim);

  for (std::size_t i = row; i < row + m; ++i) soften(t, s, i, b, visible(t, i, b));

  const std::size_t vectors = s.width / 16;
  const auto add_values = [&](std::size_t i, std::size_t rows, std::size_t begin, std::size_t end) {
    values.x = s.weights + i * positions;
    values.sums = s.sums + i * s.width;
    if (begin < end) multiply_rows<tile_rows>(rows, values, 0, vectors, begin, end);
  };
  if (all.begin >= all.end) {
    for (std::size_t i = row; i < row + m; ++i) add_values(i, 1, visible(t, i, b).begin, visible(t, i, b).end);
    return;
  }
  for (std::size_t i = row; i < row + m; ++i) add_values(i, 1, visible(t, i, b).begin, all.begin);
  add_values(row, m, all.begin, all.end);
  for (std::size_t i = row; i < row + m; ++i) add_values(i, 1, all.end, visible(t, i, b).end);
}

/// Runs of at most tile_rows neighbouring rows that see block b.
template <class Body>
void each_run(const AttentionTask& t, std::size_t b, Body body) {
  const auto sees = [&](std::size_t row) {
    const Range r = visible(t, row, b);
    return r.begin < r.end;
  };
  for (std::size_t row = 0; row < t.rows;) {
    std::size_t m = 0;
    while (m < std::size_t(tile_rows) && row + m < t.rows && sees(row + m)) ++m;
    if (m > 0) body(row, m);
    row += m > 0 ? m : 1;
  }
}

/// All rows over all blocks. keys_of and values_of give a block's elements, widened into the scratch if need be.
template <class Keys, class Values, class KeysOf, class ValuesOf>
void attend_blocks(const AttentionTask& t, KeysOf keys_of, ValuesOf values_of) {
  const State s(t);
  std::size_t first = t.first[0];
  std::size_t end = t.end[0];
  for (std::size_t i = 0; i < t.rows; ++i) {
    first = t.first[i] < first ? t.first[i] : first;
    end = t.end[i] > end ? t.end[i] : end;
    __builtin_memcpy(s.queries + i * t.key_dim, t.queries[i], t.key_dim * sizeof(float));
    __builtin_memset(s.sums + i * s.width, 0, s.width * sizeof(float));
    s.most[i] = t.sinks != nullptr ? t.sinks[i] : -__builtin_inff();
    s.total[i] = t.sinks != nullptr ? 1.0f : 0.0f;
  }
  const std::size_t last = (end + positions - 1) / positions;
  for (std::size_t b = first / positions; b < last; ++b) {
    const auto* keys = keys_of(s, b);
    const auto* values = values_of(s, b);
    // While the keys are read the values are fetched, and then the next block's keys.
    const std::byte* next = b + 1 < last ? t.keys[b + 1] : t.keys[b];
    const std::byte* stored = t.values != nullptr ? t.values[b] : t.keys[b];
    each_run(t, b, [&](std::size_t row, std::size_t m) {
      attend_rows<Keys, Values>(t, s, row, m, b,
                                {keys, stored, positions, nullptr, t.key_dim, nullptr, positions, false},
                                {values, next, s.width, nullptr, positions, nullptr, s.width, true});
    });
  }
  for (std::size_t i = 0; i < t.rows; ++i) {
    const F32x16 total = broadcast(s.total[i]);
    for (std::size_t d = 0; d < t.value_dim; d += 16) {
      const F32x16 r = divide(load(s.sums + i * s.width + d), total);
      const std::size_t n = t.value_dim - d;
      n < 16 ? store_partial(t.out[i] + d, r, n) : store(t.out[i] + d, r);
    }
  }
}

template <class From>
float* widen_values(const State& s, const typename From::Element* values, std::size_t value_dim) {
  for (std::size_t p = 0; p < positions; ++p, values += value_dim) {
    typename From::Element padded_row[16] = {};
    for (std::size_t d = 0; d < s.width; d += 16) {
      const bool tail = d + 16 > value_dim;
      if (tail) __builtin_memcpy(padded_row, values + d, (value_dim - d) * sizeof(*values));
      store(s.wide_values + p * s.width + d, From::load16(tail ? padded_row : values + d));
    }
  }
  return s.wide_values;
}

/// Four rows of four floats as four columns.
inline void transpose4(const float* in, std::size_t in_stride, float* out, std::size_t out_stride) {
  using F32x4 = float __attribute__((vector_size(16)));
  F32x4 row[4];
  for (int i = 0; i < 4; ++i) __builtin_memcpy(&row[i], in + std::size_t(i) * in_stride, 16);
  const F32x4 a = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
  const F32x4 b = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
  const F32x4 c = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
  const F32x4 d = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
  const F32x4 column[4] = {__builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7),
                           __builtin_shufflevector(c, d, 0, 1, 4, 5), __builtin_shufflevector(c, d, 2, 3, 6, 7)};
  for (int i = 0; i < 4; ++i) __builtin_memcpy(out + std::size_t(i) * out_stride, &column[i], 16);
}

/// The values of a block whose keys begin with them: [dim][64] to [64][width].
template <class From>
float* values_of_keys(const State& s, const typename From::Element* keys, std::size_t value_dim) {
  for (std::size_t p = 0; p < positions; p += 16) {  // few lines at a time: they lie far apart
    for (std::size_t d = 0; d < s.width; d += 4) {
      float part[4][16];
      for (std::size_t i = 0; i < 4; ++i) {
        store(part[i], d + i < value_dim ? From::load16(keys + (d + i) * positions + p) : zero());
      }
      for (std::size_t i = 0; i < 16; i += 4)
        transpose4(part[0] + i, 16, s.wide_values + (p + i) * s.width + d, s.width);
    }
  }
  return s.wide_values;
}

template <class From>
void attend_floats(const AttentionTask& t) {
  const auto elements = [](const std::byte* block) { return reinterpret_cast<const typename From::Element*>(block); };
  const auto keys = [&](const State&, std::size_t b) { return elements(t.keys[b]); };
  if (t.values == nullptr) {
    attend_blocks<From, FromFloat>(t, keys, [&](const State& s, std::size_t b) {
      return values_of_keys<From>(s, elements(t.keys[b]), t.value_dim);
    });
  } else if (t.value_dim % 16 == 0) {
    attend_blocks<From, From>(t, keys, [&](const State&, std::size_t b) { return elements(t.values[b]); });
  } else {
    attend_blocks<From, FromFloat>(t, keys, [&](const State& s, std::size_t b) {
      return widen_values<From>(s, elements(t.values[b]), t.value_dim);
    });
  }
}

/// The float16 scales of a Q8_0 block: after its int8 elements.
inline const std::uint16_t* scales_of(const std::byte* block, std::size_t dim) {
  return reinterpret_cast<const std::uint16_t*>(block + positions * dim);
}

void attend_q8(const AttentionTask& t) {
  const std::size_t key_dim = t.key_dim;
  const std::size_t value_dim = t.value_dim;
  const auto int8 = [](const std::byte* block) { return reinterpret_cast<const std::int8_t*>(block); };
  const auto keys = [&](const State& s, std::size_t b) {
    for (std::size_t i = 0; i < positions * key_dim; i += 32 * positions) {  // 32 dimensions
      for (std::size_t v = 0; v < positions; v += 16) {
        const F32x16 scale = load_half(scales_of(t.keys[b], key_dim) + i / 32 + v);
        const std::int8_t* from = int8(t.keys[b]) + i + v;
        float* to = s.wide_keys + i + v;
        for (std::size_t d = 0; d < 32 * positions; d += positions) store(to + d, multiply(load_int8(from + d), scale));
      }
    }
    return s.wide_keys;
  };
  const auto values = [&](const State& s, std::size_t b) {
    for (std::size_t i = 0; i < positions * value_dim; i += 32) {
      const F32x16 scale = broadcast(half_to_float(scales_of(t.values[b], value_dim)[i / 32]));
      store(s.wide_values + i, multiply(load_int8(int8(t.values[b]) + i), scale));
      store(s.wide_values + i + 16, multiply(load_int8(int8(t.values[b]) + i + 16), scale));
    }
    return s.wide_values;
  };
  if (t.values == nullptr) {
    attend_blocks<FromFloat, FromFloat>(
        t, keys, [&](const State& s, std::size_t) { return values_of_keys<FromFloat>(s, s.wide_keys, t.value_dim); });
    return;
  }
  attend_blocks<FromFloat, FromFloat>(t, keys, values);
}

void attend(const AttentionTask& task) noexcept {
  switch (task.type) {
    case CacheType::f32: return attend_floats<FromFloat>(task);
    case CacheType::f16: return attend_floats<FromHalf>(task);
    case CacheType::bf16: return attend_floats<FromBfloat>(task);
    case CacheType::q8_0: return attend_q8(task);
  }
}

/// 32 values as float16 scale and int8; a NaN or infinity makes the scale NaN, and so every value read back.
std::uint16_t quantise(const float* x, std::int8_t* q) {
  float most = 0.0f;
  bool finite = true;
  for (int i = 0; i < 32; ++i) {
    const float a = float_of(bits_of(x[i]) & 0x7FFFFFFFu);
    finite = finite && a < __builtin_inff();
    most = a > most ? a : most;
  }
  std::uint16_t scale = finite ? float_to_half(most / 127.0f) : std::uint16_t(0x7E00);
  if (half_to_float(scale) * 127.5f <= most) ++scale;  // rounded far down among the subnormals
  const float step = half_to_float(scale);
  const bool usable = step > 0.0f && step < __builtin_inff();
  for (int i = 0; i < 32; ++i) q[i] = std::int8_t(usable ? int(x[i] / step + 12582912.0f - 12582912.0f) : 0);
  return scale;
}

/// Where one position of one kv head is stored.
struct Slot {
  std::size_t key_dim;
  std::size_t value_dim;
  std::size_t slot;
  std::byte* keys;
  std::byte* values;
};

template <class Element, class Convert>
void put(const float* key, const float* value, const Slot& to, Convert convert) {
  auto* keys = reinterpret_cast<Element*>(to.keys) + to.slot;
  auto* values = reinterpret_cast<Element*>(to.values) + to.slot * to.value_dim;
  for (std::size_t d = 0; d < to.key_dim; ++d) keys[d * positions] = convert(key[d]);
  for (std::size_t d = 0; d < to.value_dim; ++d) values[d] = convert(value[d]);
}

void put_q8(const float* key, const float* value, const Slot& to) {
  auto* key_scales = reinterpret_cast<std::uint16_t*>(to.keys + positions * to.key_dim);
  for (std::size_t g = 0; g < to.key_dim / 32; ++g) {
    std::int8_t q[32];
    key_scales[g * positions + to.slot] = quantise(key + g * 32, q);
    for (std::size_t i = 0; i < 32; ++i) to.keys[(g * 32 + i) * positions + to.slot] = std::byte(q[i]);
  }
  const std::size_t groups = to.value_dim / 32;
  auto* value_scales = reinterpret_cast<std::uint16_t*>(to.values + positions * to.value_dim);
  for (std::size_t g = 0; g < groups; ++g) {
    std::int8_t q[32];
    value_scales[to.slot * groups + g] = quantise(value + g * 32, q);
    __builtin_memcpy(to.values + to.slot * to.value_dim + g * 32, q, 32);
  }
}

void store_position(const float* key, const float* value, std::size_t key_dim, std::size_t value_dim, std::size_t slot,
                    CacheType type, std::byte* key_block, std::byte* value_block) noexcept {
  const Slot to{key_dim, value_dim, slot, key_block, value_block};
  switch (type) {
    case CacheType::f32: return put<float>(key, value, to, [](float x) { return x; });
    case CacheType::f16: return put<std::uint16_t>(key, value, to, float_to_half);
    case CacheType::bf16: return put<std::uint16_t>(key, value, to, float_to_bfloat);
    case CacheType::q8_0: return put_q8(key, value, to);
  }
}

}  // namespace attention_bodies
}  // namespace

extern const AttentionKernels attention;
const AttentionKernels attention{attention_bodies::attend, attention_bodies::store_position};

}  // namespace ondol::ISA
