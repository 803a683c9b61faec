#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "ondol/export.hpp"

namespace ondol {

/// What went wrong. The values are those of the C ABI's `ondol_status`: they are only ever added to.
enum class Status : std::int32_t {
  ok = 0,
  invalid_argument = 1,   ///< a value of the caller is out of range, of the wrong type or unknown
  not_found = 2,          ///< no such file
  io = 3,                 ///< the system refused to read or write
  bad_file = 4,           ///< a file is damaged, truncated or contradicts itself
  unsupported = 5,        ///< well formed, but not something this version can run
  no_vocabulary = 6,      ///< text was asked of a model without a tokenizer
  no_chat_template = 7,   ///< a chat was asked of a model without a template
  template_error = 8,     ///< a chat template failed or raised
  out_of_memory = 9,      ///< the runtime's cap or the system's memory
  context_full = 10,      ///< more positions than the context holds
  cancelled = 11,         ///< stopped by its stop token
  numeric = 12,           ///< NaN, or a distribution without candidates
  busy = 13,              ///< an object for one thread at a time is in use by another
  mismatch = 14,          ///< a saved state belongs to another model or other options
  after_fork = 15,        ///< this process is a fork and cannot continue this object
  internal = 99,          ///< a defect of the library
};

/// Name of a status as written in the enum ("bad_file"); "unknown" for other values.
[[nodiscard]] ONDOL_API const char* status_name(Status status) noexcept;

/// The one exception of the library. what() names the file, tensor, key or argument, what was found
/// and what was expected.
class ONDOL_API Error : public std::runtime_error {
 public:
  Error(Status code, const std::string& message, std::int64_t offset = -1)
      : std::runtime_error(message), code_(code), offset_(offset) {}

  [[nodiscard]] Status code() const noexcept { return code_; }
  /// Byte of the input at which it went wrong; -1 where that has no meaning.
  [[nodiscard]] std::int64_t offset() const noexcept { return offset_; }

 private:
  Status code_;
  std::int64_t offset_;
};

}  // namespace ondol
