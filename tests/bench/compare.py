"""Ondol beside llama-cpp-python on the same file and cores: alternating fresh processes, fresh random ids, medians.

    python tests/bench/compare.py                       # the demo model, 1 and 2 threads, 512 + 64 tokens, 7 pairs
    python tests/bench/compare.py FILE --threads 2 --pairs 9 --json result.json

The peer is built once from its source distribution with native flags, into an environment of its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

PEER = "llama-cpp-python==0.3.36"
HERE = Path(__file__).parent
#: name, unit, scale
MEASURES = [
    ("prefill_tokens_per_second", "tokens/s", 1),
    ("decode_tokens_per_second", "tokens/s", 1),
    ("load_to_first_token_seconds", "ms", 1e3),
    ("peak_bytes", "MB", 1e-6),
]


def peer_python(venv):
    """The interpreter of the peer's environment, which is made if it is not there."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    version = "import llama_cpp; print(llama_cpp.__version__)"
    have = subprocess.run([python, "-c", version], capture_output=True, text=True)
    if have.stdout.strip() != PEER.split("==")[1]:
        print(f"building {PEER} in {venv}", file=sys.stderr)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-binary", "llama-cpp-python", PEER], check=True,
                       env={**os.environ, "CMAKE_ARGS": "-DGGML_NATIVE=ON"})
    return python


def measure(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def compare(path, threads, options, python):
    """`pairs` rounds of one run each; who goes first alternates."""
    sizes = ["--threads", threads, "--prompt", options.prompt, "--generate", options.generate, "--depth", options.depth]
    commands = {"ondol": [sys.executable, "-m", "ondol", "bench", path, *sizes, "--json"],
                "peer": [python, HERE / "peer.py", path, *sizes]}
    runs = {name: [] for name in commands}
    for round in range(options.pairs):
        for name in list(commands)[::1 if round % 2 == 0 else -1]:
            run = measure(commands[name])
            runs[name].append(run)
            print(f"  {threads} threads, round {round + 1}/{options.pairs}: {name} "
                  f"{run['prefill_tokens_per_second']:.0f} + {run['decode_tokens_per_second']:.1f} tokens/s",
                  file=sys.stderr)
    result = {"threads": threads, "isa": runs["ondol"][0]["isa"], "cpu": runs["ondol"][0]["cpu"], "runs": runs}
    for name, _, _ in MEASURES:
        ours, theirs = ([run[name] for run in runs[side]] for side in ("ondol", "peer"))
        result[name] = {"ondol": spread(ours), "peer": spread(theirs),
                        "ratio": spread([a / b for a, b in zip(ours, theirs)])}
    return result


def print_table(results, options):
    first = results[0]
    print(f"{first['cpu']}, {first['isa']}; {Path(options.file).name}; prefill {options.prompt}, "
          f"decode {options.generate}, depth {options.depth}; {options.pairs} pairs: median (least .. most)")
    print(" " * 44 + "".join(title.rjust(28) for title in ("Ondol", PEER, "Ondol / peer")))
    for result in results:
        for name, unit, scale in MEASURES:
            cells = [f"{s['median'] * k:.{d}f} ({s['min'] * k:.{d}f} .. {s['max'] * k:.{d}f})"
                     for s, k, d in ((result[name]["ondol"], scale, 1), (result[name]["peer"], scale, 1),
                                     (result[name]["ratio"], 1, 2))]
            what = name.removesuffix("_tokens_per_second").removesuffix("_seconds").replace("_", " ")
            print(f"{result['threads']} threads, {what}, {unit}".ljust(44) + "".join(cell.rjust(28) for cell in cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", help="GGUF file; the demo model if not given")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--generate", type=int, default=64)
    parser.add_argument("--depth", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--peer-venv", type=Path, default=Path.home() / ".cache" / "ondol" / "peers")
    parser.add_argument("--json", metavar="FILE", help="write all figures there too")
    options = parser.parse_args()
    if options.file is None:
        import ondol

        options.file = ondol.demo_model()
    python = peer_python(options.peer_venv)
    results = [compare(options.file, threads, options, python) for threads in options.threads]
    print_table(results, options)
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
