#pragma once

#include <string>

#include "text/pipeline.hpp"

namespace ondol::text {

/// Unicode normalisation form C (UAX #15). Linear in the text, also for long runs of marks; wrong bytes are kept.
class Nfc final : public Normalizer {
 public:
  bool apply(std::string_view text, std::string& out) const override;
};

/// Puts a text in front, unless there is none to put it in front of.
class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
  bool apply(std::string_view text, std::string& out) const override;

 private:
  std::string prefix_;
};

/// Replaces every occurrence of a text.
class Replace final : public Normalizer {
 public:
  Replace(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}
  bool apply(std::string_view text, std::string& out) const override;

 private:
  std::string from_, to_;
};

/// Drops the spaces at both ends and leaves one of each run of them (sentencepiece's remove_extra_whitespaces).
class CollapseSpaces final : public Normalizer {
 public:
  bool apply(std::string_view text, std::string& out) const override;
};

}  // namespace ondol::text
