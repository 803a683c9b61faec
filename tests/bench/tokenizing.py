"""Tokenizers in Ondol beside Hugging Face tokenizers and tiktoken on one thread: alternating runs, medians.

    python tests/bench/tokenizing.py VOCABULARY.gguf     # a byte-level vocabulary, such as Llama 3's

The vocabulary is written as tokenizer.json and as ranks, so that all read the same tokens. Texts: English prose and source
code (Python's library), Korean (the project's README), about 200 KB each.
"""

import argparse
import base64
import inspect
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import gguf  # noqa: E402
import tiktoken  # noqa: E402
import tokenizers  # noqa: E402

import ondol  # noqa: E402

PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
           r"|\s+(?!\S)|\s+")
SIZE = 200_000


def filled(text):
    return (text * (SIZE // len(text) + 1))[:SIZE]


def texts():
    import argparse as a
    import asyncio.base_events as b
    import typing as t

    code = "\n".join(inspect.getsource(module) for module in (a, b, t))
    prose = "\n".join(inspect.getdoc(value) or "" for module in (a, b, t, inspect, json)
                      for value in vars(module).values() if inspect.getdoc(value))
    korean = (Path(__file__).parents[2] / "README.ko.md").read_text(encoding="utf-8")
    return {"English": filled(prose), "Korean": filled(korean), "code": filled(code)}


def write_vocabulary(path, folder):
    """The GGUF's tokens as tokenizer.json and as tiktoken ranks."""
    fields = gguf.GGUFReader(path).fields
    values = lambda key: fields[key].contents()  # noqa: E731
    tokens, merges = values("tokenizer.ggml.tokens"), values("tokenizer.ggml.merges")
    kinds = values("tokenizer.ggml.token_type")
    alphabet = {c: b for b, c in ((b, chr(b)) for b in [*range(33, 127), *range(161, 173), *range(174, 256)])}
    rest = [b for b in range(256) if b not in alphabet.values()]
    alphabet.update({chr(256 + i): b for i, b in enumerate(rest)})
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    special = [(i, token) for i, token in enumerate(tokens) if kinds[i] == 3]
    described = {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": None,
        "added_tokens": [dict(id=i, content=token, single_word=False, lstrip=False, rstrip=False, normalized=False,
                              special=True) for i, token in special],
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False}, byte_level]},
        "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": True,
                  "vocab": {token: i for i, token in enumerate(tokens) if kinds[i] == 1}, "merges": merges}}
    json_path, ranks_path = folder / "tokenizer.json", folder / "made.tiktoken"
    json_path.write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
    ranks = {bytes(alphabet[c] for c in token): i for i, token in enumerate(tokens) if kinds[i] == 1}
    ranks_path.write_bytes(b"".join(base64.b64encode(t) + b" %d\n" % i for t, i in ranks.items()))
    return json_path, ranks_path, ranks


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def medians(calls, rounds):
    """Seconds of each call, in rounds that go through all of them, to and fro."""
    spent = {name: [] for name in calls}
    for i in range(rounds):
        for name in list(calls) if i % 2 else reversed(list(calls)):
            spent[name].append(timed(calls[name]))
    return {name: statistics.median(times) for name, times in spent.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vocabulary", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        json_path, ranks_path, ranks = write_vocabulary(options.vocabulary, Path(folder))
        results["load"] = medians({
            "ondol": lambda: ondol.Tokenizer.load(json_path),
            "tokenizers": lambda: tokenizers.Tokenizer.from_file(str(json_path)),
            "ondol ranks": lambda: ondol.Tokenizer.load(ranks_path, pattern=PATTERN),
            "ondol gguf": lambda: ondol.Tokenizer.load(options.vocabulary),
        }, max(3, options.rounds // 2))
        own = ondol.Tokenizer.load(json_path)
        theirs = tokenizers.Tokenizer.from_file(str(json_path))
        ranked = tiktoken.Encoding("made", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
        for name, text in texts().items():
            ids = own.encode(text)
            assert ids == theirs.encode(text).ids == ranked.encode_ordinary(text), name
            results[f"encode {name}"] = medians({
                "ondol": lambda: own.encode(text),
                "tokenizers": lambda: theirs.encode_batch_fast([text]),
                "tiktoken": lambda: ranked.encode_ordinary(text),
                "ondol, offsets": lambda: own.encode_with_offsets(text),
            }, options.rounds)
            results[f"decode {name}"] = medians({
                "ondol": lambda: own.decode(ids), "tokenizers": lambda: theirs.decode(ids),
                "tiktoken": lambda: ranked.decode(ids)}, options.rounds)
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), platform.machine())
    print(f"{cpu}; {options.vocabulary.name}; tokenizers {tokenizers.__version__}, tiktoken {tiktoken.__version__}; ms, "
          f"medians of {options.rounds}; how many times Ondol's time in brackets")
    for what, times in results.items():
        print(f"{what:16}", "  ".join(f"{name} {1e3 * t:.1f} ({t / times['ondol']:.2f})" for name, t in times.items()))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
