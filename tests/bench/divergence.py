"""How far the next-token distributions of fast arithmetic lie from exact ones, beside llama.cpp's on the same file.

    python tests/bench/divergence.py                                    # smollm2 in five types, 640 positions
    python tests/bench/divergence.py FILE --positions 1000 --cache-type q8_0 --json result.json

Kullback-Leibler divergence in nats from the distribution of the file's dequantised weights in float32, at each position
of a text (this project's README); mean and 99th percentile, and how often the most likely token is another one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import ondol
from speed import models, peers

HERE = Path(__file__).resolve().parent
DEFAULT = ["smollm2", "smollm2:q4_0", "smollm2:q8_0", "smollm2:q4_k_m", "smollm2:f16"]


def log_softmax(logits):
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def of_ondol(path, ids, **options):
    model = ondol.Model.load(str(path), context=len(ids), **options)
    return log_softmax(model.logits(ids))


def of_llama_cpp(path, ids, threads, cache_type):
    """From its own environment, as a file. Raises peers.NotRun."""
    python = peers.Environment().python(peers.ENGINES["llama.cpp"].kind)
    with tempfile.TemporaryDirectory() as folder:
        wanted, found = Path(folder) / "ids.json", Path(folder) / "logits.npy"
        wanted.write_text(json.dumps([int(token) for token in ids]))
        script = peers.SCRIPTS / "logits_llama_cpp.py"
        done = subprocess.run([python, script, path, wanted, found, str(threads), cache_type], capture_output=True, text=True)
        if done.returncode != 0:
            raise peers.NotRun(done.stderr.strip().splitlines()[-1])
        return log_softmax(np.load(found))


def compare(exact, found):
    divergence = (np.exp(exact) * (exact - found)).sum(axis=1)
    return {"mean": float(divergence.mean()), "percentile_99": float(np.percentile(divergence, 99)),
            "other_first": float((exact.argmax(axis=1) != found.argmax(axis=1)).mean())}


def measure(path, options):
    ids = ondol.Tokenizer.load(str(path)).encode((HERE.parents[1] / "README.md").read_text())[:options.positions]
    if len(ids) < options.positions:
        raise SystemExit(f"the text has {len(ids)} tokens, --positions wants {options.positions}")
    exact = of_ondol(path, ids, precision="exact", cache_type="f32", threads=options.threads)
    result = {"model": str(path), "positions": len(ids), "cache_type": options.cache_type}
    fast = of_ondol(path, ids, cache_type=options.cache_type, threads=options.threads)
    result["ondol"] = compare(exact, fast)
    if options.alone:
        return result
    try:
        result["llama.cpp"] = compare(exact, of_llama_cpp(path, ids, options.threads, options.cache_type))
        result["ratio"] = result["ondol"]["mean"] / result["llama.cpp"]["mean"]
    except peers.NotRun as reason:
        result["llama.cpp"] = {"not_run": str(reason)}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="*", default=DEFAULT)
    parser.add_argument("--positions", type=int, default=640)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cache-type", default="f16", choices=("f16", "q8_0"))
    parser.add_argument("--alone", action="store_true", help="Without llama.cpp.")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = []
    for name in options.models:
        result = measure(models.resolve(name), options)
        results.append({**result, "model": name})
        for engine, it in result.items():
            if not isinstance(it, dict):
                continue
            print(f"{name:24} {engine:10}", it.get("not_run") or
                  f"mean {it['mean']:.3e}, 99 % below {it['percentile_99']:.3e}, other first token {it['other_first']:.2%}")
        if "ratio" in result:
            print(f"{name:24} ratio of means {result['ratio']:.3g}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    sys.exit(main())
