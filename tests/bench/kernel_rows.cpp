// Speed of what is done to rows between the products: norms, SwiGLU, rotary embedding, conversions.
//   kernel_rows [isa=...] [width=576,1536,8192]
// One thread; one line a kernel: nanoseconds a row, and GB/s that it reads and writes in the nearest cache.
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "kernels/elementwise.hpp"
#include "kernels/kernels.hpp"
#include "timing.hpp"

using namespace ondol;

int main(int count, char** arguments) {
  std::string isas, widths = "576,1536,8192";
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument.starts_with("isa=")) {
      isas = argument.substr(4);
    } else if (argument.starts_with("width=")) {
      widths = argument.substr(6);
    } else {
      std::fprintf(stderr, "unknown argument %s\n", arguments[i]);
      return 2;
    }
  }
  const auto wanted = bench::split(isas);
  for (const Isa isa : available_isas()) {
    if (!wanted.empty() && std::ranges::find(wanted, isa_name(isa)) == wanted.end()) continue;
    const ElementwiseKernels& k = *kernels(isa).elementwise;
    for (const std::string& text : bench::split(widths)) {
      const std::size_t n = std::strtoul(text.c_str(), nullptr, 10) / 2 * 2;
      std::vector<float> x(n, 0.5F), y(n, 1.0F), out(n);
      std::vector<std::uint16_t> half(n, 0x3800);
      // Some change their input: the values settle at 0 or 1 and stay ordinary numbers.
      struct Row {
        const char* name;
        std::size_t bytes;  ///< of each element
        std::function<void()> run;
      };
      const Row rows[] = {
          {"rms_norm", 12, [&] { k.rms_norm(x.data(), y.data(), 1e-5F, n, out.data()); }},
          {"layer_norm", 16, [&] { k.layer_norm(x.data(), y.data(), y.data(), 1e-5F, n, out.data()); }},
          {"add", 12, [&] { k.add(out.data(), x.data(), n); }},
          {"silu_multiply", 12, [&] { k.silu_multiply(x.data(), y.data(), n); }},
          {"gelu_tanh", 8, [&] { k.activate(Activation::gelu_tanh, x.data(), n); }},
          {"rotate_halves", 12, [&] { k.rotate_halves(out.data(), y.data(), y.data(), n / 2); }},
          {"maximum", 4, [&] { k.maximum(x.data(), n); }},
          {"sum_exp", 4, [&] { k.sum_exp(x.data(), 1.0F, n); }},
          {"to_half", 6, [&] { k.to_half(x.data(), half.data(), n); }},
          {"from_half", 6, [&] { k.from_half(half.data(), x.data(), n); }},
      };
      for (const Row& row : rows) {
        std::ranges::fill(x, 0.5F);
        std::ranges::fill(out, 0.0F);
        const double time = bench::fastest(row.run);
        std::printf("%-10s %-14s %6zu: %9.1f ns %7.1f GB/s\n", std::string(isa_name(isa)).c_str(), row.name, n,
                    time * 1e9, static_cast<double>(row.bytes * n) / time * 1e-9);
      }
    }
  }
}
