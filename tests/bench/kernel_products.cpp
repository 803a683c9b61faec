// Speed of the products of weights of every type beside the machine's limits, which are measured in the same run.
//   kernel_products [isa=...] [format=...] [threads=...] [rows=1,8,512] [shape=576x1536,...] [rounding=fine]
//     [json=FILE]
// One line a product: GMAC/s, GB/s of packed weights, and the fastest of some runs of at least a millisecond.
// tests/bench/roofline.py makes a table and a picture of them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/half.hpp"
#include "kernels/matmul.hpp"
#include "timing.hpp"

using namespace ondol;
using bench::fastest, bench::peak, bench::seconds, bench::split;

namespace {

/// One product: `rows` rows of activations with outputs x columns weights.
struct Figure {
  int threads;
  std::string isa, format;
  std::size_t outputs, columns, rows;
  double seconds;
  std::uint64_t weight_bytes;  ///< packed
  double pack_seconds;

  [[nodiscard]] double gmacs() const {
    return static_cast<double>(rows) * static_cast<double>(outputs * columns) / seconds * 1e-9;
  }
  [[nodiscard]] double gbs() const { return static_cast<double>(weight_bytes) / seconds * 1e-9; }
};

void write_json(const std::string& path, const std::vector<Figure>& figures) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (!file) {
    std::perror(path.c_str());
    std::exit(1);
  }
  const char* comma = "[";
  for (const Figure& f : figures) {
    std::fprintf(file,
                 "%s{\"threads\": %d, \"isa\": \"%s\", \"format\": \"%s\", \"outputs\": %zu, \"columns\": %zu, "
                 "\"rows\": %zu, \"seconds\": %.9f, \"gmacs\": %.3f, \"weight_bytes\": %llu, \"gbs\": %.3f, "
                 "\"pack_seconds\": %.6f}",
                 comma, f.threads, f.isa.c_str(), f.format.c_str(), f.outputs, f.columns, f.rows, f.seconds, f.gmacs(),
                 static_cast<unsigned long long>(f.weight_bytes), f.gbs(), f.pack_seconds);
    comma = ",\n ";
  }
  std::fprintf(file, "%s]\n", figures.empty() ? "[" : "");
  std::fclose(file);
}

bool listed(const std::string& list, std::string_view name) {
  const auto parts = split(list);
  return parts.empty() || std::ranges::find(parts, name) != parts.end();
}

}  // namespace

int main(int count, char** arguments) {
  std::string isas, formats_wanted = "Q4_1,Q4_0,Q5_0,Q5_1,Q8_0,Q2_K,Q3_K,Q4_K,Q5_K,Q6_K,IQ4_NL,IQ4_XS,F16,BF16,F32",
                    rows_wanted = "1,8,512", json;
  std::string shapes = "1536x576,576x1536,8192x2048", threads_wanted = "1,2", rounding_wanted = "coarse";
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    std::string* const target = name == "isa"        ? &isas
                                : name == "format"   ? &formats_wanted
                                : name == "rows"     ? &rows_wanted
                                : name == "shape"    ? &shapes
                                : name == "threads"  ? &threads_wanted
                                : name == "rounding" ? &rounding_wanted
                                : name == "json"     ? &json
                                                     : nullptr;
    if (!target || equals == std::string::npos) {
      std::fprintf(stderr, "unknown argument %s\n", arguments[i]);
      return 2;
    }
    *target = argument.substr(equals + 1);
  }
  const Rounding rounding = rounding_wanted == "fine" ? Rounding::fine : Rounding::coarse;
  std::vector<Figure> figures;
  for (const std::string& threads_text : split(threads_wanted)) {
    const int threads = std::max(1, std::atoi(threads_text.c_str()));
    std::printf("threads %d: memory read %.1f GB/s\n", threads, bench::read_bandwidth(threads, std::size_t{1} << 29));
    for (Isa isa : available_isas()) {
      if (!listed(isas, isa_name(isa)) || (isas.empty() && isa == Isa::base)) continue;
      const std::string isa_text(isa_name(isa));
      std::printf("threads %d, %s: at most %.0f integer, %.0f float GMAC/s\n", threads, isa_text.c_str(),
                  peak(isa_text, true, threads), peak(isa_text, false, threads));
      ThreadPool pool(threads);
      const ThreadPool::Active active(pool);
      for (const std::string& name : split(formats_wanted)) {
        const Format* const found = find_format(name);
        if (!found) {
          std::fprintf(stderr, "unknown format %s\n", name.c_str());
          return 2;
        }
        const Format& format = *found;
        for (const std::string& shape : split(shapes)) {
          const std::size_t outputs = std::strtoul(shape.c_str(), nullptr, 10);
          const std::size_t columns = std::strtoul(shape.c_str() + shape.find('x') + 1, nullptr, 10);
          if (columns % format.weights) continue;
          const auto memory = std::make_shared<MemoryAccount>(0, Allocator{});
          Arena arena(memory);
          Compute compute{pool, kernels(isa), arena};
          std::vector<std::byte> bytes(outputs * columns / format.weights * format.bytes, std::byte{0x11});
          double pack = seconds();
          const PackedMatrix w({&format, outputs, columns, bytes}, Precision::fast, compute, memory);
          pack = seconds() - pack;
          std::printf("%-10s %-6s %4zux%-4zu", isa_text.c_str(), name.c_str(), outputs, columns);
          for (const std::string& rows_text : split(rows_wanted)) {
            const std::size_t rows = std::strtoul(rows_text.c_str(), nullptr, 10);
            std::vector<float> x(rows * columns), out(rows * outputs);
            for (std::size_t i = 0; i < x.size(); ++i)
              x[i] = static_cast<float>(static_cast<int>(i * 2654435761u >> 8 & 255) - 128);
            const double time = fastest([&] {
              const Arena::Scope scope(arena);
              Activations activations(x.data(), rows, columns, columns, rounding);
              multiply(w, activations, nullptr, out.data(), outputs, compute);
            });
            const Figure& f =
                figures.emplace_back(threads, isa_text, name, outputs, columns, rows, time, w.bytes(), pack);
            std::printf(" | M=%zu %.1f GMAC/s", rows, f.gmacs());
            if (rows == 1) std::printf(" %.1f GB/s", f.gbs());
          }
          std::printf(" | pack %.1f GB/s\n", static_cast<double>(bytes.size()) / pack * 1e-9);
          std::fflush(stdout);
        }
      }
    }
  }
  if (!json.empty()) write_json(json, figures);
}
