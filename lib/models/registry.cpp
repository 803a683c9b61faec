#include "models/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "base/fail.hpp"
#include "files/printable.hpp"
#include "models/families/families.hpp"
#include "models/heads/head.hpp"
#include "models/llama_like.hpp"
#include "ondol/families.hpp"

namespace ondol {
namespace {

Naming plain(const Config&) { return llama_names(); }
Naming rotated(const Config&) { return rotated_llama_names(); }
bool has_experts(const Config& c) { return c.count_or("num_experts", 0) > 0; }
bool has_factors(const Config& c) { return c.has("embedding_multiplier") || has_experts(c); }
bool has_sigmoid_router(const Config& c) { return c.count_or("expert_gating_func", 1) == 2; }

// A table, not objects that register themselves: a linker drops those from a static library.
const Family table[] = {
    {"mixtral", "llama", llama, mixtral_names, has_experts},
    {"llama", "llama", llama, rotated},
    {"mistral", "llama", llama, rotated},
    {"qwen2", "qwen2", qwen2, plain},
    {"qwen2_vl_text", "", qwen2, plain},
    {"qwen2_5_vl_text", "", qwen2, plain},
    {"qwen3", "qwen3", qwen3, plain},
    {"gemma", "gemma", gemma, gemma_names},
    {"gemma2", "gemma2", gemma2, gemma2_names},
    {"gemma3_text", "gemma3", gemma3, gemma2_names},
    {"phi", "phi2", phi, phi_names},
    {"phi3", "phi3", phi3, phi3_names},
    {"olmo2", "olmo2", olmo2, post_norm_names},
    {"olmo3", "olmo2", olmo3, post_norm_names},
    {"granite", "granite", granite, rotated},
    {"hyperclovax", "", hyperclovax, hyperclovax_names},
    {"glm4", "glm4", glm4, glm4_names},
    {"exaone4", "exaone4", exaone4, post_norm_names},
    {"smollm3", "smollm3", smollm3, rotated},
    {"ernie4_5", "ernie4_5", ernie4_5, plain},
    {"helium", "", ernie4_5, plain},
    {"seed_oss", "seed_oss", llama_like, plain},
    {"arcee", "arcee", arcee, rotated},
    {"nemotron", "nemotron", nemotron, gemma_names},
    {"gpt2", "gpt2", gpt2, gpt2_names},
    {"gpt_neox", "gptneox", gpt_neox, gpt_neox_names},
    {"gptj", "gptj", gptj, gptj_names},
    {"falcon", "falcon", falcon, falcon_names},
    {"bloom", "bloom", bloom, bloom_names},
    {"mpt", "mpt", mpt, mpt_names},
    {"starcoder2", "starcoder2", starcoder2, starcoder2_names},
    {"stablelm", "stablelm", stablelm, stablelm_names},
    {"cohere", "command-r", cohere, plain},
    {"cohere2", "cohere2", cohere2, plain},
    {"opt", "", opt, opt_names},
    {"mamba", "mamba", mamba, mamba_names},
    {"mamba2", "mamba2", mamba2, mamba2_names},
    {"rwkv", "", rwkv, rwkv_names},
    {"falcon_h1", "falcon-h1", falcon_h1, falcon_h1_names},
    {"lfm2", "lfm2", lfm2, lfm2_names},
    {"granitemoehybrid", "granitehybrid", granite_hybrid, granite_hybrid_names, has_factors},
    {"bamba", "granitehybrid", granite_hybrid, bamba_names},
    {"recurrent_gemma", "", recurrent_gemma, recurrent_gemma_names},
    {"jamba", "jamba", jamba, jamba_names},
    {"qwen3_next", "qwen3next", qwen3_next, qwen3_next_names},
    {"qwen2_moe", "qwen2moe", qwen2_moe, qwen2_moe_names},
    {"qwen3_moe", "qwen3moe", qwen3_moe, moe_names},
    {"olmoe", "olmoe", olmoe, moe_names},
    {"granitemoe", "granitemoe", granite_moe, granite_moe_names},
    {"granitemoeshared", "granitemoe", granite_moe, granite_moe_names},
    {"deepseek_v3", "deepseek2", deepseek, deepseek_names, has_sigmoid_router},
    {"deepseek_v2", "deepseek2", deepseek, deepseek_names},
    {"kimi_k2", "deepseek2", deepseek, deepseek_names},
    {"llama4_text", "llama4", llama4, llama4_names},
    {"gpt_oss", "gpt-oss", gpt_oss, gpt_oss_names},
    {"glm4_moe", "glm4moe", glm4_moe, glm4_moe_names},
    {"phimoe", "phimoe", phimoe, phimoe_names},
    {"ernie4_5_moe", "ernie4_5-moe", ernie4_5_moe, ernie4_5_moe_names},
    {"bert", "bert", bert, bert_names},
    {"roberta", "bert", bert, roberta_names},
    {"xlm-roberta", "bert", bert, roberta_names},
    {"camembert", "bert", bert, roberta_names},
    {"distilbert", "", distilbert, distilbert_names},
    {"albert", "", albert, albert_names},
    {"electra", "", electra, electra_names},
    {"mpnet", "", mpnet, mpnet_names},
    {"deberta-v2", "", deberta_v2, deberta_v2_names},
    {"modernbert", "modern-bert", modernbert, modernbert_names},
    {"nomic_bert", "nomic-bert", nomic_bert, nomic_bert_names},
    {"t5", "t5", t5, t5_names},
    {"mt5", "t5", t5, t5_names},
    {"bart", "", bart, bart_names},
    {"mbart", "", mbart, bart_names},
    {"marian", "", marian, bart_names},
    {"m2m_100", "", m2m100, bart_names},
    {"pegasus", "", pegasus, bart_names},
};

}  // namespace

std::span<const Family> families() noexcept { return table; }

const Family& family_of_type(std::string_view model_type, const Family& otherwise) {
  const auto* found = std::ranges::find(table, model_type, &Family::model_type);
  return found == std::end(table) ? otherwise : *found;
}

Naming naming_of(const Family& family, const Config& config) { return with_heads(config, family.naming(config)); }

std::vector<FamilyInfo> known_families() {
  std::vector<FamilyInfo> out;
  for (const Family& family : table) out.push_back({family.model_type, family.architecture});
  return out;
}

const Family& find_family(const Config& config) {
  std::string known;
  for (const Family& family : table) {
    const bool fits = config.is_gguf() ? family.architecture == config.model_type() && (!family.fits || family.fits(config))
                                       : family.model_type == config.model_type();
    if (fits) return family;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", family.model_type);
  }
  fail(Status::unsupported,
       fmt::format("{}: {} is '{}'; this version runs {}", config.path(),
                   config.is_gguf() ? "general.architecture" : "model_type", printable(config.model_type()), known));
}

std::vector<Weight> canonical_weights(const WeightSource& source, const Config& config, const Family& family) {
  return canonical_weights(source, config, source.config() ? naming_of(family, config) : Naming());
}

}  // namespace ondol
