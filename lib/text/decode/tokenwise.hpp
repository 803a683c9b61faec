#pragma once

#include <cstdint>
#include <string>

#include "text/pipeline.hpp"

namespace ondol::text {

/// A stream of a decoder whose tokens add the same bytes wherever they stand, but for a space at the start of a text.
class TokenwiseStream final : public DecodeStream {
 public:
  enum class FirstSpace : std::uint8_t { stays, goes };
  /// The decoder must outlive it.
  TokenwiseStream(const Decoder& decoder, FirstSpace first_space) : decoder_(decoder), first_space_(first_space) {}

  void push(Token id, std::string& out) override {
    const std::size_t before = out.size();
    decoder_.append(id, out);
    if (!at_start_ || out.size() == before) return;
    at_start_ = false;
    if (first_space_ == FirstSpace::goes && out[before] == ' ') out.erase(before, 1);
  }
  void finish(std::string& /*out*/) override { at_start_ = true; }

 private:
  const Decoder& decoder_;
  FirstSpace first_space_;
  bool at_start_ = true;
};

}  // namespace ondol::text
