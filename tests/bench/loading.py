"""Loading a model beside a plain copy of its file into fresh memory by as many threads, in turn, files in the page cache.

    python tests/bench/loading.py smollm2 1b:q8_0 FILE.gguf --threads 2

A load reads every byte, packs it and writes it once, so the copy is what the machine lets any program do at best.
"""

import argparse
import mmap
import statistics
import subprocess
import sys
import threading
import time

import numpy as np

import ondol
from speed import models, report


def copy(path, threads):
    """Seconds of a copy into memory that was never touched, in pages of the usual size."""
    begin = time.perf_counter()
    source = np.memmap(path, np.uint8, "r")
    target = np.frombuffer(mmap.mmap(-1, len(source)), np.uint8)
    edges = np.linspace(0, len(source), threads + 1, dtype=np.int64)
    workers = [threading.Thread(target=np.copyto, args=(target[a:b], source[a:b])) for a, b in zip(edges, edges[1:])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - begin


def load(path, threads):
    begin = time.perf_counter()
    ondol.Model.load(path, threads=threads)
    return time.perf_counter() - begin


def tokenizer(path, threads):
    begin = time.perf_counter()
    ondol.Tokenizer.load(path)
    return time.perf_counter() - begin


KINDS = {"copy": copy, "load": load, "tokenizer": tokenizer}


def in_fresh_process(kind, path, threads):
    done = subprocess.run([sys.executable, __file__, str(path), "--threads", str(threads), "--only", kind],
                          capture_output=True, text=True, check=True)
    return float(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["smollm2"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=KINDS, help="one run in this process: its seconds")
    options = parser.parse_args()
    if options.only:
        print(KINDS[options.only](options.models[0], options.threads))
        return
    rows = []
    for name in options.models:
        path = models.resolve(name)
        in_fresh_process("copy", path, options.threads)  # fills the page cache
        seconds = {kind: [] for kind in KINDS}
        for _ in range(options.rounds):
            for kind in KINDS:
                seconds[kind].append(in_fresh_process(kind, path, options.threads))
        ratios = [(load - tokenizer) / copy for copy, load, tokenizer in zip(*seconds.values())]
        middle = {kind: 1e3 * statistics.median(values) for kind, values in seconds.items()}
        rows.append([name, f"{path.stat().st_size * 1e-6:.0f}", *(f"{middle[kind]:.0f}" for kind in KINDS),
                     f"{statistics.median(ratios):.2f} ({min(ratios):.2f} .. {max(ratios):.2f})"])
    print(report.table(["model", "MB", *(f"{kind}, ms" for kind in KINDS), "(load - tokenizer) / copy"], rows))


if __name__ == "__main__":
    main()
