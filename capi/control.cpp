#include "handles.hpp"

using namespace ondol::capi;

extern "C" {

ondol_status ondol_control_new(ondol_control** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    require(out, "out");
    give(out);
  });
}

ondol_status ondol_control_cancel(ondol_control* control, ondol_error** error) {
  return guard(__func__, error, [&] { hold(control, "control")->stop.request_stop(); });
}

int32_t ondol_control_cancelled(const ondol_control* control) {
  return control && control->stop.stop_requested() ? 1 : 0;
}

ondol_status ondol_control_progress(const ondol_control* control, uint64_t* done, uint64_t* total,
                                    ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(control, "control");
    require(done, "done");
    require(total, "total");
    *done = held->progress->done;
    *total = held->progress->total;
  });
}

void ondol_control_free(ondol_control* control) { release(control); }

}  // extern "C"
