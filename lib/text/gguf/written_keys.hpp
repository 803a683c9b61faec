#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "files/gguf_writer.hpp"
#include "files/weight_source.hpp"

namespace ondol::text {

/// Keys of a GGUF file and their values, each once.
using KeyList = std::vector<std::pair<std::string, GgufWriter::Value>>;

/// Keys that are not in a file yet, read as those of a file are.
class WrittenKeys final : public WeightSource {
 public:
  /// @param path  to name in messages
  WrittenKeys(const std::string& path, const KeyList& keys) : keys_(keys) { path_ = path; }

  [[nodiscard]] bool has(std::string_view key) const override { return find(key) != nullptr; }
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const override {
    return value<std::uint32_t, std::int64_t>(key);
  }
  [[nodiscard]] std::optional<bool> flag(std::string_view key) const override { return value<bool, bool>(key); }
  [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const override {
    return value<std::string, std::string_view>(key);
  }
  [[nodiscard]] std::optional<std::vector<std::string_view>> texts(std::string_view key) const override {
    return array<std::string, std::string_view>(key);
  }
  [[nodiscard]] std::optional<std::vector<std::int64_t>> integers(std::string_view key) const override {
    auto integers = array<std::int32_t, std::int64_t>(key);
    return integers ? std::move(integers) : array<std::uint8_t, std::int64_t>(key);
  }
  [[nodiscard]] std::optional<std::vector<double>> numbers(std::string_view key) const override {
    return array<float, double>(key);
  }
  [[nodiscard]] std::vector<Entry> entries() const override { return {}; }

 private:
  [[nodiscard]] const GgufWriter::Value* find(std::string_view key) const {
    for (const auto& [name, value] : keys_) {
      if (name == key) return &value;
    }
    return nullptr;
  }
  template <class Stored, class T>
  [[nodiscard]] std::optional<T> value(std::string_view key) const {
    const auto* found = find(key);
    const auto* stored = found ? std::get_if<Stored>(found) : nullptr;
    return stored ? std::optional<T>(*stored) : std::nullopt;
  }
  template <class Stored, class T>
  [[nodiscard]] std::optional<std::vector<T>> array(std::string_view key) const {
    const auto* found = find(key);
    const auto* stored = found ? std::get_if<std::vector<Stored>>(found) : nullptr;
    return stored ? std::optional(std::vector<T>(stored->begin(), stored->end())) : std::nullopt;
  }

  const KeyList& keys_;
};

}  // namespace ondol::text
