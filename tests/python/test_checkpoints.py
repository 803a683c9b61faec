"""Quantised checkpoints: the layouts of their publications, written here from random values that are known."""

import json
import struct

import numpy as np
import pytest

import ondol

OUT, IN, GROUP = 64, 128, 32  # a matrix, and the inputs that share a factor
random = np.random.default_rng(11)


def save(path, tensors):
    names = {np.dtype("float32"): "F32", np.dtype("float16"): "F16", np.dtype("int32"): "I32", np.dtype("int64"): "I64",
             np.dtype("uint8"): "U8", np.dtype("int8"): "I8"}  # fmt: skip
    header, at = {}, 0
    for name, value in tensors.items():
        value, dtype = value if isinstance(value, tuple) else (value, names[value.dtype])
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [at, at + value.nbytes]}
        at += value.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(np.ascontiguousarray(value[0] if isinstance(value, tuple) else value).tobytes())


def model(folder, quantise, scheme):
    """A Llama of one layer, each matrix of which `quantise(name)` gives as tensors and as values; the plain twin too."""
    shapes = {"self_attn.q_proj": (IN, IN), "self_attn.k_proj": (OUT, IN), "self_attn.v_proj": (OUT, IN),
              "self_attn.o_proj": (IN, IN), "mlp.gate_proj": (OUT, IN), "mlp.up_proj": (OUT, IN),
              "mlp.down_proj": (IN, OUT)}  # fmt: skip
    ones = {f"model.layers.0.{n}.weight": np.ones(IN, np.float32) for n in ("input_layernorm", "post_attention_layernorm")}
    ones |= {"model.norm.weight": np.ones(IN, np.float32)}
    ones["model.embed_tokens.weight"] = random.normal(size=(50, IN)).astype(np.float32)
    packed, plain = dict(ones), dict(ones)
    for name, shape in shapes.items():
        tensors, values = quantise(shape)
        stem = f"model.layers.0.{name}."
        packed |= {stem + suffix: tensor for suffix, tensor in tensors.items()}
        plain[stem + "weight"] = values.astype(np.float32)
    config = {"model_type": "llama", "hidden_size": IN, "intermediate_size": OUT, "num_hidden_layers": 1,
              "num_attention_heads": 8, "num_key_value_heads": 4, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
              "tie_word_embeddings": True}  # fmt: skip
    for place, tensors, more in (("quantised", packed, {"quantization_config": scheme}), ("plain", plain, {})):
        (folder / place).mkdir()
        (folder / place / "config.json").write_text(json.dumps(config | more))
        save(folder / place / "model.safetensors", tensors)
    return folder


def check(folder):
    ids = list(range(12))
    found, expected = (ondol.Model.load(folder / place, precision="exact").logits(ids) for place in ("quantised", "plain"))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def pack(values, bits, axis):
    """Words of 32 bits along an axis, the first value in the lowest bits."""
    values = np.moveaxis(np.asarray(values, np.uint32), axis, -1)
    each = 32 // bits
    padded = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, -values.shape[-1] % each)])
    words = padded.reshape(*padded.shape[:-1], -1, each) << (np.arange(each, dtype=np.uint32) * bits)
    return np.moveaxis(np.bitwise_or.reduce(words, axis=-1).astype(np.uint32).view(np.int32), -1, axis)


def scales_of(*shape):
    return random.uniform(0.005, 0.02, shape).astype(np.float16)


@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("checkpoint_format", ["gptq", "gptq_v2"])
@pytest.mark.parametrize("order", ["groups", "activation order"])
def test_gptq(bits, checkpoint_format, order, tmp_path):
    def quantise(shape):
        out, inputs = shape
        groups = inputs // GROUP
        q = random.integers(0, 2**bits, (inputs, out))
        zero = random.integers(1, 2**bits, (groups, out))
        scale = scales_of(groups, out)
        group_of = np.arange(inputs) // GROUP
        if order != "groups":
            group_of = random.permutation(group_of)
        stored = zero - (checkpoint_format == "gptq")
        values = (scale.astype(np.float32)[group_of] * (q - zero[group_of])).T
        return {"qweight": pack(q, bits, 0), "qzeros": pack(stored, bits, 1), "scales": scale,
                "g_idx": group_of.astype(np.int32)}, values  # fmt: skip

    scheme = {"quant_method": "gptq", "bits": bits, "group_size": GROUP, "checkpoint_format": checkpoint_format}
    check(model(tmp_path, quantise, scheme))


def test_awq(tmp_path):
    def interleave(values):
        return pack(values.reshape(values.shape[0], -1, 8)[:, :, [0, 2, 4, 6, 1, 3, 5, 7]].reshape(values.shape), 4, 1)

    def quantise(shape):
        out, inputs = shape
        q, zero = random.integers(0, 16, (inputs, out)), random.integers(0, 16, (inputs // GROUP, out))
        scale = scales_of(inputs // GROUP, out)
        spread = lambda x: np.repeat(x, GROUP, axis=0)
        return {"qweight": interleave(q), "qzeros": interleave(zero), "scales": scale}, (
            (q - spread(zero)) * spread(scale.astype(np.float32))
        ).T

    check(model(tmp_path, quantise, {"quant_method": "awq", "bits": 4, "group_size": GROUP, "version": "gemm"}))


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("zeros", [False, True])
def test_compressed_tensors_packed(bits, zeros, tmp_path):
    def quantise(shape):
        out, inputs = shape
        q = random.integers(0, 2**bits, (out, inputs))
        scale = scales_of(out, inputs // GROUP)
        zero = random.integers(0, 2**bits, (out, inputs // GROUP)) if zeros else np.full((out, inputs // GROUP), 2 ** (bits - 1))
        spread = lambda x: np.repeat(x, GROUP, axis=1)
        tensors = {"weight_packed": pack(q, bits, 1), "weight_scale": scale, "weight_shape": np.array(shape, np.int64)}
        if zeros:
            tensors["weight_zero_point"] = pack(zero, bits, 0)
        return tensors, (q - spread(zero)) * spread(scale.astype(np.float32))

    groups = {"group_0": {"weights": {"num_bits": bits, "group_size": GROUP, "type": "int"}}}
    check(model(tmp_path, quantise, {"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": groups}))


def e4m3(codes):
    """Values of float8 E4M3 (no infinities, NaN 0x7F): OCP 8-bit floating point specification."""
    sign, exponent, mantissa = codes >> 7, codes >> 3 & 15, codes & 7
    size = np.where(exponent == 0, mantissa / 8 * 2.0**-6, (1 + mantissa / 8) * 2.0 ** (exponent.astype(int) - 7))
    return np.where(sign, -size, size)


def float8(shape):
    codes = random.integers(0, 256, shape).astype(np.uint8)
    codes[(codes & 0x7F) == 0x7F] = 0
    return codes


@pytest.mark.parametrize("per", ["channel", "tensor"])
def test_compressed_tensors_float8(per, tmp_path):
    def quantise(shape):
        codes = float8(shape)
        scale = random.uniform(1e-4, 1e-3, (shape[0], 1) if per == "channel" else (1,)).astype(np.float32)
        return {"weight": (codes, "F8_E4M3"), "weight_scale": scale}, e4m3(codes) * scale

    groups = {"group_0": {"weights": {"num_bits": 8, "type": "float"}}}
    check(model(tmp_path, quantise, {"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": groups}))


def test_compressed_tensors_int8(tmp_path):
    def quantise(shape):
        q = random.integers(-128, 128, shape).astype(np.int8)
        scale = random.uniform(1e-3, 2e-3, (shape[0], 1)).astype(np.float32)
        return {"weight": q, "weight_scale": scale}, q * scale

    groups = {"group_0": {"weights": {"num_bits": 8, "type": "int"}}}
    check(model(tmp_path, quantise, {"quant_method": "compressed-tensors", "format": "int-quantized", "config_groups": groups}))


def test_fine_grained_float8(tmp_path):
    block = (48, 40)  # does not divide the matrices

    def quantise(shape):
        codes = float8(shape)
        rows, columns = (-(-n // b) for n, b in zip(shape, block))
        scale = random.uniform(1e-4, 1e-3, (rows, columns)).astype(np.float32)
        spread = np.repeat(np.repeat(scale, block[0], 0)[: shape[0]], block[1], 1)[:, : shape[1]]
        return {"weight": (codes, "F8_E4M3"), "weight_scale_inv": scale}, e4m3(codes) * spread

    check(model(tmp_path, quantise, {"quant_method": "fp8", "weight_block_size": list(block)}))


@pytest.mark.parametrize("nested", [False, True])
def test_bitsandbytes_nf4(nested, tmp_path):
    levels = np.sort(random.normal(size=16)).astype(np.float32)

    def quantise(shape):
        count = shape[0] * shape[1]
        q = random.integers(0, 16, count)
        tensors = {"weight": (q[::2] << 4 | q[1::2]).astype(np.uint8).reshape(-1, 1), "weight.quant_map": levels}
        state = {"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": list(shape)}
        absmax = random.uniform(0.02, 0.1, count // 64).astype(np.float32)
        if nested:
            codes = random.integers(0, 256, count // 64).astype(np.uint8)
            code_map = np.linspace(-1, 1, 256).astype(np.float32)
            outer = random.uniform(0.01, 0.05, -(-len(codes) // 256)).astype(np.float32)
            absmax = code_map[codes] * np.repeat(outer, 256)[: len(codes)] + np.float32(0.06)
            state |= {"nested_blocksize": 256, "nested_offset": 0.06, "nested_dtype": "float32"}
            tensors |= {"weight.absmax": codes, "weight.nested_absmax": outer, "weight.nested_quant_map": code_map}
        else:
            tensors["weight.absmax"] = absmax
        text = np.frombuffer(json.dumps(state).encode(), np.uint8)
        tensors["weight.quant_state.bitsandbytes__nf4"] = text
        return tensors, (levels[q] * np.repeat(absmax, 64)).reshape(shape)

    check(model(tmp_path, quantise, {"quant_method": "bitsandbytes", "load_in_4bit": True}))


def test_unknown_methods_and_broken_tensors_are_named(tmp_path):
    def quantise(shape):
        return {"qweight": np.zeros((shape[1] // 8, shape[0]), np.int32), "qzeros": np.zeros((4, 8), np.int32),
                "scales": np.zeros((4, 7), np.float16)}, np.zeros(shape)  # fmt: skip

    model(tmp_path, quantise, {"quant_method": "gptq", "bits": 4})
    with pytest.raises(ondol.Error, match=r"scales: has shape \[4, 7\], expected \[-1, (64|128)\]"):
        ondol.Model.load(tmp_path / "quantised")
    config = tmp_path / "quantised" / "config.json"
    config.write_text(config.read_text().replace("gptq", "crystal"))
    with pytest.raises(ondol.Error, match="quant_method is 'crystal'; known are gptq, awq") as error:
        ondol.Model.load(tmp_path / "quantised")
    assert error.value.code == "unsupported"


@pytest.mark.parametrize("bits,bytes_a_weight", [(4, 0.63), (8, 1.07)])
def test_memory(bits, bytes_a_weight, tmp_path):
    """Fast precision holds the integers of a checkpoint as integers, and nearly its values."""

    def quantise(shape):
        out, inputs = shape
        q = random.integers(0, 2**bits, (inputs, out))
        scales = scales_of(inputs // GROUP, out)
        zeros = np.full(scales.shape, 2 ** (bits - 1))
        values = (scales.astype(np.float32).repeat(GROUP, 0) * (q - zeros.repeat(GROUP, 0))).T
        return {"qweight": pack(q, bits, 0), "qzeros": pack(zeros - 1, bits, 1), "scales": scales}, values

    folder = model(tmp_path, quantise, {"quant_method": "gptq", "bits": bits, "group_size": GROUP})
    sizes = {p: ondol.estimate(folder / p).weights_bytes for p in ("quantised", "plain")}
    matrices = 3 * IN * OUT + 2 * IN * OUT + 2 * IN * IN
    assert (sizes["plain"] - sizes["quantised"]) / matrices == pytest.approx(4 - bytes_a_weight, abs=0.01)
    ids = list(range(12))
    exact = ondol.Model.load(folder / "plain", precision="exact").logits(ids)
    fast = ondol.Model.load(folder / "quantised").logits(ids)
    assert np.sqrt(np.mean((fast - exact) ** 2) / np.mean(exact**2)) < 5e-3  # 7e-2 with eight bits rounded anew


FP4 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)  # OCP MX 1.0, E2M1


def test_gpt_oss(data, read_json, tmp_path):
    """The published form, whose experts are MXFP4: _blocks and _scales beside a plain twin of the same values."""
    hidden, inner, experts, layers = 64, 32, 4, 2
    config = read_json("oracles/gpt_oss/config.json") | {"hidden_size": hidden, "intermediate_size": inner}
    heads, kv, dim, words = (config[key] for key in ("num_attention_heads", "num_key_value_heads", "head_dim", "vocab_size"))
    normal = lambda *shape: (0.2 * random.normal(size=shape)).astype(np.float32)
    plain = {"model.embed_tokens.weight": normal(words, hidden), "lm_head.weight": normal(words, hidden),
             "model.norm.weight": np.ones(hidden, np.float32)}  # fmt: skip
    stacks = {}
    for i in range(layers):
        at = f"model.layers.{i}."
        for name, rows, columns in (("q", heads * dim, hidden), ("k", kv * dim, hidden), ("v", kv * dim, hidden), ("o", hidden, heads * dim)):
            plain |= {f"{at}self_attn.{name}_proj.weight": normal(rows, columns), f"{at}self_attn.{name}_proj.bias": normal(rows)}
        plain |= {at + "self_attn.sinks": normal(heads), at + "mlp.router.weight": normal(experts, hidden),
                  at + "mlp.router.bias": normal(experts), at + "input_layernorm.weight": np.ones(hidden, np.float32),
                  at + "post_attention_layernorm.weight": np.ones(hidden, np.float32),
                  at + "mlp.experts.gate_up_proj_bias": normal(experts, 2 * inner),
                  at + "mlp.experts.down_proj_bias": normal(experts, hidden)}  # fmt: skip
        stacks |= {at + "mlp.experts.gate_up_proj": (2 * inner, hidden), at + "mlp.experts.down_proj": (hidden, inner)}
    packed = dict(plain)
    for name, (out, inputs) in stacks.items():
        codes = random.integers(0, 16, (experts, out, inputs // 32, 32), dtype=np.uint8)
        scales = random.integers(121, 126, (experts, out, inputs // 32), dtype=np.uint8)
        packed |= {name + "_blocks": codes[..., 0::2] | codes[..., 1::2] << 4, name + "_scales": scales}
        values = FP4[codes] * np.exp2(scales.astype(np.float32) - 127)[..., None]
        plain[name] = np.ascontiguousarray(values.reshape(experts, out, inputs).swapaxes(1, 2))
    for place, tensors, more in (("quantised", packed, {"quantization_config": {"quant_method": "mxfp4"}}), ("plain", plain, {})):
        (tmp_path / place).mkdir()
        (tmp_path / place / "config.json").write_text(json.dumps(config | more))
        save(tmp_path / place / "model.safetensors", tensors)
    check(tmp_path)
    fast = [ondol.estimate(tmp_path / place).weights_bytes for place in ("quantised", "plain")]
    assert fast[1] - fast[0] == pytest.approx((4 - 34 / 32) * layers * experts * 3 * inner * hidden, rel=0.01)


def test_quantised_anew_is_planned(tmp_path):
    """What a checkpoint's integers are held as does not count once others are asked for."""

    def quantise(shape):
        out, inputs = shape
        q = random.integers(0, 256, (inputs, out))
        scales = scales_of(inputs // GROUP, out)
        zeros = np.full(scales.shape, 128)
        values = (scales.astype(np.float32).repeat(GROUP, 0) * (q - zeros.repeat(GROUP, 0))).T
        return {"qweight": pack(q, 8, 0), "qzeros": pack(zeros - 1, 8, 1), "scales": scales}, values

    folder = model(tmp_path, quantise, {"quant_method": "gptq", "bits": 8, "group_size": GROUP})
    ondol.convert(folder / "quantised", tmp_path / "q4.gguf", type="q4_0")
    planned = ondol.estimate(folder / "quantised", quantize="q4_0")
    assert planned.weights_bytes == ondol.estimate(tmp_path / "q4.gguf").weights_bytes
