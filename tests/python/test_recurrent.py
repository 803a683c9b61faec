"""Hybrids and recurrent models in the variants of their files that no oracle has."""

import json
import struct

import gguf
import numpy as np
import pytest

import ondol

from gguf_from_hf import read_safetensors

IDS = [(7 * i + i * i) % 160 for i in range(40)]


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in tensors.values()))


@pytest.fixture
def variant(data, tmp_path):
    """A model's folder with other hyper-parameters and tensors: change(config, tensors)."""

    def make(name, change):
        source = data / "oracles" / name
        config = json.loads((source / "config.json").read_text())
        tensors = dict(read_safetensors(source / "model.safetensors"))
        change(config, tensors)
        (tmp_path / "config.json").write_text(json.dumps(config))
        write_safetensors(tmp_path / "model.safetensors", tensors)
        return tmp_path

    return make


def logits(path):
    return ondol.Model.load(path, precision="exact", cache_type="f32").logits(IDS)


def architecture(path):
    return next(entry.value for entry in ondol.inspect(path).metadata if entry.key == "general.architecture")


def without_factors(config, tensors):
    for key, value in config.items():
        if "multiplier" in key:
            config[key] = [1.0] * len(value) if isinstance(value, list) else 1.0


def without_factors_and_norm(config, tensors):
    without_factors(config, tensors)
    config["mamba_rms_norm"] = False
    for name in [name for name in tensors if name.endswith("mamba.norm.weight")]:
        del tensors[name]


def without_biases(config, tensors):
    config["conv_bias"] = False
    for name in [name for name in tensors if name.endswith(".bias")]:
        del tensors[name]


def square_heads(config, tensors):
    """Heads of values as wide as those of keys, as llama.cpp has them."""
    config["linear_value_head_dim"] = config["linear_key_head_dim"]
    random = np.random.default_rng(3)
    shapes = {"in_proj_qkvz.weight": (2 * 2 * 16 + 2 * 4 * 16, 32), "conv1d.weight": (2 * 2 * 16 + 4 * 16, 1, 4),
              "linear_attn.norm.weight": (16,), "out_proj.weight": (32, 64)}  # fmt: skip
    for name in tensors:
        for end, shape in shapes.items():
            if "linear_attn" in name and name.endswith(end):
                tensors[name] = random.normal(0.3, 0.2, shape).astype(np.float32)


def dense(config, tensors):
    """Granite 4 without experts: the shared block is the only one."""
    config["num_local_experts"] = 0
    config["num_experts_per_tok"] = 0
    for name in [name for name in tensors if "block_sparse_moe" in name]:
        del tensors[name]


def no_positions(config, tensors):
    dense(config, tensors)
    config["position_embedding_type"] = "nope"


VARIANTS = [
    ("falcon_h1", without_factors, "falcon-h1"),
    ("falcon_h1", without_factors_and_norm, "falcon-h1"),
    ("lfm2", without_biases, "lfm2"),
    ("qwen3_next", square_heads, "qwen3next"),
    ("granitemoehybrid", dense, "granitehybrid"),
    ("granitemoehybrid", no_positions, "granitehybrid"),
]


@pytest.mark.parametrize("name,change,expected", VARIANTS, ids=lambda v: getattr(v, "__name__", v))
def test_variants_as_gguf_and_back(variant, tmp_path, name, change, expected):
    folder = variant(name, change)
    whole = logits(folder)
    ondol.convert(folder, tmp_path / "model.gguf")
    assert architecture(tmp_path / "model.gguf") == expected
    np.testing.assert_allclose(logits(tmp_path / "model.gguf"), whole, rtol=0, atol=1e-5)
    ondol.convert(tmp_path / "model.gguf", tmp_path / "back")
    np.testing.assert_allclose(logits(tmp_path / "back"), whole, rtol=0, atol=1e-5)
    shapes = lambda path: {t.name: t.shape for t in ondol.inspect(path).tensors}
    assert shapes(tmp_path / "back") == shapes(folder)


def rewrite(source, to, change):
    """A GGUF file with other tensors: change(tensors) of arrays by name."""
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(to, reader.fields["general.architecture"].contents())
    for key, field in reader.fields.items():
        if key.startswith(("GGUF.", "ondol.")) or key == "general.architecture":
            continue
        writer.add_key_value(key, field.contents(), field.types[0], field.types[-1] if len(field.types) > 1 else None)
    tensors = {tensor.name: np.array(tensor.data) for tensor in reader.tensors}
    change(tensors)
    for name, values in tensors.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_queries_keys_values_and_gates_in_one_tensor(variant, tmp_path):
    """GGUF files of Qwen 3 Next had them as the checkpoint has, under the name ssm_in."""
    folder = variant("qwen3_next", square_heads)
    ondol.convert(folder, tmp_path / "new.gguf")
    checkpoint = dict(read_safetensors(folder / "model.safetensors"))

    def change(tensors):
        for layer in range(3):
            del tensors[f"blk.{layer}.attn_qkv.weight"], tensors[f"blk.{layer}.attn_gate.weight"]
            tensors[f"blk.{layer}.ssm_in.weight"] = checkpoint[f"model.layers.{layer}.linear_attn.in_proj_qkvz.weight"]

    rewrite(tmp_path / "new.gguf", tmp_path / "old.gguf", change)
    np.testing.assert_array_equal(logits(tmp_path / "old.gguf"), logits(tmp_path / "new.gguf"))


def test_limits_of_the_time_step(variant, tmp_path):
    folder = variant("mamba2", lambda config, tensors: config.update(time_step_limit=[0.0, float("inf")]))
    assert "Infinity" in (folder / "config.json").read_text()
    whole = logits(folder)
    variant("mamba2", lambda config, tensors: config.update(time_step_limit=[0.0, 0.01]))
    assert np.abs(logits(folder) - whole).max() > 1e-2


@pytest.mark.parametrize("name", ["mamba", "mamba2", "jamba", "granitemoehybrid", "qwen3_next", "recurrent_gemma", "rwkv"])
def test_the_cache_does_not_grow_with_the_text_but_for_attention(data, name):
    model = ondol.Model.load(data / "oracles" / name, context=4000)
    sizes = []
    for length in (1, 100, 3000):
        cache = model.new_cache()
        model.forward([ondol.Step(cache, [i % 160 for i in range(length)], "none")])
        sizes.append(cache.bytes)
    estimate = ondol.estimate(data / "oracles" / name, context=4000)
    if name in ("mamba", "mamba2", "rwkv"):
        assert sizes == [estimate.state_bytes] * 3 and estimate.cache_bytes == 0
    assert sizes[2] <= estimate.cache_bytes + estimate.state_bytes


@pytest.mark.parametrize("name,key,value,message", [
    ("mamba", "time_step_rank", 5, "ssm_x.weight"),
    ("mamba", "conv_kernel", 1000, "conv_kernel is 1000"),
    ("mamba", "state_size", -1, "state_size is -1"),
    ("mamba", "hidden_act", "gelu", "hidden_act"),
    ("mamba2", "num_heads", 7, "do not make up a width"),
    ("mamba2", "n_groups", 3, "do not make up a width"),
    ("lfm2", "layer_types", ["conv"], "expected 4 items"),
    ("bamba", "attn_layer_indices", [9], "indices below 3"),
    ("recurrent_gemma", "lru_width", 33, "lru_width"),
    ("falcon_h1", "ssm_multipliers", [1.0], "expected 5 numbers"),
    ("qwen3_next", "linear_num_value_heads", 3, "multiple of the number of key heads"),
    ("jamba", "attn_layer_period", 0, "attn_layer_period is 0"),
    ("rwkv", "attention_hidden_size", 31, "time_mix_"),
])  # fmt: skip
def test_wrong_hyper_parameters_are_named(variant, name, key, value, message):
    folder = variant(name, lambda config, tensors: config.update({key: value}))
    with pytest.raises(ondol.Error, match=message):
        ondol.Model.load(folder)


def test_adjusted_feed_forward_sizes(variant):
    adjust = {"block_auto_adjust_ff_dim": True, "block_multiple_of": 32}  # 64 -> 42 -> a multiple of 32
    whole = logits(variant("lfm2", lambda config, tensors: None))
    np.testing.assert_array_equal(logits(variant("lfm2", lambda config, tensors: config.update(adjust))), whole)
    for factor in (2.0, 1e30):
        folder = variant("lfm2", lambda config, tensors: config.update(adjust, block_ffn_dim_multiplier=factor))
        with pytest.raises(ondol.Error, match="ffn_gate.weight has shape|block_ffn_dim_multiplier is 1e\\+30"):
            ondol.Model.load(folder)
