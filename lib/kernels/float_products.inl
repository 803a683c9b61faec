// Bodies of kernels/float_products.hpp.
#include "kernels/float_products.hpp"
#include "kernels/simd/elements.inl"

namespace ondol::ISA {
namespace {
namespace float_bodies {

/// One chunk of columns of some panels: element (p, k, lane) is at weights[p * panel_stride + k * 16 + lane].
template <class From>
struct Chunk {
  const typename From::Element* weights;
  std::size_t panel_stride;
  std::size_t columns;
  bool add;           // to what `out` holds
  const float* bias;  // of the slice, with the last chunk
};

struct Rows {
  const float* x;  // at the chunk's first column
  std::size_t x_stride;
  float* out;
  std::size_t stride;

  Rows at(std::size_t i) const { return {x + i * x_stride, x_stride, out + i * stride, stride}; }
};

/// Elements to prefetch ahead: the hardware alone reaches half of the memory's speed with a single stream.
template <class From>
constexpr std::size_t ahead = 3072 / sizeof(typename From::Element);

template <int M, int P, class From>
[[gnu::noinline]] void tile(const Chunk<From>& chunk, Rows rows, std::size_t first_panel, std::size_t outputs) {
  F32x16 sum[M][P];
  for (auto& row : sum) {
    for (F32x16& s : row) s = zero();
  }
  const auto* w = chunk.weights + first_panel * chunk.panel_stride;
  const float* x = rows.x;
  for (std::size_t k = 0; k < chunk.columns; ++k, w += 16, ++x) {
    F32x16 weight[P];
    for (int p = 0; p < P; ++p) {
      __builtin_prefetch(w + p * chunk.panel_stride + ahead<From>);
      weight[p] = From::load16(w + p * chunk.panel_stride);
    }
    for (int m = 0; m < M; ++m) {
      const F32x16 value = broadcast(x[m * rows.x_stride]);
      for (int p = 0; p < P; ++p) sum[m][p] = multiply_add(value, weight[p], sum[m][p]);
    }
  }
  for (int m = 0; m < M; ++m) {
    for (int p = 0; p < P; ++p) {
      const std::size_t begin = (first_panel + p) * 16;
      const std::size_t n = outputs - begin;
      float* out = rows.out + m * rows.stride + begin;
      F32x16 r = sum[m][p];
      if (chunk.add) r = add(n < 16 ? load_partial(out, n) : load(out), r);
      if (chunk.bias) r = add(r, n < 16 ? load_partial(chunk.bias + begin, n) : load(chunk.bias + begin));
      n < 16 ? store_partial(out, r, n) : store(out, r);
    }
  }
}

constexpr int panels_of_tile(int rows) {
  for (int p : {6, 3, 2}) {
    if (tile_fits(rows, p)) return p;
  }
  return 1;
}

/// M rows, at most tile_rows, times all panels of the slice.
template <int M, class From>
void tiles_of(std::size_t m, const Chunk<From>& chunk, const Rows& rows, std::size_t outputs) {
  if constexpr (M > 1) {
    if (m < std::size_t(M)) return tiles_of<M - 1>(m, chunk, rows, outputs);
  }
  constexpr int P = panels_of_tile(M);
  const std::size_t panels = (outputs + 15) / 16;
  std::size_t p = 0;
  for (; p + P <= panels; p += P) tile<M, P>(chunk, rows, p, outputs);
  for (; p < panels; ++p) tile<M, 1>(chunk, rows, p, outputs);
}

template <class From>
void tiles(std::size_t m, const Chunk<From>& chunk, Rows rows, std::size_t outputs) {
  for (; m > 0;) {
    const std::size_t now = m < std::size_t(tile_rows) ? m : std::size_t(tile_rows);
    tiles_of<tile_rows>(now, chunk, rows, outputs);
    rows = rows.at(now);
    m -= now;
  }
}

/// The wide product takes a dense float matrix: widened once for all its rows.
template <class From>
void widen(const Chunk<From>& chunk, float* out) {
  for (std::size_t p = 0; p < floats::slice_panels; ++p) {
    const auto* from = chunk.weights + p * chunk.panel_stride;
    for (std::size_t k = 0; k < chunk.columns; ++k) {
      __builtin_prefetch(from + k * 16 + ahead<From>);
      store(out + k * floats::slice + p * 16, From::load16(from + k * 16));
    }
  }
}

template <class From>
void multiply_slice(const FloatTask& t) noexcept {
  const bool wide = t.wide && t.outputs == floats::slice;
  const std::size_t wide_rows = wide ? t.rows / floats::wide_rows * floats::wide_rows : 0;
  for (std::size_t k0 = 0; k0 < t.columns; k0 += floats::chunk) {
    const bool last = t.columns - k0 <= floats::chunk;
    const std::size_t columns = last ? t.columns - k0 : floats::chunk;
    const auto* weights = reinterpret_cast<const typename From::Element*>(t.panels) + k0 * 16;
    const Chunk<From> chunk{weights, t.columns * 16, columns, k0 > 0, last ? t.bias : nullptr};
    const Rows rows{t.x + k0, t.x_stride, t.out, t.stride};
    if (wide_rows > 0) {
      widen(chunk, t.scratch);
      for (std::size_t i = 0; i < wide_rows; i += floats::wide_rows) {
        t.wide(rows.at(i).x, t.x_stride, t.scratch, columns, rows.at(i).out, t.stride, chunk.add);
      }
    }
    for (std::size_t i = 0; chunk.bias && i < wide_rows; ++i) {
      float* out = rows.at(i).out;
      for (std::size_t j = 0; j < floats::slice; j += 16) store(out + j, add(load(out + j), load(t.bias + j)));
    }
    tiles(t.rows - wide_rows, chunk, rows.at(wide_rows), t.outputs);
  }
}

}  // namespace float_bodies
}  // namespace

extern const FloatKernels float_products;
const FloatKernels float_products{{float_bodies::multiply_slice<FromFloat>, float_bodies::multiply_slice<FromHalf>,
                                   float_bodies::multiply_slice<FromBfloat>}};

}  // namespace ondol::ISA
