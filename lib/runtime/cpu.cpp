#include "runtime/cpu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/fail.hpp"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace ondol {
namespace {

struct Row {
  Isa isa;
  std::string_view name;
  bool (*available)();
};

#if defined(__x86_64__)
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") &&
         __builtin_cpu_supports("bmi2");
}
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

constexpr Row rows[] = {
    {Isa::base, "base", [] { return true; }},
#if defined(__x86_64__)
    {Isa::avx2, "avx2", has_avx2},
    {Isa::avxvnni, "avxvnni", [] { return has_avx2() && __builtin_cpu_supports("avxvnni"); }},
    {Isa::avx512, "avx512", has_avx512},
    {Isa::avx512vnni, "avx512vnni", [] { return has_avx512() && __builtin_cpu_supports("avx512vnni"); }},
#elif defined(__aarch64__)
    {Isa::neon, "neon",
     [] {
       constexpr unsigned long needed = HWCAP_ASIMD | HWCAP_ASIMDDP | HWCAP_FPHP | HWCAP_ASIMDHP;
       return (getauxval(AT_HWCAP) & needed) == needed;
     }},
#endif
};

}  // namespace

std::string_view isa_name(Isa isa) noexcept {
  for (const Row& row : rows) {
    if (row.isa == isa) return row.name;
  }
  return "unknown";
}

std::span<const Isa> available_isas() noexcept {
  static const std::vector<Isa> isas = [] {
    std::vector<Isa> found;
    for (const Row& row : rows) {
      if (row.available()) found.push_back(row.isa);
    }
    return found;
  }();
  return isas;
}

Isa choose_isa(std::string_view name) {
  if (name.empty()) {
    if (const char* forced = std::getenv("ONDOL_ISA")) name = forced;
  }
  const auto available = available_isas();
  if (name.empty()) return available.back();
  std::string known;
  for (const Row& row : rows) {
    if (row.name == name) {
      if (std::ranges::find(available, row.isa) == available.end()) {
        fail(Status::invalid_argument, fmt::format("isa: this CPU cannot run {}", name));
      }
      return row.isa;
    }
    known += fmt::format("{}{}", known.empty() ? "" : ", ", row.name);
  }
  fail(Status::invalid_argument, fmt::format("isa: unknown '{}', expected one of {}", name, known));
}

}  // namespace ondol
