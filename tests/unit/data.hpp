#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace test {

/// The reference data beside the checkout ("smollm2/expected.json").
inline std::filesystem::path data(const std::string& name) { return std::filesystem::path(ONDOL_TEST_DATA) / name; }
inline bool has_data() { return std::filesystem::is_directory(ONDOL_TEST_DATA); }

/// A file of the unpacked vocabularies ("vocabs/gpt-2.gguf"); tests/run.sh unpacks them.
inline std::filesystem::path unpacked(const std::string& name) {
  if (const char* cache = std::getenv("ONDOL_DATA_CACHE")) return std::filesystem::path(cache) / name;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : ".") / ".cache/ondol-test-data" / name;
}

inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace test
