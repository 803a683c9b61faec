#include <string_view>
#include <utility>

#include "models/heads/head.hpp"

namespace ondol {
namespace {

/// How the names of `architectures` end.
constexpr std::pair<std::string_view, HeadKind> endings[] = {
    {"ForSequenceClassification", HeadKind::sequence},
    {"ForTokenClassification", HeadKind::labels},
    {"ForQuestionAnswering", HeadKind::span},
    {"ForMaskedLM", HeadKind::tokens},
    {"ForPreTraining", HeadKind::tokens},
    {"ForCausalLM", HeadKind::tokens},
    {"LMHeadModel", HeadKind::tokens},
    {"ForConditionalGeneration", HeadKind::tokens},
};

}  // namespace

HeadKind head_kind(const Config& config, const Recipe& recipe, const WeightBinder& binder) {
  const std::string name = config.architecture();
  for (const auto& [ending, kind] : endings) {
    if (name.ends_with(ending)) return kind;
  }
  if (binder.has("cls.output.weight")) return HeadKind::sequence;
  if (!recipe.both_directions) return HeadKind::tokens;
  return binder.has("output_transform.weight") || binder.has("output.weight") ? HeadKind::tokens : HeadKind::none;
}

Naming with_heads(const Config& config, const Naming& family) {
  static const Naming heads = {
      {"score", "cls.output"},
      {"qa_outputs", "cls.output"},
      {"classifier", "cls.output"},
      {"classifier.dense", "cls"},
      {"classifier.out_proj", "cls.output"},
      {"pre_classifier", "cls"},
      {"pooler.dense", "cls"},
      {"cls.predictions.transform.dense", "output_transform"},
      {"cls.predictions.transform.LayerNorm", "output_transform_norm"},
      {"cls.predictions.decoder", "output"},
      {"cls.predictions", "output"},
      {"cls.seq_relationship", ""},
      {"lm_head.dense", "output_transform"},
      {"lm_head.layer_norm", "output_transform_norm"},
      {"lm_head.decoder", "output"},
      {"lm_head", "output"},
      {"embeddings.position_ids", ""},
  };
  Naming names = with(heads, family);
  const std::string name = config.architecture();
  if (name.ends_with("ForQuestionAnswering")) names = with(names, {{"qa_outputs", "cls.output"}});
  if (name.ends_with("ForTokenClassification")) names = with(names, {{"classifier", "cls.output"}});
  return names;
}

}  // namespace ondol
