#include "files/gguf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string>

#include "base/checked.hpp"
#include "base/utf8.hpp"
#include "files/printable.hpp"

namespace ondol::gguf {
namespace {

constexpr std::uint64_t longest_name = 65535;
constexpr std::uint64_t most_alignment = 1u << 20;
constexpr std::uint32_t most_dimensions = 4;
constexpr std::uint64_t least_key = 8 + 1 + 4 + 1;
constexpr std::uint64_t least_tensor = 8 + 1 + 4 + 8 + 4 + 8;

/// Where a name was seen and where its data lies.
struct Place {
  std::string_view name = {};
  std::uint64_t seen = 0;
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
};

std::uint64_t read_count(Cursor& cursor, std::string_view what, std::uint64_t least, std::uint64_t most) {
  const std::uint64_t at = cursor.offset();
  const auto count = cursor.read<std::uint64_t>(what);
  if (count > cursor.left() / least) {
    cursor.refuse(fmt::format("{} is {}, {} bytes are left of the file", what, count, cursor.left()), at);
  }
  if (count > most) {
    cursor.refuse(fmt::format("{} is {}, at most {} are supported", what, count, most), at, Status::unsupported);
  }
  return count;
}

std::string_view read_name(Cursor& cursor) {
  const std::uint64_t at = cursor.offset();
  const std::string_view name = cursor.text("name");
  if (name.empty()) cursor.refuse("the name is empty", at);
  if (name.size() > longest_name) {
    cursor.refuse(fmt::format("name of {} bytes, expected at most {}", name.size(), longest_name), at);
  }
  const bool control = std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (control || !utf8_valid(name)) {
    cursor.refuse(fmt::format("name '{}' is not plain UTF-8 text", printable(name)), at);
  }
  return name;
}

std::uint32_t read_head(Cursor& cursor) {
  const auto magic = cursor.take(4, "magic number");
  const std::string_view found(reinterpret_cast<const char*>(magic.data()), magic.size());
  if (found == "FUGG") cursor.refuse("a big-endian GGUF file, expected a little-endian one", 0, Status::unsupported);
  if (found != "GGUF") cursor.refuse(fmt::format("begins with '{}', expected 'GGUF'", printable(found)), 0);
  const auto version = cursor.read<std::uint32_t>("version");
  if (version != 0 && (version & 0xFFFF) == 0) {
    cursor.refuse("a big-endian GGUF file, expected a little-endian one", 4, Status::unsupported);
  }
  if (version != 2 && version != 3) {
    cursor.refuse(fmt::format("GGUF version {}, expected 2 or 3", version), 4, Status::unsupported);
  }
  return version;
}

void refuse_repeated(Cursor& cursor, std::string_view kind, std::vector<Place> places) {
  std::ranges::sort(
      places, [](const Place& a, const Place& b) { return a.name != b.name ? a.name < b.name : a.seen < b.seen; });
  const auto twice = std::ranges::adjacent_find(places, {}, &Place::name);
  if (twice == places.end()) return;
  cursor.about(kind);
  cursor.named(twice->name);
  cursor.refuse(fmt::format("is there already at byte {}", twice->seen), std::next(twice)->seen);
}

std::vector<Key> read_keys(Cursor& cursor, std::uint64_t count) {
  std::vector<Key> keys;
  std::vector<Place> places;
  keys.reserve(count);
  places.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    cursor.about("key", i);
    const std::uint64_t seen = cursor.offset();
    const std::string_view name = read_name(cursor);
    cursor.named(name);
    keys.push_back({.name = name, .value = read_value(cursor)});
    places.push_back({.name = name, .seen = seen});
  }
  refuse_repeated(cursor, "key", std::move(places));
  return keys;
}

std::uint64_t read_alignment(Cursor& cursor, const std::vector<Key>& keys) {
  const auto key = std::ranges::find(keys, "general.alignment", &Key::name);
  if (key == keys.end()) return 32;
  const auto value = key->value.type == Type::u32 ? numbers<std::uint64_t>(key->value) : std::nullopt;
  const std::uint64_t alignment = value ? value->front() : 0;
  if (alignment < 8 || alignment > most_alignment || !std::has_single_bit(alignment)) {
    cursor.about("key");
    cursor.named(key->name);
    cursor.refuse(fmt::format("is {} {}, expected u32, a power of two in 8 .. {}", type_text(key->value),
                              value_text(key->value), most_alignment),
                  key->value.offset);
  }
  return alignment;
}

std::vector<std::uint64_t> read_shape(Cursor& cursor) {
  const std::uint64_t at = cursor.offset();
  const auto dimensions = cursor.read<std::uint32_t>("number of dimensions");
  if (dimensions > most_dimensions) {
    cursor.refuse(fmt::format("{} dimensions, expected at most {}", dimensions, most_dimensions), at);
  }
  std::vector<std::uint64_t> shape(std::max(dimensions, 1u), 1);  // none: a single number
  for (std::uint32_t d = 0; d < dimensions; ++d) {
    shape[d] = cursor.read<std::uint64_t>("dimension");
    if (shape[d] == 0) cursor.refuse(fmt::format("dimension {} is 0, expected at least 1", d), cursor.offset() - 8);
  }
  return shape;
}

const Format* read_format(Cursor& cursor) {
  const std::uint64_t at = cursor.offset();
  const auto id = cursor.read<std::uint32_t>("storage type");
  if (const Format* format = find_format(id)) return format;
  const std::string_view name = format_name(id);
  cursor.refuse(fmt::format("has storage type {}, which this version cannot read",
                            name.empty() ? std::to_string(id) : std::string(name)),
                at, Status::unsupported);
}

/// Bytes of a tensor; nothing when they leave 64 bits.
std::optional<std::uint64_t> size_of(const Format& format, const std::vector<std::uint64_t>& shape) {
  std::optional<std::uint64_t> elements = 1;
  for (const std::uint64_t d : shape) elements = elements ? checked_multiply(*elements, d) : elements;
  return elements ? checked_multiply(*elements / format.weights, format.bytes) : elements;
}

std::vector<TensorView> read_tensors(Cursor& cursor, std::uint64_t count, std::uint64_t alignment,
                                     std::span<const std::byte> bytes) {
  std::vector<TensorView> tensors;
  std::vector<Place> places;
  tensors.reserve(count);
  places.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    cursor.about("tensor", i);
    Place place;
    place.seen = cursor.offset();
    place.name = read_name(cursor);
    cursor.named(place.name);
    auto shape = read_shape(cursor);
    const Format* format = read_format(cursor);
    if (shape[0] % format->weights != 0) {
      cursor.refuse(fmt::format("{} weights a row in type {}, expected a multiple of {}", shape[0], format->name,
                                format->weights),
                    place.seen);
    }
    const auto size = size_of(*format, shape);
    if (!size || *size > bytes.size()) {
      cursor.refuse(fmt::format("shape {} in type {} does not fit the file of {} bytes", fmt::join(shape, " x "),
                                format->name, bytes.size()),
                    place.seen);
    }
    place.size = *size;
    place.begin = cursor.read<std::uint64_t>("offset of the data");
    if (place.begin % alignment != 0) {
      cursor.refuse(fmt::format("data offset {}, expected a multiple of {}", place.begin, alignment),
                    cursor.offset() - 8);
    }
    tensors.push_back({.name = std::string(place.name), .format = format, .shape = std::move(shape), .bytes = {}});
    places.push_back(place);
  }

  const std::uint64_t data = (cursor.offset() + alignment - 1) / alignment * alignment;
  cursor.about("tensor");
  for (std::uint64_t i = 0; i < count; ++i) {
    Place& place = places[i];
    const auto begin = checked_add(data, place.begin);
    const auto end = begin ? checked_add(*begin, place.size) : begin;
    if (!end || *end > bytes.size()) {
      cursor.named(place.name);
      cursor.refuse(
          fmt::format("data of {} bytes at {} + {}, the file ends at {}", place.size, data, place.begin, bytes.size()),
          place.seen);
    }
    place.begin = *begin;
    tensors[i].bytes = bytes.subspan(*begin, place.size);
  }

  std::ranges::sort(places, {}, &Place::begin);
  const auto overlap =
      std::ranges::adjacent_find(places, [](const Place& a, const Place& b) { return b.begin - a.begin < a.size; });
  if (overlap != places.end()) {
    const Place& next = *std::next(overlap);
    cursor.named(next.name);
    cursor.refuse(fmt::format("data at {} overlaps that of '{}', which ends at {}", next.begin,
                              printable(overlap->name), overlap->begin + overlap->size),
                  next.seen);
  }
  refuse_repeated(cursor, "tensor", std::move(places));
  return tensors;
}

}  // namespace

File parse(std::span<const std::byte> bytes, std::string_view path) {
  Cursor cursor(bytes, path);
  cursor.about("header");
  File file;
  file.version = read_head(cursor);
  const std::uint64_t tensors = read_count(cursor, "number of tensors", least_tensor, most_tensors);
  const std::uint64_t keys = read_count(cursor, "number of keys", least_key, most_keys);
  file.keys = read_keys(cursor, keys);
  file.alignment = read_alignment(cursor, file.keys);
  file.tensors = read_tensors(cursor, tensors, file.alignment, bytes);
  return file;
}

}  // namespace ondol::gguf
