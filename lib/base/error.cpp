#include "ondol/error.hpp"

#include "base/fail.hpp"
#include "ondol/version.hpp"

namespace ondol {

void fail(Status code, const std::string& message, std::int64_t offset) { throw Error(code, message, offset); }

const char* status_name(Status status) noexcept {
  switch (status) {
    case Status::ok: return "ok";
    case Status::invalid_argument: return "invalid_argument";
    case Status::not_found: return "not_found";
    case Status::io: return "io";
    case Status::bad_file: return "bad_file";
    case Status::unsupported: return "unsupported";
    case Status::no_vocabulary: return "no_vocabulary";
    case Status::no_chat_template: return "no_chat_template";
    case Status::template_error: return "template_error";
    case Status::out_of_memory: return "out_of_memory";
    case Status::context_full: return "context_full";
    case Status::cancelled: return "cancelled";
    case Status::numeric: return "numeric";
    case Status::busy: return "busy";
    case Status::mismatch: return "mismatch";
    case Status::after_fork: return "after_fork";
    case Status::internal: return "internal";
  }
  return "unknown";
}

#define ONDOL_TEXT_OF(x) #x
#define ONDOL_TEXT(x) ONDOL_TEXT_OF(x)

const char* version() noexcept {
  return ONDOL_TEXT(ONDOL_VERSION_MAJOR) "." ONDOL_TEXT(ONDOL_VERSION_MINOR) "." ONDOL_TEXT(ONDOL_VERSION_PATCH);
}

}  // namespace ondol
