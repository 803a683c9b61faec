// Speed of attention over a cache beside the machine's limits, which are measured in the same run.
//   kernel_attention [isa=...] [type=f16,bf16,f32,q8_0] [threads=1,2] [positions=512,4096] [rows=4,64] [dim=64]
// Each thread has kv heads of its own, 16 in all, `rows` queries share one: a decode has as many as heads share a kv
// head, a prefill up to 64. One line a case: GMAC/s and the share of the float peak, GB/s of keys and values and the
// share of what DRAM gives.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

#include "kernels/attention.hpp"
#include "kernels/kernels.hpp"
#include "timing.hpp"

using namespace ondol;

namespace {

constexpr std::size_t kv_heads = 16;
const std::map<std::string, CacheType> types = {
    {"f32", CacheType::f32}, {"f16", CacheType::f16}, {"bf16", CacheType::bf16}, {"q8_0", CacheType::q8_0}};

/// One kv head's keys and values, and the queries that read them.
class Head {
 public:
  Head(const AttentionKernels& kernels, CacheType type, std::size_t positions, std::size_t rows, std::size_t dim)
      : block_bytes_(cache_head_bytes(type, dim)),
        blocks_((positions + cache_block - 1) / cache_block),
        memory_(2 * blocks_ * block_bytes_),
        floats_(2 * rows * dim, 0.5F),
        scratch_(attention_scratch(rows, dim, dim)),
        first_(rows, 0),
        end_(rows, static_cast<std::uint32_t>(positions)) {
    std::vector<float> key(dim), value(dim);
    for (std::size_t p = 0; p < positions; ++p) {
      for (std::size_t i = 0; i < dim; ++i) {
        key[i] = static_cast<float>((p * 31 + i * 17) % 64) / 64 - 0.5F;
        value[i] = static_cast<float>((p * 13 + i * 29) % 64) / 64 - 0.5F;
      }
      std::byte* const block = memory_.data() + 2 * (p / cache_block) * block_bytes_;
      kernels.store(key.data(), value.data(), dim, dim, p % cache_block, type, block, block + block_bytes_);
    }
    for (std::size_t b = 0; b < blocks_; ++b) {
      keys_.push_back(memory_.data() + 2 * b * block_bytes_);
      values_.push_back(keys_.back() + block_bytes_);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      queries_.push_back(floats_.data() + r * dim);
      out_.push_back(floats_.data() + (rows + r) * dim);
    }
    task_ = {.queries = queries_.data(),
             .out = out_.data(),
             .first = first_.data(),
             .end = end_.data(),
             .rows = rows,
             .keys = keys_.data(),
             .values = values_.data(),
             .key_dim = dim,
             .value_dim = dim,
             .scale = 0.125F,
             .type = type,
             .scratch = scratch_.data()};
  }
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;
  ~Head() = default;

  [[nodiscard]] const AttentionTask& task() const { return task_; }
  [[nodiscard]] std::size_t bytes() const { return memory_.size(); }

 private:
  std::size_t block_bytes_, blocks_;
  std::vector<std::byte> memory_;
  std::vector<float> floats_, scratch_;
  std::vector<std::uint32_t> first_, end_;
  std::vector<const std::byte*> keys_, values_;
  std::vector<const float*> queries_;
  std::vector<float*> out_;
  AttentionTask task_{};
};

void measure(Isa isa, const std::string& type, ThreadPool& pool, std::size_t positions, std::size_t rows,
             std::size_t dim, double most, double read) {
  const AttentionKernels& kernels = *ondol::kernels(isa).attention;
  std::vector<std::unique_ptr<Head>> heads;
  for (std::size_t i = 0; i < kv_heads; ++i)
    heads.push_back(std::make_unique<Head>(kernels, types.at(type), positions, rows, dim));
  const double time =
      bench::fastest([&] { pool.parallel_for(kv_heads, [&](std::size_t i) { kernels.attend(heads[i]->task()); }); });
  const double gmacs = static_cast<double>(kv_heads * rows * positions * 2 * dim) / time * 1e-9;
  const double gbs = static_cast<double>(kv_heads * heads[0]->bytes()) / time * 1e-9;
  std::printf(
      "%-10s %-5s threads %d, %5zu positions, %2zu rows, %3zu wide: %6.1f GMAC/s (%.0f %%), %6.1f GB/s (%.0f %%)\n",
      std::string(isa_name(isa)).c_str(), type.c_str(), pool.threads(), positions, rows, dim, gmacs,
      most > 0 ? 100 * gmacs / most : 0.0, gbs, 100 * gbs / read);
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  std::map<std::string, std::string> chosen = {{"isa", ""},        {"type", "f16,q8_0"},
                                               {"threads", "1,2"}, {"positions", "512,4096"},
                                               {"rows", "4,64"},   {"dim", "64"}};
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto equals = argument.find('=');
    if (equals == std::string::npos || !chosen.contains(argument.substr(0, equals))) {
      std::fprintf(stderr, "unknown argument %s\n", arguments[i]);
      return 2;
    }
    chosen[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  const auto numbers = [&chosen](const char* name) {
    std::vector<std::size_t> values;
    for (const std::string& part : bench::split(chosen[name]))
      values.push_back(std::strtoul(part.c_str(), nullptr, 10));
    return values;
  };
  const auto isas = bench::split(chosen["isa"]);
  for (const std::size_t threads : numbers("threads")) {
    const double read = bench::read_bandwidth(static_cast<int>(threads), std::size_t{1} << 29);
    for (const Isa isa : available_isas()) {
      if (isas.empty() ? isa == Isa::base : std::ranges::find(isas, isa_name(isa)) == isas.end()) continue;
      const double most = bench::peak(isa_name(isa), false, static_cast<int>(threads));
      ThreadPool pool(static_cast<int>(threads));
      const ThreadPool::Active active(pool);
      for (const std::string& type : bench::split(chosen["type"])) {
        if (!types.contains(type)) {
          std::fprintf(stderr, "unknown type %s\n", type.c_str());
          return 2;
        }
        for (const std::size_t positions : numbers("positions"))
          for (const std::size_t rows : numbers("rows"))
            for (const std::size_t dim : numbers("dim")) measure(isa, type, pool, positions, rows, dim, most, read);
      }
    }
  }
}
