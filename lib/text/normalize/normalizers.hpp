#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "text/pipeline.hpp"
#include "text/regex.hpp"

namespace ondol::text {

/// A Unicode normalisation form (UAX #15). Linear in the text, also for long runs of marks; wrong bytes are kept.
class UnicodeForm final : public Normalizer {
 public:
  enum Form : std::uint8_t { nfc, nfd, nfkc, nfkd };
  explicit UnicodeForm(Form form) : form_(form) {}
  void apply(AlignedText& text) const override;

 private:
  Form form_;
};

/// Puts a text in front, unless there is none to put it in front of.
class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
  void apply(AlignedText& text) const override;

 private:
  std::string prefix_;
};

/// Replaces every occurrence of a text, or match of a pattern.
class Replace final : public Normalizer {
 public:
  Replace(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}
  Replace(Regex pattern, std::string to) : pattern_(std::move(pattern)), to_(std::move(to)) {}
  void apply(AlignedText& text) const override;

 private:
  std::optional<Regex> pattern_;
  std::string from_, to_;
};

/// Drops the spaces at both ends and leaves one of each run of them (sentencepiece's remove_extra_whitespaces).
class CollapseSpaces final : public Normalizer {
 public:
  void apply(AlignedText& text) const override;
};

class Lowercase final : public Normalizer {
 public:
  void apply(AlignedText& text) const override;
};

/// Drops white space at the ends.
class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  void apply(AlignedText& text) const override;

 private:
  bool left_, right_;
};

/// Drops characters of a class.
class DropCharacters final : public Normalizer {
 public:
  using Class = bool (*)(char32_t) noexcept;
  explicit DropCharacters(Class drops) : drops_(drops) {}
  void apply(AlignedText& text) const override;

 private:
  Class drops_;
};

/// Drops the first character if it is of a class.
class DropFirst final : public Normalizer {
 public:
  explicit DropFirst(DropCharacters::Class drops) : drops_(drops) {}
  void apply(AlignedText& text) const override;

 private:
  DropCharacters::Class drops_;
};

/// Spaces for the white space that BertNormalizer knows, around ideographs, and for Nmt's characters.
class BertSpaces final : public Normalizer {
 public:
  void apply(AlignedText& text) const override;
};
class SpacesAroundIdeographs final : public Normalizer {
 public:
  void apply(AlignedText& text) const override;
};
class NmtSpaces final : public Normalizer {
 public:
  void apply(AlignedText& text) const override;
};
/// What Nmt drops: most of ASCII's control characters.
[[nodiscard]] bool is_nmt_control(char32_t c) noexcept;

/// Bytes become their spelling in byte-level vocabularies.
class SpelledBytes final : public Normalizer {
 public:
  void apply(AlignedText& text) const override;
};
void spell_bytes(AlignedText& text);

/// A table of replacements as SentencePiece models have it, applied as Hugging Face does: to a whole grapheme cluster
/// of under 6 bytes if the table has a text that it begins with (the shortest counts), else character by character.
class CharacterMap final : public Normalizer {
 public:
  /// @param table  u32 size of the trie, the trie (Darts' double array), replacements that end in NUL
  /// @throws Error bad_file: sizes that do not fit.
  explicit CharacterMap(std::string table);
  void apply(AlignedText& text) const override;

 private:
  [[nodiscard]] std::optional<std::string_view> find(std::string_view text) const noexcept;
  [[nodiscard]] std::uint32_t unit(std::size_t index) const noexcept;

  std::string table_;
  std::size_t units_;
  std::string_view replacements_;
};

}  // namespace ondol::text
