#include "handles.hpp"

using namespace ondol;
using namespace ondol::capi;

extern "C" {

ondol_status ondol_prompt_text(const char* text, int64_t size, ondol_prompt** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const std::string_view words = text_in(text, size, "text");
    require(out, "out");
    give(out, std::string(words));
  });
}

ondol_status ondol_prompt_ids(const int32_t* ids, int64_t count, ondol_prompt** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto tokens = list_in(ids, count, "ids");
    require(out, "out");
    give(out, std::vector<Token>(tokens.begin(), tokens.end()));
  });
}

void ondol_prompt_free(ondol_prompt* prompt) { release(prompt); }

}  // extern "C"
