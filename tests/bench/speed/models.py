"""Weights by name: a GGUF file, `smollm2`, or a Llama shape with random weights; kept in the user's cache.

    smollm2           the demo model's file as it is (Q4_1)
    smollm2:q8_0      the same requantised by ondol.convert: as fast as any other file of this type, but no better than Q4_1
    135m, 1b, 3b      shapes with random weights (F16), and 1b:q4_k_m and so on
"""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import ondol

from .peers import cache_folder


@dataclass(frozen=True)
class Shape:
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    context: int = 32768


SHAPES = {
    "tiny": Shape(2, 256, 512, 4, 2),  # for tests
    "135m": Shape(30, 576, 1536, 9, 3),
    "1b": Shape(16, 2048, 8192, 32, 8),
    "3b": Shape(28, 3072, 8192, 24, 8),
}


def resolve(name):
    """Path of the file that `name` stands for, which is written if it is not there."""
    if name.endswith(".gguf") or os.path.exists(name):
        return Path(name)
    base, _, type = name.partition(":")
    if base != "smollm2" and base not in SHAPES:
        raise SystemExit(f"{name}: neither a file nor one of smollm2, {', '.join(SHAPES)} with a type behind a colon")
    if type and type not in ondol.convert_types():
        raise SystemExit(f"{name}: the type is one of {', '.join(ondol.convert_types())}")
    source = Path(ondol.demo_model()) if base == "smollm2" else None
    if source and not type:
        return source
    folder = cache_folder() / "bench" / "models"
    folder.mkdir(parents=True, exist_ok=True)
    if not source:
        source = folder / f"{base}.f16.gguf"
        _once(source, lambda part: write_random(SHAPES[base], part, Path(ondol.demo_model()), base))
        if type in ("", "f16"):
            return source
    path = folder / f"{base}.{type}.gguf"
    _once(path, lambda part: ondol.convert(str(source), str(part), type=type))
    return path


def _once(path, write):
    """Calls write with a name that becomes `path` when all is written."""
    if path.exists():
        return
    part = path.with_name(f"part-{os.getpid()}-{path.name}")
    try:
        write(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _tensors(shape, vocabulary):
    """(name, numpy shape) in the order of a file."""
    width, kv = shape.hidden, shape.hidden // shape.heads * shape.kv_heads
    yield "token_embd", (vocabulary, width)
    for i in range(shape.layers):
        for name, size in (("attn_norm", (width,)), ("attn_q", (width, width)), ("attn_k", (kv, width)),
                           ("attn_v", (kv, width)), ("attn_output", (width, width)), ("ffn_norm", (width,)),
                           ("ffn_gate", (shape.intermediate, width)), ("ffn_up", (shape.intermediate, width)),
                           ("ffn_down", (width, shape.intermediate))):
            yield f"blk.{i}.{name}", size
    yield "output_norm", (width,)


def write_random(shape, path, tokenizer, name, seed=1):
    """A GGUF file of the architecture llama with random F16 weights, tied embeddings and the tokenizer of another file."""
    import gguf

    writer = gguf.GGUFWriter(path, "llama")
    keys = {field.name: field for field in gguf.GGUFReader(tokenizer).fields.values()
            if field.name.startswith("tokenizer.") and field.name != "tokenizer.chat_template"}
    for field in keys.values():
        array = field.types[0] == gguf.GGUFValueType.ARRAY
        writer.add_key_value(field.name, field.contents(), field.types[0], field.types[-1] if array else None)
    writer.add_name(f"random {name}")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(shape.context)
    writer.add_block_count(shape.layers)
    writer.add_embedding_length(shape.hidden)
    writer.add_feed_forward_length(shape.intermediate)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(shape.hidden // shape.heads)
    writer.add_rope_freq_base(100000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    vocabulary = len(keys["tokenizer.ggml.tokens"].contents())
    writer.add_vocab_size(vocabulary)
    tensors = [(f"{tensor}.weight", size) for tensor, size in _tensors(shape, vocabulary)]
    type = lambda size: np.dtype(np.float16 if len(size) == 2 else np.float32)
    for tensor, size in tensors:
        writer.add_tensor_info(tensor, size, type(size), int(np.prod(size)) * type(size).itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    random = np.random.default_rng(seed)
    for _, size in tensors:  # one at a time: none is held longer
        if len(size) == 1:
            writer.write_tensor_data(np.ones(size, np.float32))
        else:
            values = random.standard_normal(size, np.float32)
            values *= 0.02
            writer.write_tensor_data(values.astype(np.float16))
    writer.close()


def work(path):
    """What a token costs: weights in all, bytes of weights that a step reads and multiply-accumulates with them.

    The head counts where it is computed: for every step of a decode, for one token of a prompt.
    """
    info = ondol.inspect(str(path))
    size = {tensor.name: (tensor.bytes, int(np.prod(tensor.shape))) for tensor in info.tensors}
    head = "output.weight" if "output.weight" in size else "token_embd.weight"
    step = {name: both for name, both in size.items() if name == head or name != "token_embd.weight"}
    types = Counter()
    for tensor in info.tensors:
        types[tensor.type] += tensor.bytes
    layers = [size[tensor.name][1] for tensor in info.tensors
              if len(tensor.shape) > 1 and tensor.name not in (head, "token_embd.weight")]
    return {"parameters": info.parameters, "file_bytes": Path(path).stat().st_size,
            "step_bytes": sum(bytes for bytes, _ in step.values()), "prompt_macs": sum(layers),
            "float": types.most_common(1)[0][0] == "F32"}  # other types multiply as integers
