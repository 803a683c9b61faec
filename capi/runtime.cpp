#include <memory>

#include "base/json.hpp"
#include "handles.hpp"
#include "options.hpp"

using namespace ondol;
using namespace ondol::capi;

namespace {

/// The caller's functions and data, shared by all that may call them; the last one gone calls `destroy`.
struct Callbacks {
  ondol_log_function log;
  ondol_allocate_function allocate;
  ondol_release_function release;
  void* user_data;
  ondol_destroy_function destroy = nullptr;  // set when the runtime exists

  ~Callbacks() {
    if (destroy) destroy(user_data);
  }
};

}  // namespace

extern "C" {

ondol_status ondol_runtime_new(const char* options, int64_t options_size, ondol_log_function log,
                               ondol_allocate_function allocate, ondol_release_function release_memory, void* user_data,
                               ondol_destroy_function destroy, ondol_runtime** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    require(out, "out");
    if (!allocate != !release_memory) misuse("allocate and release must be given together");
    RuntimeOptions settings = runtime_options(read_options(options, options_size, Topic::runtime));
    const auto callbacks = std::make_shared<Callbacks>(Callbacks{log, allocate, release_memory, user_data});
    if (log) {
      settings.log = [callbacks](LogLevel level, std::string_view message) {
        const std::string text(message);  // for the NUL behind it
        callbacks->log(static_cast<std::int32_t>(level), text.c_str(), static_cast<int64_t>(text.size()),
                       callbacks->user_data);
      };
    }
    if (allocate) {
      settings.allocator.allocate = [callbacks](std::size_t bytes, std::size_t alignment) {
        return callbacks->allocate(bytes, alignment, callbacks->user_data);
      };
      settings.allocator.release = [callbacks](void* memory, std::size_t bytes) {
        callbacks->release(memory, bytes, callbacks->user_data);
      };
    }
    give(out, Runtime(settings), callbacks);
    callbacks->destroy = destroy;
  });
}

ondol_status ondol_runtime_info(const ondol_runtime* runtime, ondol_string** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    require(out, "out");
    const Ref<const ondol_runtime> held(runtime);
    const Runtime value = held ? held->value : Runtime::shared();
    give(out, Json::object({{"threads", value.threads()},
                            {"isa", value.isa()},
                            {"memory_used", value.memory_used()},
                            {"memory_peak", value.memory_peak()},
                            {"memory_limit", value.memory_limit()}})
                  .dump());
  });
}

void ondol_runtime_free(ondol_runtime* runtime) { release(runtime); }

}  // extern "C"
