#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include "base/fail.hpp"
#include "files/gguf.hpp"
#include "files/printable.hpp"
#include "files/safetensors.hpp"
#include "files/split.hpp"

namespace ondol {
namespace {

using gguf::Key;
using gguf::Split;
using gguf::Type;
using gguf::Value;

/// Elements that a converted array may have: a view of a text takes 16 bytes for at least 8 in the file, and conversion
/// is to stay below the file's size and 64 MiB. The largest vocabularies have some 300,000.
constexpr std::uint64_t most_elements = 1u << 22;

class GgufSource final : public WeightSource {
 public:
  explicit GgufSource(std::string_view path) {
    path_ = path;
    auto mapped = MappedFile::open(path);
    gguf::File given = gguf::parse(mapped->bytes(), path);
    const Split split = gguf::read_split(given, path);
    for (std::uint64_t number = 0; number < split.count; ++number) {
      if (number == split.number) {
        add_part(mapped, std::move(given));
      } else {
        open_part(split, number);
      }
    }
    if (split.count > 1 && split.tensors && *split.tensors != tensors_.size()) {
      fail(Status::bad_file, fmt::format("{}: key 'split.tensors.count' is {}, the {} parts have {} tensors", path_,
                                         *split.tensors, split.count, tensors_.size()));
    }
    sort();
  }

  bool has(std::string_view key) const override { return find_key(key) != nullptr; }
  bool is_array(std::string_view key) const override {
    const Key* found = find_key(key);
    return found != nullptr && found->value.is_array();
  }

  std::optional<std::uint64_t> count(std::string_view key) const override {
    return one<std::uint64_t>(key, gguf::is_integer, "a whole number, not negative");
  }
  std::optional<std::int64_t> integer(std::string_view key) const override {
    return one<std::int64_t>(key, gguf::is_integer, "a whole number below 2^63");
  }
  std::optional<double> number(std::string_view key) const override {
    return one<double>(key, gguf::is_number, "a number");
  }
  std::optional<bool> flag(std::string_view key) const override {
    const auto found = one<std::uint64_t>(
        key, [](Type type) { return type == Type::boolean; }, "a boolean");
    return found ? std::optional(*found != 0) : std::nullopt;
  }
  std::optional<std::string_view> text(std::string_view key) const override {
    const Key* found = find_key(key);
    if (found == nullptr) return std::nullopt;
    if (found->value.type != Type::text) refuse(*found, "a string");
    return gguf::text(found->value);
  }
  std::optional<std::vector<std::string_view>> texts(std::string_view key) const override {
    const Key* found = find_key(key);
    if (found == nullptr) return std::nullopt;
    if (!found->value.is_array() || found->value.element != Type::text) refuse(*found, "an array of strings");
    refuse_long(*found);
    return gguf::texts(found->value, found->value.length);
  }
  std::optional<std::vector<std::int64_t>> integers(std::string_view key) const override {
    const auto fits = [](Type type) { return gguf::is_integer(type) || type == Type::boolean; };
    return many<std::int64_t>(key, fits, "an array of whole numbers below 2^63 or of booleans");
  }
  std::optional<std::vector<double>> numbers(std::string_view key) const override {
    return many<double>(key, gguf::is_number, "an array of numbers");
  }

  std::vector<RawKey> raw_keys() const override {
    std::vector<RawKey> out;
    for (const Key& key : keys_) {
      const Value& value = key.value;
      RawKey raw{std::string(key.name), {}};
      const auto put = [&](const auto& number) {
        const auto bytes = std::as_bytes(std::span(&number, 1));
        raw.encoded.insert(raw.encoded.end(), bytes.begin(), bytes.end());
      };
      put(static_cast<std::uint32_t>(value.type));
      if (value.is_array()) {
        put(static_cast<std::uint32_t>(value.element));
        put(value.length);
      } else if (value.type == Type::text) {
        put(std::uint64_t{value.bytes.size()});
      }
      raw.encoded.insert(raw.encoded.end(), value.bytes.begin(), value.bytes.end());
      out.push_back(std::move(raw));
    }
    return out;
  }

  std::vector<Entry> entries() const override {
    std::vector<Entry> out;
    out.reserve(keys_.size());
    for (const Key& key : keys_) {
      out.push_back({std::string(key.name), gguf::type_text(key.value), gguf::value_text(key.value)});
    }
    return out;
  }

 private:
  void open_part(const Split& split, std::uint64_t number) {
    const std::string path = gguf::part_path(path_, split, number);
    std::shared_ptr<const MappedFile> mapped;
    try {
      mapped = MappedFile::open(path);
    } catch (const Error& e) {
      fail(e.code(), fmt::format("{}: part {} of {} cannot be read: {}", path_, number + 1, split.count, e.what()));
    }
    gguf::File file = gguf::parse(mapped->bytes(), path);
    const Split found = gguf::read_split(file, path);
    if (found.number != number || found.count != split.count || found.tensors != split.tensors) {
      const auto say = [](const Split& s) {
        return fmt::format("part {} of {} with {} tensors in all", s.number + 1, s.count,
                           s.tensors ? std::to_string(*s.tensors) : "unstated");
      };
      fail(Status::bad_file, fmt::format("{}: is {} by its keys split.*, expected {}", path, say(found),
                                         say({number, split.count, split.tensors})));
    }
    add_part(std::move(mapped), std::move(file));
  }

  void add_part(std::shared_ptr<const MappedFile> mapped, gguf::File file) {
    const std::size_t part = files_.size();
    files_.push_back(std::move(mapped));
    if (keys_.size() + file.keys.size() > gguf::most_keys ||
        tensors_.size() + file.tensors.size() > gguf::most_tensors) {
      fail(Status::unsupported, fmt::format("{}: the parts have more than {} keys or {} tensors", path_,
                                            gguf::most_keys, gguf::most_tensors));
    }
    for (Key& key : file.keys) {
      key.file = part;
      const auto [place, is_new] = by_name_.emplace(key.name, keys_.size());
      if (is_new) {
        keys_.push_back(key);
        continue;
      }
      const Key& old = keys_[place->second];
      if (key.name == "split.no" || key.name == "general.alignment" || gguf::same(old.value, key.value)) continue;
      refuse(key, fmt::format("{} as in {}: is this a part of another model?", gguf::value_text(old.value),
                              files_[old.file]->path()));
    }
    for (TensorView& tensor : file.tensors) {
      tensor.file = part;
      tensors_.push_back(std::move(tensor));
    }
  }

  void sort() {
    std::ranges::sort(tensors_, {}, &TensorView::name);
    const auto twice = std::ranges::adjacent_find(tensors_, {}, &TensorView::name);
    if (twice == tensors_.end()) return;
    fail(Status::bad_file, fmt::format("tensor '{}' is both in {} and in {}", printable(twice->name),
                                       files_[twice->file]->path(), files_[std::next(twice)->file]->path()));
  }

  const Key* find_key(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found != by_name_.end() ? &keys_[found->second] : nullptr;
  }

  [[noreturn]] void refuse(const Key& key, std::string_view expected, Status code = Status::bad_file) const {
    fail(code,
         fmt::format("{}: key '{}', byte {}: is {} {}, expected {}", files_[key.file]->path(), printable(key.name),
                     key.value.offset, gguf::type_text(key.value), gguf::value_text(key.value), expected),
         static_cast<std::int64_t>(key.value.offset));
  }

  void refuse_long(const Key& key) const {
    if (key.value.length > most_elements) {
      refuse(key, fmt::format("at most {} elements", most_elements), Status::unsupported);
    }
  }

  template <class To>
  std::optional<To> one(std::string_view name, bool (*fits)(Type), std::string_view expected) const {
    const Key* key = find_key(name);
    if (key == nullptr) return std::nullopt;
    const auto found = !key->value.is_array() && fits(key->value.type) ? gguf::numbers<To>(key->value) : std::nullopt;
    if (!found) refuse(*key, expected);
    return found->front();
  }

  template <class To>
  std::optional<std::vector<To>> many(std::string_view name, bool (*fits)(Type), std::string_view expected) const {
    const Key* key = find_key(name);
    if (key == nullptr) return std::nullopt;
    if (!key->value.is_array() || !fits(key->value.element)) refuse(*key, expected);
    refuse_long(*key);
    auto found = gguf::numbers<To>(key->value);
    if (!found) refuse(*key, expected);
    return found;
  }

  std::vector<Key> keys_;  // in the order of the files
  std::unordered_map<std::string_view, std::size_t> by_name_;
};

}  // namespace

std::shared_ptr<const WeightSource> open_weights(std::string_view path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return open_folder(path);
  return std::make_shared<GgufSource>(path);
}

}  // namespace ondol
