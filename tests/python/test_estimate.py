"""Memory told beforehand: from headers, and from config.json alone."""

import json
import shutil

import pytest

import ondol

from test_oracles import DECODERS

ENCODERS = ["bert", "roberta", "distilbert", "deberta_v2", "modernbert", "albert", "mpnet", "electra", "nomic_bert"]
PAIRS = ["t5", "t5_gated", "bart", "mbart", "marian", "m2m100", "pegasus"]


@pytest.fixture
def planned(tmp_path):
    """A folder with nothing but a config.json."""

    def make(config):
        (tmp_path / "config.json").write_text(json.dumps(config))
        return tmp_path

    return make


@pytest.mark.parametrize("name", [*DECODERS, *ENCODERS, *PAIRS])
def test_config_alone(name, data, planned, read_json):
    whole = ondol.estimate(data / "oracles" / name)
    plan = ondol.estimate(planned(read_json(f"oracles/{name}/config.json")))
    assert plan.total_bytes == pytest.approx(whole.total_bytes, rel=0.02)
    for key in ("cache_bytes", "position_bytes", "state_bytes", "scratch_bytes"):
        assert plan[key] == whole[key], key
    if name in DECODERS:  # of 20,000 parameters the few biases that config.json does not tell of are some percent
        for key in ("parameters", "active_parameters", "weights_bytes"):
            assert plan[key] == pytest.approx(whole[key], rel=0.045), key
    assert whole.total_bytes == whole.weights_bytes + whole.cache_bytes + whole.state_bytes + whole.scratch_bytes
    assert dict(whole).keys() >= {"weights_bytes", "total_bytes", "parameters"}


def fill(model):
    """A cache with as many positions as there can be."""
    cache = model.new_cache()
    model.forward([ondol.Step(cache, [i % 150 for i in range(model.context)], "last")])
    return cache


@pytest.mark.parametrize("name", DECODERS)
def test_what_is_used(name, data):
    folder, runtime = data / "oracles" / name, ondol.Runtime()
    model = ondol.Model.load(folder, runtime=runtime)
    estimate = ondol.estimate(folder)
    assert fill(model).bytes == estimate.cache_bytes + estimate.state_bytes
    assert runtime.memory_peak == pytest.approx(estimate.total_bytes, rel=0.02, abs=2 << 20)  # scratch comes in MiB


@pytest.mark.parametrize("precision,cache_type", [("fast", "f16"), ("fast", "q8_0"), ("exact", "f32")])
def test_what_is_used_of_a_real_model(precision, cache_type, demo_path):
    options = {"precision": precision, "cache_type": cache_type, "context": 2048}
    runtime = ondol.Runtime()
    model = ondol.Model.load(demo_path, runtime=runtime, **options)
    estimate = ondol.estimate(demo_path, **options)
    assert estimate.parameters == model.info.parameters == 134_515_008
    assert fill(model).bytes == estimate.cache_bytes
    assert runtime.memory_peak == pytest.approx(estimate.total_bytes, rel=0.02)
    assert estimate.file_bytes == 96_576_768


def llama(**changes):
    return {"model_type": "llama", "hidden_act": "silu", "max_position_embeddings": 8192, "rms_norm_eps": 1e-5,
            "tie_word_embeddings": False, "torch_dtype": "bfloat16", **changes}  # fmt: skip


LLAMA_2_7B = llama(vocab_size=32000, hidden_size=4096, intermediate_size=11008, num_hidden_layers=32,
                   num_attention_heads=32, num_key_value_heads=32)  # fmt: skip
LLAMA_2_70B = llama(vocab_size=32000, hidden_size=8192, intermediate_size=28672, num_hidden_layers=80,
                    num_attention_heads=64, num_key_value_heads=8)  # fmt: skip
LLAMA_3_8B = llama(vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32,
                   num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=131072)  # fmt: skip
MISTRAL_7B = LLAMA_3_8B | {"model_type": "mistral", "vocab_size": 32000, "sliding_window": 4096}
MIXTRAL = LLAMA_3_8B | {"model_type": "mixtral", "vocab_size": 32000, "num_local_experts": 8, "num_experts_per_tok": 2}
SCOUT = {"model_type": "llama4_text", "vocab_size": 202048, "hidden_size": 5120, "intermediate_size": 8192,
         "intermediate_size_mlp": 16384, "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8,
         "head_dim": 128, "num_local_experts": 16, "num_experts_per_tok": 1, "interleave_moe_layer_step": 1,
         "attention_chunk_size": 8192, "max_position_embeddings": 10485760, "rms_norm_eps": 1e-5, "rope_theta": 5e5,
         "no_rope_layers": [1, 1, 1, 0] * 12, "use_qk_norm": True, "hidden_act": "silu", "torch_dtype": "bfloat16",
         "tie_word_embeddings": False, "attention_bias": False}  # fmt: skip
DEEPSEEK_V3 = {"model_type": "deepseek_v3", "vocab_size": 129280, "hidden_size": 7168, "intermediate_size": 18432,
               "moe_intermediate_size": 2048, "num_hidden_layers": 61, "num_attention_heads": 128,
               "num_key_value_heads": 128, "n_shared_experts": 1, "n_routed_experts": 256, "num_experts_per_tok": 8,
               "routed_scaling_factor": 2.5, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64,
               "v_head_dim": 128, "qk_nope_head_dim": 128, "n_group": 8, "topk_group": 4, "first_k_dense_replace": 3,
               "norm_topk_prob": True, "scoring_func": "sigmoid", "topk_method": "noaux_tc", "hidden_act": "silu",
               "max_position_embeddings": 163840, "rms_norm_eps": 1e-6, "rope_theta": 10000, "attention_bias": False,
               "torch_dtype": "bfloat16", "tie_word_embeddings": False}  # fmt: skip
MAMBA_130M = {"model_type": "mamba", "vocab_size": 50280, "hidden_size": 768, "state_size": 16, "num_hidden_layers": 24,
              "conv_kernel": 4, "expand": 2, "intermediate_size": 1536, "time_step_rank": 48, "use_bias": False,
              "use_conv_bias": True, "hidden_act": "silu", "layer_norm_epsilon": 1e-5, "torch_dtype": "float32"}  # fmt: skip


@pytest.mark.parametrize("config,parameters,active", [
    (LLAMA_2_7B, 6_738_415_616, None),
    (LLAMA_2_70B, 68_976_648_192, None),
    (LLAMA_3_8B, 8_030_261_248, None),
    (MIXTRAL, 46_702_792_704, 12_879_925_248),
])  # fmt: skip
def test_parameters(config, parameters, active, planned):
    """Worked examples T19 and T20."""
    estimate = ondol.estimate(planned(config), context=4096)
    assert estimate.parameters == parameters
    assert estimate.active_parameters == (active or parameters)
    block_floats = 2 + 2 / 32  # bytes a weight
    assert estimate.weights_bytes == pytest.approx(block_floats * parameters, rel=0.01)


@pytest.mark.parametrize("config,context,cache_type,size", [
    (LLAMA_3_8B, 131_072, "f16", 17_179_869_184),
    (LLAMA_3_8B, 131_072, "q8_0", 9_126_805_504),
    (MISTRAL_7B, 131_072, "f16", 536_870_912),
    (DEEPSEEK_V3, 131_072, "f16", 9_210_691_584),
    (SCOUT, 10_000_000, "f16", 492_727_959_552),
])  # fmt: skip
def test_cache(config, context, cache_type, size, planned):
    """Worked example T21."""
    estimate = ondol.estimate(planned(config), context=context, cache_type=cache_type)
    assert estimate.cache_bytes == pytest.approx(size, rel=0.0005)  # whole blocks


def test_state(planned):
    """Worked example T21."""
    for context in (100, 1_000_000):
        estimate = ondol.estimate(planned(MAMBA_130M), context=context)
        assert estimate.state_bytes == 2_801_664 and estimate.cache_bytes == 0


@pytest.mark.parametrize("type,bits", [("f16", 16), ("q8_0", 8.5), ("q6_k", 6.5625), ("q5_k", 5.5), ("q4_k", 4.5),
                                       ("q4_0", 4.5), ("q3_k", 3.4375), ("q2_k", 2.625)])  # fmt: skip
def test_quantised(type, bits, planned):
    """Worked example T22; packed for the kernels, scales take a little more than in a file."""
    estimate = ondol.estimate(planned(LLAMA_2_7B), context=64, quantize=type)
    assert 0.999 <= estimate.weights_bytes / (6_738_415_616 * bits / 8) <= 1.04


def test_a_million_positions(planned):
    estimate = ondol.estimate(planned(LLAMA_3_8B), context=1 << 20, quantize="q4_k_m", cache_type="q8_0")
    assert estimate.cache_bytes == (1 << 20) * estimate.position_bytes
    assert estimate.scratch_bytes < 1e9
    with pytest.raises(ondol.Error, match="2\\^30"):
        ondol.estimate(planned(LLAMA_3_8B), context=(1 << 30) + 1)
