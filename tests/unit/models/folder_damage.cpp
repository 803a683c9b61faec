#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "data.hpp"
#include "models/damage.hpp"
#include "ondol/error.hpp"
#include "ondol/model.hpp"

namespace {

using namespace test;
using namespace ondol;

/// Parameters that some family reads.
const std::vector<std::string>& parameters() {
  static const std::vector<std::string> names =
      words(R"(n_embd n_layer n_head n_positions sliding_window sliding_window_pattern layer_types)"
            R"( use_sliding_window max_window_layers no_rope_layers no_rope_layer_interval attention_chunk_size)"
            R"( rope_parameters rope_scaling rope_theta rotary_pct rotary_dim partial_rotary_factor)"
            R"( rope_local_base_freq original_max_position_embeddings quantization_config text_config id2label)"
            R"( tie_word_embeddings num_nextn_predict_layers nextn_predict_layers first_k_dense_replace)"
            R"( interleave_moe_layer_step moe_layers mlp_only_layers decoder_sparse_step num_experts n_group)"
            R"( topk_group topk_method n_shared_experts expert_gating_func routed_scaling_factor)"
            R"( moe_intermediate_size attn_logit_softcapping final_logit_softcapping query_pre_attn_scalar)"
            R"( embedding_multiplier residual_multiplier logits_scaling attention_multiplier)"
            R"( use_bidirectional_attention use_qk_norm qk_layernorm architectures eos_token_id bos_token_id)"
            R"( decoder_start_token_id bad_words_ids pad_token_id problem_type classifier_pooling embedding_size)"
            R"( position_embedding_type relative_attention_num_buckets relative_attention_max_distance)"
            R"( is_gated_act dense_act_fn ssm_inner_size mamba_d_ssm ssm_time_step_rank time_step_limit expand)"
            R"( q_lora_rank qk_head_dim head_dim)");
  return names;
}

/// The models of every family, which the reference implementation made.
std::vector<TinyFolder> reference_folders() {
  std::vector<TinyFolder> out;
  for (const auto& entry : std::filesystem::directory_iterator(test::data("oracles"))) {
    const auto file = entry.path() / "model.safetensors";
    if (!std::filesystem::exists(file)) continue;
    TinyFolder folder{.name = entry.path().filename(), .config = fields_of(test::read(entry.path() / "config.json"))};
    const std::string bytes = test::read(file);
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), 8);
    const Json entries = Json::parse(std::string_view(bytes).substr(8, header), folder.name);
    for (const auto& [name, tensor] : entries.members()) {
      if (name == "__metadata__") continue;
      FolderTensor& to =
          folder.tensors.emplace_back(FolderTensor{.name = name, .shape = {}, .type = *tensor.at("dtype").as_string()});
      for (const Json& n : tensor.at("shape").items()) to.shape.push_back(n.as_uint64().value());
      const Json& offsets = tensor.at("data_offsets");
      const std::uint64_t begin = offsets.at(std::size_t{0}).as_uint64().value();
      to.data = bytes.substr(8 + header + begin, offsets.at(std::size_t{1}).as_uint64().value() - begin);
    }
    out.push_back(std::move(folder));
  }
  return out;
}

}  // namespace

TEST_CASE("folder damage: the folders themselves load and run") {
  for (const TinyFolder& tiny : tiny_folders()) {
    CAPTURE(tiny.name);
    Tally tally;
    CHECK(Place(tiny).survive(tally));
  }
}

TEST_CASE("folder damage: messages say what is wrong where") {
  const TinyFolder tiny = tiny_folders().front();
  const auto message = [](const Place& place) {
    try {
      (void)Model::load(place.path());
    } catch (const Error& e) {
      return std::string(status_name(e.code())) + " " + e.what();
    }
    return std::string("loaded");
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    CAPTURE(text);
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  };
  const std::tuple<const char*, const char*, const char*> parameters[] = {
      {"num_hidden_layers", "100000", "num_hidden_layers is 100000, expected 1 .. 10000"},
      {"num_attention_heads", "0", "num_attention_heads is 0, expected 1 .. 65536"},
      {"num_attention_heads", "3", "3 query heads do not share 2 kv heads evenly"},
      {"num_hidden_layers", "3", "tensor blk.2.attn_norm.weight is missing"},
      {"hidden_size", "\"16\"", "hidden_size is \"16\", expected 1 .. 16777216"},
      {"intermediate_size", "9223372036854775808", "intermediate_size is 9223372036854775808, expected 1 .."},
      {"rms_norm_eps", "1e39", "rms_norm_eps is 1e+39, expected a finite number"},
      {"rms_norm_eps", "1e-46", "rms_norm_eps is 1e-46, expected a number above 0"},
      {"rope_scaling", R"({"rope_type":"yarn","factor":1e39})",
       "rope_scaling.factor is 1e+39, expected a number above 0"},
      {"rope_scaling", R"({"rope_type":"x\ny"})", "scaling of the rotary embedding is 'x\\ny'"},
      {"model_type", "\"unheard\"", "model_type is 'unheard'; this version runs mixtral, llama"},
  };
  for (const auto& [name, value, expected] : parameters) {
    const Place place(tiny);
    place.write("config.json", json_object(with(tiny.config, name, value)));
    contains(message(place), place.path() + ": " + expected);
  }
  const std::pair<std::string, const char*> headers[] = {
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",
       "tensor 'a': data_offsets [0,4] for shape [2] of F32 in 8 bytes"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
       "tensor 'a': data_offsets [8,12] for shape [1] of F32 in 8 bytes"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", "tensor 'a': data_offsets [0,4]"},
      {R"({"a":{"dtype":"F5","shape":[1],"data_offsets":[0,4]}})", "tensor 'a': dtype is 'F5', which is not known"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})",
       "belong to two tensors"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       "tensor 'a' is there twice"},
      {"[]", "expected a JSON object"},
      {"{\"\xff\":{}}", "not UTF-8"},
      {json_object({{"a", long_list("1", 70'000)}}), "more than 65536 values"}};
  for (const auto& [header, expected] : headers) {
    const Place place(tiny);
    place.write("model.safetensors", safetensors(header, std::string(8, '\0')));
    contains(message(place), "bad_file " + place.path());
    contains(message(place), expected);
  }
}

TEST_CASE("folder damage: every parameter of config.json removed, doubled and replaced") {
  Tally tally;
  for (const TinyFolder& tiny : tiny_folders()) {
    const Place place(tiny);
    each_damage(tiny.config, [&](const std::vector<Field>& config) {
      const std::string text = json_object(config);
      INFO(tiny.name, " ", text.substr(0, 3000));
      place.survive("config.json", text, tally);
    });
  }
  CHECK(tally.loaded > 500);
  CHECK(tally.refused > 3000);
}

TEST_CASE("folder damage: parameters of other families in config.json") {
  std::mt19937 random(11);
  Tally tally;
  for (const TinyFolder& tiny : tiny_folders()) {
    const Place place(tiny);
    for (const std::string& name : parameters()) {
      for (int i = 0; i < 4; ++i) {
        std::vector<Field> config = with(tiny.config, name, lies()[random() % lies().size()]);
        if (i == 3)
          config = with(config, parameters()[random() % parameters().size()], lies()[random() % lies().size()]);
        const std::string text = json_object(config);
        INFO(tiny.name, " ", text.substr(0, 3000));
        place.survive("config.json", text, tally);
      }
    }
  }
  CHECK(tally.loaded > 100);
  CHECK(tally.refused > 300);
}

TEST_CASE("folder damage: config.json that is no configuration") {
  Tally tally;
  for (const TinyFolder& tiny : tiny_folders()) {
    const Place place(tiny);
    const std::string text = json_object(tiny.config);
    for (const std::string& lie : lies()) {
      INFO(lie.substr(0, 200));
      CHECK(!place.survive("config.json", lie, tally));
      place.survive("config.json", text + lie.substr(0, 1), tally);
    }
    for (std::size_t size = 0; size < text.size(); size += 7) place.survive("config.json", text.substr(0, size), tally);
    const std::string model = in_quotes(tiny.name);
    for (const std::string& other : std::vector<std::string>{
             "", std::string(1, '\0'), "\xEF\xBB\xBF" + text, "\xFF\xFE" + text, text + '\0',
             json_object({{"model_type", in_quotes(repeated("x", 100'000))}}),
             json_object({{"model_type", in_quotes(repeated("\xF0", 1000))}}),
             json_object({{"model_type", "[" + model + "]"}}),
             json_object({{"model_type", json_object({{"a", model}})}}), json_object({{"text_config", text}}),
             json_object({{"model_type", in_quotes("llava")}, {"text_config", text}}),
             json_object({{"model_type", in_quotes("llama")},
                          {"text_config", repeated("{\"text_config\":", 250) + "1" + repeated("}", 250)}})}) {
      INFO(tiny.name, " ", other.substr(0, 200));
      place.survive("config.json", other, tally);
    }
  }
  CHECK(tally.refused > 500);
}

TEST_CASE("folder damage: a config.json of many values takes no more memory than it may") {
  const TinyFolder tiny = tiny_folders().front();
  const Place place(tiny);
  Tally tally;
  for (const char* item : {"0", "[]", "{}", "\"\"", "{\"a\":[]}", "1e-7"}) {
    CAPTURE(item);
    for (const std::size_t count : {100'000u, 3'000'000u}) {
      const std::string text = json_object(with(tiny.config, "more", long_list(item, count)));
      place.survive("config.json", text, tally, most_memory + 10 * text.size());
    }
  }
  std::vector<Field> names;
  for (int i = 0; i < 100'000; ++i) names.emplace_back(std::to_string(i), "\"label\"");
  const std::string labels = json_object(with(tiny.config, "id2label", json_object(names)));
  CHECK(place.survive("config.json", labels, tally, most_memory + 10 * labels.size()));
}

TEST_CASE("folder damage: quantised checkpoints") {
  std::mt19937 random(7);
  Tally tally;
  for (const TinyFolder& tiny : quantised_folders()) {
    CAPTURE(tiny.name);
    const Place place(tiny);
    CHECK(place.survive(tally));
    const auto scheme = std::ranges::find(tiny.config, "quantization_config", &Field::first);
    each_damage({*scheme}, [&](const std::vector<Field>& damaged) {
      const std::string text = json_object(damaged.empty() ? without(tiny.config, scheme->first)
                                                           : with(tiny.config, scheme->first, damaged[0].second));
      INFO(text.substr(0, 3000));
      place.survive("config.json", text, tally);
    });
    place.write("config.json", json_object(tiny.config));
    for (std::size_t i = 0; i < tiny.tensors.size(); ++i) {
      if (tiny.tensors[i].name.find("layers.0.self_attn.q_proj") == std::string::npos) continue;
      survive_shapes(tiny, i, place, tally);
      for (int n = 0; n < 40; ++n) {
        TinyFolder changed = tiny;
        std::string& data = changed.tensors[i].data;
        data = flipped(random, data, data.size());
        INFO(changed.tensors[i].name, " ", n);
        place.survive("model.safetensors", safetensors(changed.tensors), tally);
      }
    }
  }
  CHECK(tally.loaded > 500);
  CHECK(tally.refused > 1000);
}

TEST_CASE("folder damage: every family with false parameters and shapes" * doctest::skip(!test::has_data())) {
  std::mt19937 random(90);
  Tally tally;
  int whole = 0;
  for (const TinyFolder& folder : reference_folders()) {
    const Place place(folder);
    if (!place.survive(tally)) continue;  // of pictures and sounds
    ++whole;
    const auto lie = [&] { return lies()[random() % lies().size()]; };
    for (int i = 0; i < 60; ++i) {
      const auto& [name, value] = folder.config[random() % folder.config.size()];
      const int number = std::atoi(value.c_str());
      const int near[] = {number - 1, number + 1, number * 2, number / 2};
      std::vector<Field> config =
          with(folder.config, name, number > 0 && i % 2 ? std::to_string(near[random() % 4]) : lie());
      if (i % 4 == 0) config = with(config, parameters()[random() % parameters().size()], lie());
      const std::string text = json_object(config);
      INFO(folder.name, " ", text.substr(0, 3000));
      place.survive("config.json", text, tally);
    }
    place.write("config.json", json_object(folder.config));
    for (int i = 0; i < 20; ++i) {
      TinyFolder changed = folder;
      FolderTensor& tensor = changed.tensors[random() % changed.tensors.size()];
      const std::size_t width = tensor.type == "F32" ? 4 : 2;
      const std::uint64_t count = tensor.data.size() / width;
      switch (random() % 6) {
        case 0: std::ranges::reverse(tensor.shape); break;
        case 1: tensor.shape = {count}; break;
        case 2: tensor.shape = {count / 2, 2}; break;
        case 3: tensor.shape = {2, count / 2}; break;
        case 4:
          tensor.shape.insert(tensor.shape.begin() + std::ptrdiff_t(random() % (tensor.shape.size() + 1)),
                              1 + random() % 3);
          break;
        default: tensor.shape[random() % tensor.shape.size()] += random() % 2 ? 1 : tensor.shape[0];
      }
      std::uint64_t bytes = width;
      for (const std::uint64_t n : tensor.shape) bytes *= n;
      tensor.data.resize(bytes, '\x3c');
      INFO(folder.name, " ", tensor.name, " ", tensor.entry(0));
      place.survive("model.safetensors", safetensors(changed.tensors), tally);
    }
  }
  CHECK(whole > 70);
  CHECK(tally.loaded > 1000);
  CHECK(tally.refused > 2000);
}

TEST_CASE("folder damage: flipped bits") {
  std::mt19937 random(4242);
  Tally tally;
  for (const TinyFolder& tiny : tiny_folders()) {
    CAPTURE(tiny.name);
    const Place place(tiny);
    const std::string config = json_object(tiny.config);
    const std::string weights = safetensors(tiny.tensors);
    std::uint64_t header = 0;
    std::memcpy(&header, weights.data(), 8);
    for (int i = 0; i < 200; ++i) {
      const std::string text = flipped(random, config, config.size());
      INFO(text);
      place.survive("config.json", text, tally);
    }
    place.write("config.json", config);
    for (int i = 0; i < 300; ++i) {
      const std::string file = flipped(random, weights, i % 4 == 0 ? weights.size() : header + 8);
      INFO(file.substr(8, header));
      place.survive("model.safetensors", file, tally);
    }
  }
  CHECK(tally.loaded > 300);
  CHECK(tally.refused > 1000);
}
