#pragma once

#include "models/config.hpp"
#include "models/naming.hpp"
#include "models/recipe.hpp"

namespace ondol {

// What a file of this folder gives to the registry, and to families that start from it.

[[nodiscard]] Recipe llama(const Config& config);
[[nodiscard]] Recipe qwen2(const Config& config);
[[nodiscard]] Recipe qwen3(const Config& config);
[[nodiscard]] Recipe gemma(const Config& config);
[[nodiscard]] Recipe gemma2(const Config& config);
[[nodiscard]] Recipe gemma3(const Config& config);
[[nodiscard]] Recipe phi3(const Config& config);
[[nodiscard]] Naming phi3_names(const Config& config);
[[nodiscard]] Recipe olmo2(const Config& config);
[[nodiscard]] Recipe olmo3(const Config& config);
[[nodiscard]] Recipe granite(const Config& config);
[[nodiscard]] Recipe hyperclovax(const Config& config);
[[nodiscard]] Recipe glm4(const Config& config);
[[nodiscard]] Recipe exaone4(const Config& config);
[[nodiscard]] Recipe smollm3(const Config& config);
[[nodiscard]] Recipe ernie4_5(const Config& config);
[[nodiscard]] Recipe arcee(const Config& config);
[[nodiscard]] Recipe nemotron(const Config& config);
[[nodiscard]] Recipe phi(const Config& config);
[[nodiscard]] Recipe gpt2(const Config& config);
[[nodiscard]] Recipe gpt_neox(const Config& config);
[[nodiscard]] Recipe gptj(const Config& config);
[[nodiscard]] Recipe falcon(const Config& config);
[[nodiscard]] Recipe bloom(const Config& config);
[[nodiscard]] Recipe mpt(const Config& config);
[[nodiscard]] Recipe starcoder2(const Config& config);
[[nodiscard]] Recipe stablelm(const Config& config);
[[nodiscard]] Recipe cohere(const Config& config);
[[nodiscard]] Recipe cohere2(const Config& config);
[[nodiscard]] Recipe opt(const Config& config);
[[nodiscard]] Recipe bert(const Config& config);
[[nodiscard]] Recipe distilbert(const Config& config);
[[nodiscard]] Recipe albert(const Config& config);
[[nodiscard]] Recipe electra(const Config& config);
[[nodiscard]] Recipe mpnet(const Config& config);
[[nodiscard]] Recipe deberta_v2(const Config& config);
[[nodiscard]] Recipe modernbert(const Config& config);
[[nodiscard]] Recipe nomic_bert(const Config& config);
[[nodiscard]] Recipe t5(const Config& config);
[[nodiscard]] Recipe bart(const Config& config);
[[nodiscard]] Recipe marian(const Config& config);
[[nodiscard]] Recipe m2m100(const Config& config);
[[nodiscard]] Recipe pegasus(const Config& config);
[[nodiscard]] Recipe mbart(const Config& config);
[[nodiscard]] Recipe mamba(const Config& config);
[[nodiscard]] Recipe mamba2(const Config& config);
[[nodiscard]] Recipe rwkv(const Config& config);
[[nodiscard]] Recipe falcon_h1(const Config& config);
[[nodiscard]] Recipe lfm2(const Config& config);
[[nodiscard]] Recipe granite_hybrid(const Config& config);
[[nodiscard]] Recipe recurrent_gemma(const Config& config);
[[nodiscard]] Recipe jamba(const Config& config);
[[nodiscard]] Recipe qwen3_next(const Config& config);
[[nodiscard]] Recipe qwen2_moe(const Config& config);
[[nodiscard]] Recipe qwen3_moe(const Config& config);
[[nodiscard]] Recipe olmoe(const Config& config);
[[nodiscard]] Recipe granite_moe(const Config& config);
[[nodiscard]] Recipe deepseek(const Config& config);
[[nodiscard]] Recipe llama4(const Config& config);
[[nodiscard]] Recipe gpt_oss(const Config& config);
[[nodiscard]] Recipe glm4_moe(const Config& config);
[[nodiscard]] Recipe phimoe(const Config& config);
[[nodiscard]] Recipe ernie4_5_moe(const Config& config);

/// Where families older than Llama start from: LayerNorm, a plain feed-forward block, no rotary embedding.
[[nodiscard]] Recipe gpt_like(const Config& config);
/// Puts OLMo 3's windows and rotary embeddings on the layers of an OLMo 2.
void olmo3_windows(const Config& config, Recipe& recipe);
/// Puts the mixture into the layers that Qwen's configs say have one.
void put_qwen_experts(const Config& config, Recipe& recipe, const Experts::Shape& experts);
/// Reads Granite's multipliers.
void granite_multipliers(const Config& config, Recipe& recipe);

[[nodiscard]] Naming gemma_names(const Config& config);
[[nodiscard]] Naming gemma2_names(const Config& config);
[[nodiscard]] Naming post_norm_names(const Config& config);
[[nodiscard]] Naming hyperclovax_names(const Config& config);
[[nodiscard]] Naming glm4_names(const Config& config);
[[nodiscard]] Naming phi_names(const Config& config);
[[nodiscard]] Naming gpt2_names(const Config& config);
[[nodiscard]] Naming gpt_neox_names(const Config& config);
[[nodiscard]] Naming gptj_names(const Config& config);
[[nodiscard]] Naming falcon_names(const Config& config);
[[nodiscard]] Naming bloom_names(const Config& config);
[[nodiscard]] Naming mpt_names(const Config& config);
[[nodiscard]] Naming starcoder2_names(const Config& config);
[[nodiscard]] Naming stablelm_names(const Config& config);
[[nodiscard]] Naming opt_names(const Config& config);
[[nodiscard]] Naming bert_names(const Config& config);
[[nodiscard]] Naming roberta_names(const Config& config);
[[nodiscard]] Naming distilbert_names(const Config& config);
[[nodiscard]] Naming albert_names(const Config& config);
[[nodiscard]] Naming electra_names(const Config& config);
[[nodiscard]] Naming mpnet_names(const Config& config);
[[nodiscard]] Naming deberta_v2_names(const Config& config);
[[nodiscard]] Naming modernbert_names(const Config& config);
[[nodiscard]] Naming nomic_bert_names(const Config& config);
[[nodiscard]] Naming t5_names(const Config& config);
[[nodiscard]] Naming bart_names(const Config& config);
[[nodiscard]] Naming mamba_names(const Config& config);
[[nodiscard]] Naming mamba2_names(const Config& config);
[[nodiscard]] Naming rwkv_names(const Config& config);
[[nodiscard]] Naming falcon_h1_names(const Config& config);
[[nodiscard]] Naming lfm2_names(const Config& config);
[[nodiscard]] Naming bamba_names(const Config& config);
[[nodiscard]] Naming granite_hybrid_names(const Config& config);
[[nodiscard]] Naming recurrent_gemma_names(const Config& config);
[[nodiscard]] Naming jamba_names(const Config& config);
[[nodiscard]] Naming qwen3_next_names(const Config& config);
/// Of Mamba 2 among other blocks: model.layers.{}.mamba.….
[[nodiscard]] const Naming& hybrid_mamba2_names();
[[nodiscard]] Naming moe_names(const Config& config);
[[nodiscard]] Naming mixtral_names(const Config& config);
[[nodiscard]] Naming phimoe_names(const Config& config);
[[nodiscard]] Naming qwen2_moe_names(const Config& config);
[[nodiscard]] Naming granite_moe_names(const Config& config);
[[nodiscard]] Naming deepseek_names(const Config& config);
[[nodiscard]] Naming llama4_names(const Config& config);
[[nodiscard]] Naming gpt_oss_names(const Config& config);
[[nodiscard]] Naming glm4_moe_names(const Config& config);
[[nodiscard]] Naming ernie4_5_moe_names(const Config& config);

}  // namespace ondol
