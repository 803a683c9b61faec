#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// A step of a decoder chain at work on one sequence: takes the texts of tokens, one by one, and passes on what becomes
/// of them. One thread.
class DecodeStep {
 public:
  using Next = std::function<void(std::string)>;
  virtual ~DecodeStep() = default;
  virtual void token(std::string text, const Next& next) = 0;
  /// The sequence is over: what is held back goes on. The step is then as new.
  virtual void finish(const Next& /*next*/) {}
  /// Other tokens stand before and behind those that come.
  virtual void in_middle() {}
};

/// Makes a step as new.
using DecodeStepKind = std::function<std::unique_ptr<DecodeStep>()>;

/// Hugging Face's decoders one after the other; the texts that the last one gives are joined. The vocabulary must
/// outlive it.
class DecoderChain final : public Decoder {
 public:
  /// @param has_bytes  tokens may be bytes ("<0x0A>")
  DecoderChain(const Vocabulary& vocabulary, std::vector<DecodeStepKind> kinds, bool has_bytes)
      : vocabulary_(vocabulary), kinds_(std::move(kinds)), has_bytes_(has_bytes) {}
  [[nodiscard]] bool marks_each_byte() const override { return has_bytes_; }
  [[nodiscard]] std::unique_ptr<DecodeStream> stream() const override;
  void append(Token id, std::string& out) const override;

 private:
  class Stream;
  const Vocabulary& vocabulary_;
  std::vector<DecodeStepKind> kinds_;
  bool has_bytes_;
};

}  // namespace ondol::text
