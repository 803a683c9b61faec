"""Where the time of a forward pass goes: shares of the parts of reading a prompt, and of writing a token behind it.

    cmake --build --preset release --target forward_pass
    python tests/bench/forward_pass.py smollm2:q4_0 1b:q4_0 --threads 1 2 [--isa avx2]

Linux's `perf` samples the program; functions are put together by name. With several threads a share is of all their
time; what they spend waiting for each other is a part of its own.
"""

import argparse
import os
import re
import subprocess
import tempfile
from pathlib import Path

from speed import models, report

PROGRAM = Path(__file__).parents[2] / "build" / "release" / "tests" / "bench" / "forward_pass"
#: what a function belongs to: the first that its name matches
PARTS = {
    None: r"pack|read_q|read_k|read_iq|Layout\(|clear_page|page_fault|folio|tokenizer",  # loading
    "attention": r"attention_bodies|::attend\(",
    "products, 8-bit activations": r"integer::multiply_\w+<.*signed char",
    "products, 16-bit activations": r"integer::multiply_\w+<.*\bshort",
    "results of products": r"integer::(write_out|multiply_)",
    "float products": r"float_bodies|JIT|dnnl|0x0000",
    "rounding activations": r"quantise|round_group|round_rests",
    "activation function": r"silu|gelu|activate",
    "norms": r"norm",
    "rotary": r"rotate|Rope",
    "residuals": r"add_rows|::add\b",
    "waiting": r"ThreadPool|yield|schedule|futex|_State_impl|pick_next|update_curr",
}


def part_of(function):
    return next((part for part, names in PARTS.items() if re.search(names, function)), "other")


def profile(path, threads, prompt, tokens, isa, seconds):
    """(seconds a pass, {part: share})"""
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/perf.data"
        environment = {**os.environ, "ONDOL_ISA": isa} if isa else os.environ
        done = subprocess.run(["perf", "record", "-q", "-o", data, PROGRAM, path, str(threads), str(prompt), str(tokens),
                               str(seconds)], capture_output=True, text=True, check=True, env=environment)
        lines = subprocess.run(["perf", "report", "-i", data, "--stdio", "-F", "overhead,symbol"], capture_output=True,
                               text=True, check=True).stdout.splitlines()
    shares = {}
    for line in lines:
        found = re.fullmatch(r"\s*([\d.]+)%\s+\[.\]\s+(.*)", line)
        if found:
            part = part_of(found[2])
            shares[part] = shares.get(part, 0) + float(found[1])
    shares.pop(None, None)
    whole = sum(shares.values())
    return float(done.stdout.split()[-1]), {part: share / whole for part, share in shares.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["smollm2:q4_0"])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--isa", default="")
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    if not PROGRAM.exists():
        parser.error(f"{PROGRAM} is not there: cmake --build --preset release --target forward_pass")
    columns = {}
    for name in options.models:
        for threads in options.threads:
            for what, tokens in ((f"prompt of {options.prompt}", 0), (f"token behind {options.prompt}", 64)):
                seconds, shares = profile(models.resolve(name), threads, options.prompt, tokens, options.isa,
                                          options.seconds)
                columns[f"{name}, {threads} thr., {what}: {1e3 * seconds:.2f} ms"] = shares
    parts = [part for part in [*PARTS, "other"] if any(part in shares for shares in columns.values())]
    print(report.table(["part", *columns], [[part, *(f"{shares.get(part, 0):.1%}" for shares in columns.values())]
                                            for part in parts]))


if __name__ == "__main__":
    main()
