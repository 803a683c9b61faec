#include <algorithm>
#include <iterator>
#include <string>
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
  const Layout* matrix = &layouts::matrix;
  const Naming heads = {
      {"classifier.dense", "cls"},
      {"pre_classifier", "cls"},
      {"pooler.dense", "cls"},
      {"classifier.out_proj", "cls.output", matrix},
      {"classifier", "cls.output", matrix},
      {"qa_outputs", "cls.output", matrix},
      {"score", "cls.output", matrix},
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
  for (Rename& row : names) {
    if (row.gguf == "cls.output" && !row.layout) row.layout = matrix;
  }
  // The later row is the name that is written.
  const std::string name = config.architecture();
  if (name.ends_with("ForQuestionAnswering")) names = with(names, {{"qa_outputs", "cls.output", matrix}});
  if (name.ends_with("ForTokenClassification")) names = with(names, {{"classifier", "cls.output", matrix}});
  const bool own_pooler = std::ranges::any_of(family, [](const Rename& row) { return row.hugging_face == "pooler"; });
  if (!name.ends_with("ForSequenceClassification") && !own_pooler) names = with(names, {{"pooler.dense", "cls"}});
  return names;
}

std::string written_name(const Config& config, std::string name, std::string_view gguf) {
  struct Prefix {
    std::string_view model_type, prefix;  // of what is common to all classes of a model
  };
  static constexpr Prefix prefixes[] = {
      {"bert", "bert."},          {"roberta", "roberta."},       {"xlm-roberta", "roberta."}, {"camembert", "roberta."},
      {"electra", "electra."},    {"distilbert", "distilbert."}, {"albert", "albert."},       {"mpnet", "mpnet."},
      {"deberta-v2", "deberta."}, {"modernbert", "model."},      {"bart", "model."},          {"mbart", "model."},
      {"marian", "model."},       {"m2m_100", "model."},         {"pegasus", "model."}};
  const std::string architecture = config.architecture();
  if (architecture.empty()) return name;
  if (architecture.ends_with("Model") && !architecture.ends_with("LMHeadModel") && !architecture.ends_with("MTModel")) {
    return name.starts_with("model.") ? name.substr(6) : name;
  }
  const auto* own = std::ranges::find(prefixes, std::string_view(config.model_type()), &Prefix::model_type);
  const bool head = (gguf.starts_with("output") && !gguf.starts_with("output_norm")) || gguf.starts_with("cls");
  if (own == std::end(prefixes) || (head && !name.starts_with("pooler."))) return name;
  return name.starts_with(own->prefix) ? name : std::string(own->prefix) + name;
}

}  // namespace ondol
