#pragma once

#include <string>

#include "text/pipeline.hpp"

namespace ondol::text {

/// A stream of a decoder whose tokens add the same bytes wherever they stand.
class TokenwiseStream final : public DecodeStream {
 public:
  /// The decoder must outlive it.
  explicit TokenwiseStream(const Decoder& decoder) : decoder_(decoder) {}
  void push(Token id, std::string& out) override { decoder_.append(id, out); }

 private:
  const Decoder& decoder_;
};

}  // namespace ondol::text
