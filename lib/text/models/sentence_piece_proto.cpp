#include "text/models/sentence_piece_proto.hpp"

#include <fmt/format.h>

#include <cstring>
#include <vector>

namespace ondol::text {
namespace {

/// A table of character rules without a rule, for the library prints a notice if there is no table: the length of the
/// trie, a double array of 512 units (a root whose children are 256 .. 511, none of them there), then one NUL of text.
std::string no_rules() {
  std::vector<std::uint32_t> units(512, 0x80000000u);
  units[0] = 256u << 10;
  const auto bytes = std::uint32_t(units.size() * sizeof units[0]);
  std::string out(sizeof bytes + bytes + 1, '\0');
  std::memcpy(out.data(), &bytes, sizeof bytes);
  std::memcpy(out.data() + sizeof bytes, units.data(), bytes);
  return out;
}

}  // namespace

void ProtoMessage::real(int field, float value) {
  char bytes[4];
  std::memcpy(bytes, &value, 4);  // little-endian, as every machine this runs on
  varint(std::uint64_t(field) << 3 | 5);
  out_.append(bytes, 4);
}

std::optional<std::uint64_t> ProtoReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= std::uint64_t(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<ProtoReader::Field> ProtoReader::next() {
  const auto key = varint();
  if (!key || *key >> 3 > 0x1FFFFFFF) return std::nullopt;
  Field field{.number = int(*key >> 3), .value = 0, .text = {}};
  const unsigned wire = *key & 7;
  std::size_t size = wire == 1 ? 8 : wire == 5 ? 4 : 0;
  if (wire == 0 || wire == 2) {
    const auto value = varint();
    if (!value) return std::nullopt;
    field.value = *value;
    if (wire == 2) size = std::size_t(*value);
  } else if (size == 0) {
    return std::nullopt;
  }
  if (size > rest_.size()) return std::nullopt;
  field.text = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return field;
}

void SentencePieceProto::add(std::string_view text, float score, TokenType type) {
  ProtoMessage piece;
  piece.text(1, text);
  piece.real(2, score);
  piece.number(3, std::uint64_t(type));
  model_.text(1, piece.bytes());
}

void SentencePieceProto::add_placeholder(const Vocabulary& vocabulary, std::size_t id, TokenType type) {
  std::string name = fmt::format("<ondol:{}>", id);
  while (vocabulary.find(name) >= 0) name += '>';
  add(name, 0, type);
}

std::string SentencePieceProto::finish(const Settings& settings) {
  ProtoMessage trainer, normalizer;
  trainer.number(3, std::uint64_t(settings.kind));
  trainer.number(24, settings.blank_is_suffix);
  trainer.number(35, settings.byte_fallback);
  model_.text(2, trainer.bytes());
  normalizer.text(2, settings.character_map.empty() ? no_rules() : settings.character_map);
  normalizer.number(3, settings.adds_prefix);
  normalizer.number(4, settings.collapses_spaces);
  normalizer.number(5, 1);  // escape_whitespaces
  model_.text(3, normalizer.bytes());
  return model_.bytes();
}

}  // namespace ondol::text
