#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text/vocabulary.hpp"

namespace ondol::text {

/// Writes fields of Protocol Buffers' wire format; numbers of fields are those of sentencepiece_model.proto.
class ProtoMessage {
 public:
  void number(int field, std::uint64_t value) { varint(std::uint64_t(field) << 3), varint(value); }
  void real(int field, float value);
  void text(int field, std::string_view value) {
    varint(std::uint64_t(field) << 3 | 2), varint(value.size());
    out_ += value;
  }
  [[nodiscard]] const std::string& bytes() const { return out_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += char(value | 0x80);
    out_ += char(value);
  }
  std::string out_;
};

/// Reads the fields of a message one by one. What is cut off or has no meaning ends it.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : rest_(message) {}
  struct Field {
    int number;
    std::uint64_t value;    ///< of a number
    std::string_view text;  ///< of a text or message
  };
  [[nodiscard]] std::optional<Field> next();

 private:
  [[nodiscard]] std::optional<std::uint64_t> varint();
  std::string_view rest_;
};

/// A model in the making, for the sentencepiece library.
class SentencePieceProto {
 public:
  enum class Kind : std::uint8_t { unigram = 1, bpe = 2 };
  struct Settings {
    Kind kind = Kind::bpe;
    bool byte_fallback = false;
    bool blank_is_suffix = false;
    bool adds_prefix = false;
    bool collapses_spaces = false;
    std::string_view character_map{};  ///< empty: no rules
  };
  void add(std::string_view text, float score, TokenType type);
  /// A token that no text becomes: added tokens are matched by ourselves.
  void add_placeholder(const Vocabulary& vocabulary, std::size_t id, TokenType type);
  [[nodiscard]] std::string finish(const Settings& settings);

 private:
  ProtoMessage model_;
};

}  // namespace ondol::text
