#include "kernels/onednn/wide_product.hpp"

#include <dnnl.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>

// The runtime that an OpenMP build of oneDNN brings along; absent with any other build.
extern "C" {
int omp_get_max_threads() __attribute__((weak));
void omp_set_num_threads(int) __attribute__((weak));
}

namespace ondol::onednn {
namespace {

using floats::chunk;
using floats::panel;
using floats::slice;
using floats::wide_rows;

bool has_omp() noexcept { return omp_get_max_threads && omp_set_num_threads; }

/// A team of one for the calling thread while it lives; the host's own setting comes back.
class OneThread {
 public:
  OneThread() noexcept : before_(has_omp() ? omp_get_max_threads() : 1) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

bool call(const float* x, std::size_t x_stride, const float* w, std::size_t k, float* out, std::size_t stride,
          bool add) noexcept {
  const OneThread alone;
  return dnnl_sgemm('N', 'N', dnnl_dim_t(wide_rows), dnnl_dim_t(slice), dnnl_dim_t(k), 1.0f, x, dnnl_dim_t(x_stride), w,
                    dnnl_dim_t(slice), add ? 1.0f : 0.0f, out, dnnl_dim_t(stride)) == dnnl_success;
}

/// Values of both signs and many magnitudes, and zeros of both signs, so that another order would show.
float sample(std::uint32_t& state) noexcept {
  state = state * 1664525u + 1013904223u;
  if (state >> 28 == 0) return (state >> 27 & 1) != 0 ? -0.0f : 0.0f;
  return std::ldexp(static_cast<float>(static_cast<std::int32_t>(state)), -31 - static_cast<int>(state >> 4 & 7));
}

bool sums_in_our_order(std::size_t k, const FloatKernels& bodies) {
  struct Case {
    float x[wide_rows * chunk], panels[chunk * slice], w[chunk * slice];
    float expected[wide_rows * slice], out[wide_rows * slice];
  };
  const std::unique_ptr<Case> c(new (std::nothrow) Case);
  if (!c) return false;
  std::uint32_t state = 1;
  for (float& v : c->x) v = sample(state);
  for (std::size_t i = 0; i < k * slice; ++i) {
    const std::size_t j = i % slice;
    c->w[i] = c->panels[(j / panel * k + i / slice) * panel + j % panel] = sample(state);
  }
  bodies.multiply[0]({.panels = reinterpret_cast<const std::byte*>(c->panels),
                      .columns = k,
                      .outputs = slice,
                      .x = c->x,
                      .x_stride = chunk,
                      .rows = wide_rows,
                      .bias = nullptr,
                      .out = c->expected,
                      .stride = slice,
                      .scratch = nullptr,
                      .wide = nullptr});
  if (!call(c->x, chunk, c->w, k, c->out, slice, false)) return false;
  if (std::memcmp(c->out, c->expected, sizeof c->out) != 0) return false;
  for (std::size_t i = 0; i < wide_rows * slice; ++i) c->expected[i] = (c->out[i] = sample(state)) + c->expected[i];
  return call(c->x, chunk, c->w, k, c->out, slice, true) && std::memcmp(c->out, c->expected, sizeof c->out) == 0;
}

/// The verdict on chunks of k columns. Found twice by two threads at a time, it is the same.
bool trusted(std::size_t k, const FloatKernels& bodies) noexcept {
  enum : std::uint8_t { unknown, yes, no };
  static std::array<std::atomic<std::uint8_t>, chunk + 1> verdicts{};
  std::uint8_t verdict = verdicts[k].load(std::memory_order_relaxed);
  if (verdict == unknown) {
    verdict = sums_in_our_order(k, bodies) ? yes : no;
    verdicts[k].store(verdict, std::memory_order_relaxed);
  }
  return verdict == yes;
}

}  // namespace

bool one_thread_a_call() noexcept {
  const unsigned runtime = dnnl_version()->cpu_runtime;
  return runtime == DNNL_RUNTIME_SEQ || (runtime == DNNL_RUNTIME_OMP && has_omp());
}

floats::WideProduct wide_product(std::size_t columns, const FloatKernels& bodies) noexcept {
  const std::size_t tail = columns % chunk;
  if ((columns >= chunk && !trusted(chunk, bodies)) || (tail != 0 && !trusted(tail, bodies))) return nullptr;
  return [](const float* x, std::size_t x_stride, const float* w, std::size_t k, float* out, std::size_t stride,
            bool add) { call(x, x_stride, w, k, out, stride, add); };
}

}  // namespace ondol::onednn
