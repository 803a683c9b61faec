#include "models/quantised_copy.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "base/fail.hpp"
#include "base/hash.hpp"
#include "models/opened.hpp"
#include "ondol/convert.hpp"

namespace ondol {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t version = 1;  // of what is written; counts up when copies of before are no longer good

/// A folder of the user's, as the XDG base directory specification has it.
fs::path default_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value ? value : "");
  };
  if (const fs::path own = variable("ONDOL_CACHE"); !own.empty()) return own;
  if (const fs::path cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache / "ondol";
  if (const fs::path home = variable("HOME"); !home.empty()) return home / ".cache" / "ondol";
  fail(Status::invalid_argument,
       "quantize: there is no folder for the result: set quantize_folder, ONDOL_CACHE, XDG_CACHE_HOME or HOME");
}

std::uint64_t identity_of(const WeightSource& source) {
  Hash64 hash;
  hash.add(version);
  hash.add(fingerprint_of(source, Precision::exact));
  std::error_code ignored;
  for (const auto& file : source.files()) {
    hash.add(std::uint64_t{file->bytes().size()});
    hash.add(static_cast<std::uint64_t>(fs::last_write_time(file->path(), ignored).time_since_epoch().count()));
  }
  return hash.value();
}

}  // namespace

std::string quantised_copy(std::string_view path, const LoadOptions& options) {
  const auto source = open_weights(path);
  const fs::path folder = options.quantize_folder.empty() ? default_folder() : fs::path(options.quantize_folder);
  fs::path name = fs::path(source->path()).lexically_normal();
  if (!name.has_filename()) name = name.parent_path();
  const fs::path copy = folder / "quantized" /
                        fmt::format("{}-{:016x}-{}.gguf", name.stem().string(), identity_of(*source), options.quantize);
  std::error_code error;
  if (fs::exists(copy, error)) return copy.string();
  ConvertOptions how{
      .type = options.quantize, .runtime = options.runtime, .stop = options.stop, .progress = options.progress};
  fs::create_directories(copy.parent_path(), error);
  if (error) fail(Status::io, fmt::format("{}: {}", copy.parent_path().string(), error.message()));
  convert(path, copy.string(), how);
  return copy.string();
}

}  // namespace ondol
