#include "handles.hpp"

using namespace ondol;
using namespace ondol::capi;

extern "C" {

ondol_status ondol_model_score(const ondol_model* model, const ondol_prompt* prompt, const ondol_prompt* text,
                               ondol_control* control, ondol_score** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    const Ref<const ondol_prompt> condition(prompt);
    const auto scored = hold(text, "text");
    require(out, "out");
    const Controlled controlled(control);
    give(out, condition ? score(held->value, condition->value, scored->value, controlled.stop)
                        : score(held->value, scored->value, controlled.stop));
  });
}

const float* ondol_score_nll(const ondol_score* score) { return score ? score->value.nll.data() : nullptr; }

int64_t ondol_score_count(const ondol_score* score) {
  return score ? static_cast<int64_t>(score->value.nll.size()) : 0;
}

const int32_t* ondol_score_ids(const ondol_score* score) { return score ? score->value.ids.data() : nullptr; }

int64_t ondol_score_id_count(const ondol_score* score) {
  return score ? static_cast<int64_t>(score->value.ids.size()) : 0;
}

double ondol_score_sum(const ondol_score* score) { return score ? score->value.sum() : 0; }

double ondol_score_perplexity(const ondol_score* score) { return score ? score->value.perplexity() : 0; }

void ondol_score_free(ondol_score* score) { release(score); }

}  // extern "C"
