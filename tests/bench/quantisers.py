"""Ondol's quantisers beside the reference's (ggml_quantize_chunk), with the same weights: error and time.

    python tests/bench/quantisers.py                                  # needs pip packages gguf and llama-cpp-python
    python tests/bench/quantisers.py --library libggml-base.so Q4_K   # another build of the reference, these types only

Errors are root mean squares relative to that of the weights, plain and (with importance) weighted. Exits with 1 if one of
Ondol's plain errors is more than 1.02 of the reference's.
"""

import argparse
import ctypes
import importlib.util
import sys
import time
from pathlib import Path

import gguf
import numpy as np

import ondol

ROWS, COLUMNS = 256, 1024
MOST = 1.02
#: ggml's ids of types that the pip package may not know yet
IDS = {**{t.name: int(t) for t in gguf.GGMLQuantizationType}, "Q1_0": 41, "Q2_0": 42}


def library(path):
    if path is None:
        found = importlib.util.find_spec("llama_cpp")
        if found is None:
            sys.exit("llama-cpp-python is not installed, and no --library was given")
        path = next(Path(found.origin).parent.rglob("libggml-base.so"))
    loaded = ctypes.CDLL(str(path))
    loaded.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64,
                                           ctypes.c_int64, ctypes.c_void_p]
    loaded.ggml_quantize_chunk.restype = ctypes.c_size_t
    return loaded


def reference(ggml, kind, weights, importance):
    rows, columns = weights.shape
    out = np.empty((rows, columns // kind.block_weights * kind.block_bytes), np.uint8)
    ggml.ggml_quantize_init(IDS[kind.name])
    begin = time.process_time()
    ggml.ggml_quantize_chunk(IDS[kind.name], weights.ctypes.data, out.ctypes.data, 0, rows, columns,
                             None if importance is None else importance.ctypes.data)
    return out, time.process_time() - begin


def ours(kind, weights, importance, runtime):
    begin = time.process_time()
    return ondol.quantize(kind.name, weights, importance, runtime=runtime), time.process_time() - begin


def errors(kind, blocks, weights, importance):
    square = (np.float64(ondol.dequantize(kind.name, blocks)) - weights) ** 2
    plain = np.sqrt(square.mean() / np.square(np.float64(weights)).mean())
    if importance is None:
        return plain, plain
    return plain, np.sqrt((importance * square).mean() / (importance * np.square(np.float64(weights))).mean())


def normal_weights():
    return np.random.default_rng(1).normal(0, 0.05, (ROWS, COLUMNS)).astype(np.float32)


def model_weights(path):
    """Parts of each kind of matrix of a GGUF, from first to last layers, in rows of COLUMNS."""
    tensors = [t for t in gguf.GGUFReader(path).tensors if len(t.shape) == 2]
    chosen = tensors[::max(1, len(tensors) // 32)]
    parts = [ondol.dequantize(t.tensor_type.name, np.ascontiguousarray(t.data).view(np.uint8).ravel()) for t in chosen]
    rows = [part[:part.size // COLUMNS * COLUMNS].reshape(-1, COLUMNS)[:ROWS // 16] for part in parts]
    return np.ascontiguousarray(np.concatenate(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("types", nargs="*", help="storage types; all by default")
    parser.add_argument("--library", help="libggml-base of another place")
    arguments = parser.parse_args()
    ggml = library(arguments.library)
    runtime = ondol.Runtime(threads=1)
    kinds = [ondol.storage_type(name) for name in arguments.types]
    kinds = kinds or [k for k in ondol.storage_types() if k.quantizable and k.block_weights > 1]
    sources = {"normal": normal_weights(), "SmolLM2": model_weights(ondol.demo_model())}
    importance = np.random.default_rng(2).lognormal(0, 1, COLUMNS).astype(np.float32)
    print(f"{'type':8} {'weights':8} {'importance':10} {'error':>8} {'ratio':>6} {'weighted':>8} {'ratio':>6} "
          f"{'ns':>5} {'ref':>5}")
    worst = 0.0
    for kind in kinds:
        for source, weights in sources.items():
            for label, given in {"none": None, "even": np.ones(COLUMNS, np.float32), "uneven": importance}.items():
                if given is None and kind.needs_importance:
                    continue
                blocks, seconds = ours(kind, weights, given, runtime)
                peer, peer_seconds = reference(ggml, kind, weights, given)
                plain, weighted = errors(kind, blocks, weights, given)
                peer_plain, peer_weighted = errors(kind, peer, weights, given)
                worst = max(worst, plain / peer_plain)
                print(f"{kind.name:8} {source:8} {label:10} {plain:8.5f} {plain / peer_plain:6.3f} {weighted:8.5f} "
                      f"{weighted / peer_weighted:6.3f} {1e9 * seconds / weights.size:5.0f} "
                      f"{1e9 * peer_seconds / weights.size:5.0f}", flush=True)
    print(f"largest ratio {worst:.3f}, at most {MOST}")
    return 0 if worst <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
