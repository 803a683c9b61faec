#include "models/registry.hpp"

#include <fmt/format.h>

#include <string>

#include "base/fail.hpp"

namespace ondol {
namespace {

// A table, not objects that register themselves: a linker drops those from a static library.
const Family table[] = {
    {"llama", llama, gguf_names},  // Llama 1 .. 3.x, Mistral, SmolLM2
    {"qwen2", qwen2, gguf_names},
};

}  // namespace

std::span<const Family> families() noexcept { return table; }

const Family& find_family(const Config& config) {
  std::string known;
  for (const Family& family : table) {
    if (family.architecture == config.architecture()) return family;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", family.architecture);
  }
  fail(Status::unsupported, fmt::format("{}: general.architecture is '{}'; this version runs {}",
                                        config.source().path(), config.architecture(), known));
}

}  // namespace ondol
