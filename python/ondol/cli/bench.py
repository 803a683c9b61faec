"""ondol bench"""

from __future__ import annotations

import resource
import time
from typing import Annotated, Any, Dict, List

import numpy as np
import typer

import ondol

from . import options as o
from .terminal import print_json


def peak_bytes() -> int:
    """Peak resident memory of this program, and of no parent that it was forked from, as ru_maxrss would have it."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as cpuinfo:
            return next(line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name"))
    except (OSError, StopIteration):
        return "unknown"


def measure(path: str, prompt: int, generate: int, depth: int, batch: int, **loading: Any) -> Dict[str, Any]:
    """One load, one prefill of `prompt` random ids after `depth` others, one decode of `generate` tokens.

    Decoding is generate()'s: forward pass, greedy choice, text; of several sequences the passes alone.
    The first token is that of a prompt of 32 ids, and the first thing that is computed.
    """
    random = np.random.default_rng()
    begin = time.perf_counter()
    model = ondol.Model.load(path, **loading)
    loaded = time.perf_counter()

    def ids(count: int) -> np.ndarray:
        return random.integers(0, model.info.vocabulary, count)

    model.generate(ids(min(32, model.context - 1)), max_tokens=1, ignore_eos=True)
    first = time.perf_counter()
    caches = [model.new_cache() for _ in range(batch)]

    def forward(count: int, output: str) -> float:
        begin = time.perf_counter()
        model.forward([(cache, ids(count), output) for cache in caches])
        return time.perf_counter() - begin

    if depth:
        forward(depth, "none")
    if batch == 1:
        # The first token comes from the prefill's logits: `generate` steps make one more.
        timings = model.generate(ids(prompt), cache=caches[0], max_tokens=generate + 1, ignore_eos=True).timings
        prefill, decode = timings.prompt_tokens_per_second, timings.generated_tokens_per_second
    else:
        prefill = batch * prompt / forward(prompt, "last")
        decode = batch * generate / sum(forward(1, "last") for _ in range(generate))
    return {
        "file": path,
        "prefill_tokens_per_second": prefill,
        "decode_tokens_per_second": decode,
        "prompt": prompt,
        "generate": generate,
        "depth": depth,
        "batch": batch,
        "threads": model.runtime.threads,
        "isa": model.runtime.isa,
        "cpu": cpu_name(),
        "load_seconds": loaded - begin,
        "load_to_first_token_seconds": first - begin,
        "peak_bytes": peak_bytes(),
        "version": ondol.__version__,
    }


def bench(
    path: Annotated[str, typer.Argument(metavar="FILE", help="GGUF file.")],
    threads: o.Threads = 0,
    prompt: Annotated[int, typer.Option(min=1, help="Tokens read at once.")] = 512,
    generate: Annotated[int, typer.Option(min=1, help="Tokens generated one by one.")] = 64,
    depth: Annotated[int, typer.Option(min=0, help="Positions in the cache before.")] = 0,
    batch: Annotated[int, typer.Option(min=1, help="Sequences read and written together; speeds are of all.")] = 1,
    repeat: Annotated[int, typer.Option(min=1, help="Runs; the median counts.")] = 1,
    precision: o.Precision = "fast",
    context: o.Context = 0,
    cache_type: o.CacheType = "auto",
    quantize: o.Quantize = "",
    as_json: o.AsJson = False,
) -> None:
    """Measure reading and writing speed with random ids."""
    loading = o.loading(locals())
    runs: List[Dict[str, Any]] = [measure(path, prompt, generate, depth, batch, **loading) for _ in range(repeat)]
    result = {name: float(np.median([run[name] for run in runs])) if isinstance(value, float) else value
              for name, value in runs[-1].items()}
    if as_json:
        return print_json(result)
    print(f"{result['cpu']}, {result['isa']}, {result['threads']} threads")
    print(f"prefill {prompt} tokens: {result['prefill_tokens_per_second']:.1f} tokens/s")
    print(f"decode {generate} tokens: {result['decode_tokens_per_second']:.1f} tokens/s")
    print(f"load {result['load_seconds']:.3f} s, first token after {result['load_to_first_token_seconds']:.3f} s, "
          f"peak memory {result['peak_bytes'] / 1e6:.0f} MB")
