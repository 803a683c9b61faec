#include <cstdlib>
#include <cstring>

#include "guard.hpp"
#include "ondol/generate.hpp"
#include "ondol/version.hpp"

struct ondol_error {
  ondol_status code;
  std::int64_t offset;
  const char* message;  // behind the struct, in the same allocation
};

namespace ondol::capi {
namespace {

// Making this one needs no memory. Never written to.
constinit ondol_error no_memory{ONDOL_OUT_OF_MEMORY, -1, "out of memory"};

static_assert(ONDOL_OK == int(Status::ok) && ONDOL_INVALID_ARGUMENT == int(Status::invalid_argument) &&
              ONDOL_NOT_FOUND == int(Status::not_found) && ONDOL_IO == int(Status::io) &&
              ONDOL_BAD_FILE == int(Status::bad_file) && ONDOL_UNSUPPORTED == int(Status::unsupported) &&
              ONDOL_NO_VOCABULARY == int(Status::no_vocabulary) &&
              ONDOL_NO_CHAT_TEMPLATE == int(Status::no_chat_template) &&
              ONDOL_TEMPLATE_ERROR == int(Status::template_error) &&
              ONDOL_OUT_OF_MEMORY == int(Status::out_of_memory) && ONDOL_CONTEXT_FULL == int(Status::context_full) &&
              ONDOL_CANCELLED == int(Status::cancelled) && ONDOL_NUMERIC == int(Status::numeric) &&
              ONDOL_BUSY == int(Status::busy) && ONDOL_MISMATCH == int(Status::mismatch) &&
              ONDOL_AFTER_FORK == int(Status::after_fork) && ONDOL_INTERNAL == int(Status::internal));
static_assert(ONDOL_FINISH_NONE == int(Finish::none) && ONDOL_FINISH_EOS == int(Finish::eos) &&
              ONDOL_FINISH_STOP == int(Finish::stop) && ONDOL_FINISH_LENGTH == int(Finish::length) &&
              ONDOL_FINISH_CANCELLED == int(Finish::cancelled));

constexpr std::int32_t version_number = ONDOL_VERSION_MAJOR * 10000 + ONDOL_VERSION_MINOR * 100 + ONDOL_VERSION_PATCH;
static_assert(version_number == ONDOL_HEADER_VERSION);

}  // namespace

ondol_status fail_no_memory(ondol_error** error) noexcept {
  if (error) *error = &no_memory;
  return ONDOL_OUT_OF_MEMORY;
}

ondol_status fail_with(ondol_error** error, Status code, const char* function, const char* message,
                       std::int64_t offset) noexcept {
  if (error) {
    const std::size_t prefix = function ? std::strlen(function) + 2 : 0;
    const std::size_t size = std::strlen(message);
    void* const memory = std::malloc(sizeof(ondol_error) + prefix + size + 1);
    if (!memory) return fail_no_memory(error);
    char* const text = static_cast<char*>(memory) + sizeof(ondol_error);
    if (function) {
      std::memcpy(text, function, prefix - 2);
      std::memcpy(text + prefix - 2, ": ", 2);
    }
    std::memcpy(text + prefix, message, size + 1);
    *error = new (memory) ondol_error{static_cast<ondol_status>(code), offset, text};
  }
  return static_cast<ondol_status>(code);
}

}  // namespace ondol::capi

extern "C" {

const char* ondol_version(void) { return ondol::version(); }

int32_t ondol_version_number(void) { return ondol::capi::version_number; }

const char* ondol_status_name(ondol_status status) { return ondol::status_name(static_cast<ondol::Status>(status)); }

ondol_status ondol_error_code(const ondol_error* error) { return error ? error->code : ONDOL_OK; }

const char* ondol_error_message(const ondol_error* error) { return error ? error->message : ""; }

int64_t ondol_error_offset(const ondol_error* error) { return error ? error->offset : -1; }

void ondol_error_free(ondol_error* error) {
  if (error != &ondol::capi::no_memory) std::free(error);
}

}  // extern "C"
