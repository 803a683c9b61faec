"""A GGUF file of Llama's architecture as a CTranslate2 model with 8-bit weights, as its own converter lays Llama out.

    python ctranslate2_from_gguf.py FILE OUT

CTranslate2's converter reads transformers' models only and wants torch; this needs the package gguf.
Tokens are called t0, t1, ...
"""

import sys
from pathlib import Path

import gguf
import numpy as np
from ctranslate2.converters.utils import permute_for_sliced_rotary
from ctranslate2.specs import common_spec, transformer_spec


def build(path):
    reader = gguf.GGUFReader(path)
    key = lambda name: (field := reader.get_field(name)) and field.contents()
    if key("general.architecture") != "llama" or key("llama.rope.scaling.type") not in (None, "none"):
        sys.exit(f"{path}: {key('general.architecture')} with rotary scaling {key('llama.rope.scaling.type')}: "
                 "only plain Llama shapes are laid out here")
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    heads = key("llama.attention.head_count")
    kv_heads = key("llama.attention.head_count_kv") or heads

    def get(name):
        tensor = tensors[name + ".weight"]
        return np.ascontiguousarray(gguf.dequantize(tensor.data, tensor.tensor_type), np.float32)

    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        key("llama.block_count"), heads, activation=common_spec.Activation.SWISH, pre_norm=True, ffn_glu=True,
        rms_norm=True, rotary_dim=0, rotary_interleave=False, rotary_base=key("llama.rope.freq_base") or 10000.0,
        num_heads_kv=None if kv_heads == heads else kv_heads)
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = get("token_embd")
    decoder.layer_norm.gamma = get("output_norm")
    decoder.projection.weight = get("output" if "output.weight" in tensors else "token_embd")
    for i, layer in enumerate(decoder.layer):
        part = lambda name: get(f"blk.{i}.{name}")
        layer.self_attention.layer_norm.gamma, layer.ffn.layer_norm.gamma = part("attn_norm"), part("ffn_norm")
        layer.self_attention.linear[0].weight = np.concatenate([
            permute_for_sliced_rotary(part("attn_q"), heads), permute_for_sliced_rotary(part("attn_k"), kv_heads),
            part("attn_v")])
        layer.self_attention.linear[1].weight = part("attn_output")
        layer.ffn.linear_0.weight, layer.ffn.linear_0_noact.weight = part("ffn_gate"), part("ffn_up")
        layer.ffn.linear_1.weight = part("ffn_down")
    spec.register_vocabulary([f"t{i}" for i in range(decoder.embeddings.weight.shape[0])])
    spec.config.unk_token, spec.config.bos_token, spec.config.eos_token = "t0", "t1", "t2"
    spec.config.layer_norm_epsilon = key("llama.attention.layer_norm_rms_epsilon")
    spec.validate()
    spec.optimize(quantization="int8")
    return spec


if __name__ == "__main__":
    source, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    build(source).save(str(out))
