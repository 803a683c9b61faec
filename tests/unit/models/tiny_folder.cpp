#include "models/tiny_folder.hpp"

namespace test {
namespace {

constexpr std::uint64_t hidden = 16, vocabulary = 24, wide = 32;

std::string layer(const char* stem, int i) { return std::string(stem) + std::to_string(i) + "."; }

void add_llama_attention(TinyFolder& f, const std::string& at) {
  f.add(at + "self_attn.q_proj.weight", {16, hidden});
  f.add(at + "self_attn.k_proj.weight", {8, hidden});
  f.add(at + "self_attn.v_proj.weight", {8, hidden});
  f.add(at + "self_attn.o_proj.weight", {hidden, 16});
}

void add_gated(TinyFolder& f, const std::string& at, std::uint64_t size) {
  f.add(at + "gate_proj.weight", {size, hidden});
  f.add(at + "up_proj.weight", {size, hidden});
  f.add(at + "down_proj.weight", {hidden, size});
}

TinyFolder decoder(const char* name, std::vector<Field> config) {
  TinyFolder f{.name = name, .config = std::move(config)};
  f.add("model.embed_tokens.weight", {vocabulary, hidden});
  f.add("lm_head.weight", {vocabulary, hidden});
  f.add("model.norm.weight", {hidden});
  for (int i = 0; i < 2; ++i) {
    const std::string at = layer("model.layers.", i);
    f.add(at + "input_layernorm.weight", {hidden});
    f.add(at + "post_attention_layernorm.weight", {hidden});
  }
  return f;
}

TinyFolder llama() {
  TinyFolder f = decoder(
      "llama", {{"model_type", R"("llama")"},
                {"architectures", R"(["LlamaForCausalLM"])"},
                {"hidden_size", "16"},
                {"num_hidden_layers", "2"},
                {"num_attention_heads", "4"},
                {"num_key_value_heads", "2"},
                {"head_dim", "4"},
                {"intermediate_size", "32"},
                {"max_position_embeddings", "64"},
                {"rms_norm_eps", "1e-5"},
                {"rope_theta", "10000.0"},
                {"rope_scaling", R"({"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,)"
                                 R"("original_max_position_embeddings":32})"},
                {"hidden_act", R"("silu")"},
                {"eos_token_id", "[1,2]"},
                {"vocab_size", "24"}});
  for (int i = 0; i < 2; ++i) {
    add_llama_attention(f, layer("model.layers.", i));
    add_gated(f, layer("model.layers.", i) + "mlp.", wide);
  }
  return f;
}

TinyFolder gemma3() {
  TinyFolder f =
      decoder("gemma3", {{"model_type", R"("gemma3_text")"},
                         {"hidden_size", "16"},
                         {"num_hidden_layers", "2"},
                         {"num_attention_heads", "4"},
                         {"num_key_value_heads", "2"},
                         {"head_dim", "4"},
                         {"intermediate_size", "32"},
                         {"max_position_embeddings", "64"},
                         {"sliding_window", "8"},
                         {"layer_types", R"(["sliding_attention","full_attention"])"},
                         {"rope_parameters", R"({"full_attention":{"rope_type":"yarn","factor":4.0,)"
                                             R"("rope_theta":1e6,"original_max_position_embeddings":16},)"
                                             R"("sliding_attention":{"rope_type":"default","rope_theta":1e4}})"},
                         {"query_pre_attn_scalar", "4"},
                         {"rms_norm_eps", "1e-6"},
                         {"final_logit_softcapping", "30.0"},
                         {"hidden_activation", R"("gelu_pytorch_tanh")"}});
  for (int i = 0; i < 2; ++i) {
    const std::string at = layer("model.layers.", i);
    add_llama_attention(f, at);
    add_gated(f, at + "mlp.", wide);
    f.add(at + "self_attn.q_norm.weight", {4});
    f.add(at + "self_attn.k_norm.weight", {4});
    f.add(at + "pre_feedforward_layernorm.weight", {hidden});
    f.add(at + "post_feedforward_layernorm.weight", {hidden});
  }
  return f;
}

TinyFolder mixtral() {
  TinyFolder f = decoder("mixtral", {{"model_type", R"("mixtral")"},
                                     {"hidden_size", "16"},
                                     {"num_hidden_layers", "2"},
                                     {"num_attention_heads", "4"},
                                     {"num_key_value_heads", "2"},
                                     {"head_dim", "4"},
                                     {"intermediate_size", "32"},
                                     {"max_position_embeddings", "64"},
                                     {"num_local_experts", "4"},
                                     {"num_experts_per_tok", "2"},
                                     {"sliding_window", "null"},
                                     {"rms_norm_eps", "1e-5"},
                                     {"rope_parameters", R"({"rope_type":"default","rope_theta":10000.0})"},
                                     {"hidden_act", R"("silu")"}});
  for (int i = 0; i < 2; ++i) {
    const std::string at = layer("model.layers.", i);
    add_llama_attention(f, at);
    f.add(at + "block_sparse_moe.gate.weight", {4, hidden});
    for (int e = 0; e < 4; ++e) {
      const std::string expert = layer((at + "block_sparse_moe.experts.").c_str(), e);
      f.add(expert + "w1.weight", {wide, hidden});
      f.add(expert + "w2.weight", {hidden, wide});
      f.add(expert + "w3.weight", {wide, hidden});
    }
  }
  return f;
}

TinyFolder deepseek() {
  TinyFolder f = decoder("deepseek", {{"model_type", R"("deepseek_v3")"},
                                      {"hidden_size", "16"},
                                      {"num_hidden_layers", "2"},
                                      {"num_attention_heads", "2"},
                                      {"num_key_value_heads", "2"},
                                      {"q_lora_rank", "8"},
                                      {"kv_lora_rank", "8"},
                                      {"qk_nope_head_dim", "4"},
                                      {"qk_rope_head_dim", "4"},
                                      {"v_head_dim", "6"},
                                      {"intermediate_size", "32"},
                                      {"moe_intermediate_size", "8"},
                                      {"n_routed_experts", "4"},
                                      {"n_shared_experts", "1"},
                                      {"num_experts_per_tok", "2"},
                                      {"n_group", "2"},
                                      {"topk_group", "1"},
                                      {"first_k_dense_replace", "1"},
                                      {"routed_scaling_factor", "2.5"},
                                      {"norm_topk_prob", "true"},
                                      {"max_position_embeddings", "64"},
                                      {"num_nextn_predict_layers", "1"},
                                      {"rms_norm_eps", "1e-6"},
                                      {"rope_theta", "10000"},
                                      {"rope_interleave", "true"},
                                      {"rope_scaling", R"({"type":"yarn","factor":4,"beta_fast":32,"beta_slow":1,)"
                                                       R"("mscale":1.0,"mscale_all_dim":1.0,)"
                                                       R"("original_max_position_embeddings":16})"}});
  for (int i = 0; i < 2; ++i) {
    const std::string at = layer("model.layers.", i);
    f.add(at + "self_attn.q_a_proj.weight", {8, hidden});
    f.add(at + "self_attn.q_a_layernorm.weight", {8});
    f.add(at + "self_attn.q_b_proj.weight", {16, 8});
    f.add(at + "self_attn.kv_a_proj_with_mqa.weight", {12, hidden});
    f.add(at + "self_attn.kv_a_layernorm.weight", {8});
    f.add(at + "self_attn.kv_b_proj.weight", {20, 8});
    f.add(at + "self_attn.o_proj.weight", {hidden, 12});
  }
  add_gated(f, "model.layers.0.mlp.", wide);
  f.add("model.layers.1.mlp.gate.weight", {4, hidden});
  f.add("model.layers.1.mlp.gate.e_score_correction_bias", {4});
  for (int e = 0; e < 4; ++e) add_gated(f, layer("model.layers.1.mlp.experts.", e), 8);
  add_gated(f, "model.layers.1.mlp.shared_experts.", 8);
  return f;
}

TinyFolder mamba2() {
  TinyFolder f{.name = "mamba2",
               .config = {{"model_type", R"("mamba2")"},
                          {"hidden_size", "16"},
                          {"num_hidden_layers", "2"},
                          {"num_heads", "4"},
                          {"head_dim", "8"},
                          {"state_size", "4"},
                          {"n_groups", "2"},
                          {"conv_kernel", "4"},
                          {"expand", "2"},
                          {"layer_norm_epsilon", "1e-5"},
                          {"time_step_limit", "[0.0,Infinity]"},
                          {"hidden_act", R"("silu")"}}};
  f.add("backbone.embeddings.weight", {vocabulary, hidden});
  f.add("backbone.norm_f.weight", {hidden});
  f.add("lm_head.weight", {vocabulary, hidden});
  for (int i = 0; i < 2; ++i) {
    const std::string at = layer("backbone.layers.", i);
    f.add(at + "norm.weight", {hidden});
    f.add(at + "mixer.A_log", {4});
    f.add(at + "mixer.D", {4});
    f.add(at + "mixer.dt_bias", {4});
    f.add(at + "mixer.conv1d.weight", {48, 1, 4});
    f.add(at + "mixer.conv1d.bias", {48});
    f.add(at + "mixer.in_proj.weight", {84, hidden});
    f.add(at + "mixer.norm.weight", {32});
    f.add(at + "mixer.out_proj.weight", {hidden, 32});
  }
  return f;
}

TinyFolder bert() {
  TinyFolder f{.name = "bert",
               .config = {{"model_type", R"("bert")"},
                          {"architectures", R"(["BertForSequenceClassification"])"},
                          {"hidden_size", "16"},
                          {"num_hidden_layers", "2"},
                          {"num_attention_heads", "4"},
                          {"intermediate_size", "32"},
                          {"max_position_embeddings", "64"},
                          {"type_vocab_size", "2"},
                          {"layer_norm_eps", "1e-12"},
                          {"hidden_act", R"("gelu")"},
                          {"id2label", R"({"0":"no","1":"yes","2":"maybe"})"},
                          {"problem_type", R"("single_label_classification")"},
                          {"pad_token_id", "0"}}};
  const auto both = [&](const std::string& name, std::uint64_t out, std::uint64_t in) {
    if (in > 0) f.add(name + ".weight", {out, in});
    if (in == 0) f.add(name + ".weight", {out});
    f.add(name + ".bias", {out});
  };
  f.add("bert.embeddings.word_embeddings.weight", {vocabulary, hidden});
  f.add("bert.embeddings.position_embeddings.weight", {64, hidden});
  f.add("bert.embeddings.token_type_embeddings.weight", {2, hidden});
  both("bert.embeddings.LayerNorm", hidden, 0);
  for (int i = 0; i < 2; ++i) {
    const std::string at = layer("bert.encoder.layer.", i);
    for (const char* part : {"query", "key", "value"}) both(at + "attention.self." + part, hidden, hidden);
    both(at + "attention.output.dense", hidden, hidden);
    both(at + "attention.output.LayerNorm", hidden, 0);
    both(at + "intermediate.dense", wide, hidden);
    both(at + "output.dense", hidden, wide);
    both(at + "output.LayerNorm", hidden, 0);
  }
  both("bert.pooler.dense", hidden, hidden);
  both("classifier", 3, hidden);
  return f;
}

TinyFolder t5() {
  TinyFolder f{.name = "t5",
               .config = {{"model_type", R"("t5")"},
                          {"d_model", "16"},
                          {"d_kv", "4"},
                          {"d_ff", "32"},
                          {"num_layers", "1"},
                          {"num_decoder_layers", "1"},
                          {"num_heads", "4"},
                          {"relative_attention_num_buckets", "8"},
                          {"relative_attention_max_distance", "16"},
                          {"layer_norm_epsilon", "1e-6"},
                          {"feed_forward_proj", R"("relu")"},
                          {"is_encoder_decoder", "true"},
                          {"decoder_start_token_id", "0"},
                          {"eos_token_id", "1"},
                          {"tie_word_embeddings", "true"}}};
  f.add("shared.weight", {vocabulary, hidden});
  for (const char* stack : {"encoder", "decoder"}) {
    const bool decoder = stack[0] == 'd';
    const std::string block = std::string(stack) + ".block.0.layer.";
    const auto attention = [&](const std::string& at) {
      for (const char* part : {".q", ".k", ".v", ".o"}) f.add(at + part + ".weight", {16, hidden});
    };
    attention(block + "0.SelfAttention");
    f.add(block + "0.SelfAttention.relative_attention_bias.weight", {8, 4});
    f.add(block + "0.layer_norm.weight", {hidden});
    if (decoder) {
      attention(block + "1.EncDecAttention");
      f.add(block + "1.layer_norm.weight", {hidden});
    }
    const std::string last = block + (decoder ? "2." : "1.");
    f.add(last + "DenseReluDense.wi.weight", {wide, hidden});
    f.add(last + "DenseReluDense.wo.weight", {hidden, wide});
    f.add(last + "layer_norm.weight", {hidden});
    f.add(std::string(stack) + ".final_layer_norm.weight", {hidden});
  }
  return f;
}

}  // namespace

std::vector<TinyFolder> tiny_folders() { return {llama(), gemma3(), mixtral(), deepseek(), mamba2(), bert(), t5()}; }

std::vector<TinyFolder> quantised_folders() {
  std::vector<TinyFolder> out;
  const std::string matrix = "model.layers.0.self_attn.q_proj";
  const auto start = [&](const char* name, const char* scheme) -> TinyFolder& {
    TinyFolder f = llama();
    f.name = name;
    f.config.emplace_back("quantization_config", scheme);
    std::erase_if(f.tensors, [&](const FolderTensor& tensor) { return tensor.name == matrix + ".weight"; });
    return out.emplace_back(std::move(f));
  };
  const auto bytes = [](std::size_t count, char value = '\x2c') { return std::string(count, value); };
  TinyFolder& gptq = start("gptq", R"({"quant_method":"gptq","bits":4,"group_size":16,"checkpoint_format":"gptq"})");
  gptq.add(matrix + ".qweight", {2, 16}, "I32", bytes(128));
  gptq.add(matrix + ".qzeros", {1, 2}, "I32", bytes(8));
  gptq.add(matrix + ".scales", {1, 16}, "F16", bytes(32));
  gptq.add(matrix + ".g_idx", {16}, "I32", bytes(64, '\0'));
  TinyFolder& awq = start("awq", R"({"quant_method":"awq","bits":4,"group_size":16,"version":"gemm"})");
  awq.add(matrix + ".qweight", {16, 2}, "I32", bytes(128));
  awq.add(matrix + ".qzeros", {1, 2}, "I32", bytes(8));
  awq.add(matrix + ".scales", {1, 16}, "F16", bytes(32));
  TinyFolder& fp8 = start("fp8", R"({"quant_method":"fp8","weight_block_size":[8,16]})");
  fp8.add(matrix + ".weight", {16, 16}, "F8_E4M3", bytes(256));
  fp8.add(matrix + ".weight_scale_inv", {2, 1}, "F32", bytes(8));
  TinyFolder& packed = start("compressed-tensors", R"({"quant_method":"compressed-tensors","format":"pack-quantized",)"
                                                   R"("config_groups":{"group_0":{"weights":{"num_bits":4}}}})");
  std::string shape(16, '\0');
  shape[0] = shape[8] = 16;
  packed.add(matrix + ".weight_packed", {16, 2}, "I32", bytes(128));
  packed.add(matrix + ".weight_scale", {16, 2}, "F16", bytes(64));
  packed.add(matrix + ".weight_zero_point", {2, 2}, "I32", bytes(16));
  packed.add(matrix + ".weight_shape", {2}, "I64", shape);
  TinyFolder& plain = start("compressed-tensors int8", R"({"quant_method":"compressed-tensors"})");
  plain.add(matrix + ".weight", {16, 16}, "I8", bytes(256));
  plain.add(matrix + ".weight_scale", {16, 1}, "BF16", bytes(32));
  const std::string state = R"({"blocksize":64,"shape":[16,16],"nested_blocksize":256,"nested_offset":0.5})";
  TinyFolder& nf4 = start("bitsandbytes", R"({"quant_method":"bitsandbytes","load_in_4bit":true})");
  nf4.add(matrix + ".weight", {128, 1}, "U8", bytes(128));
  nf4.add(matrix + ".weight.absmax", {4}, "U8", bytes(4));
  nf4.add(matrix + ".weight.quant_map", {16}, "F32", bytes(64));
  nf4.add(matrix + ".weight.nested_quant_map", {256}, "F32", bytes(1024));
  nf4.add(matrix + ".weight.nested_absmax", {1}, "F32", bytes(4));
  nf4.add(matrix + ".weight.quant_state.bitsandbytes__nf4", {state.size()}, "U8", state);
  return out;
}

}  // namespace test
