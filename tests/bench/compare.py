"""Ondol beside llama.cpp, CTranslate2 and OpenVINO GenAI: same weights, threads and token counts, fresh processes in turn.

    python tests/bench/compare.py                                     # the demo model, 1 and 2 threads, 512 + 64 tokens
    python tests/bench/compare.py smollm2:q4_0 1b:q8_0 FILE.gguf --threads 2 --json out.json --svg out.svg
    python tests/bench/compare.py 135m:q4_0 --prompt 128 1024 4096 16384 --generate 16       # a curve
    python tests/bench/compare.py --install                           # only the peers
    python tests/bench/compare.py --short                             # Ondol alone, in seconds: whether all this works

Peers are installed once into an environment of their own (llama-cpp-python from source, for this CPU). What cannot be
installed or cannot run a model is listed with the reason. Weights: a GGUF file or a name of speed/models.py. Every
option that takes several values makes a point of each combination. Ids are random.
"""

import argparse
import itertools
import json
import os
import sys
from pathlib import Path

from speed import limits, models, peers, report, rounds

DEFAULT = ("ondol", "llama.cpp", "ctranslate2", "openvino")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", default=["smollm2"],
                        help="GGUF file, smollm2[:TYPE], or a shape with random weights: 135m, 1b, 3b[:TYPE]")
    parser.add_argument("--engines", nargs="+", choices=peers.ENGINES, default=DEFAULT, metavar="NAME",
                        help=f"of {', '.join(peers.ENGINES)}; ratios are the first one's to the others'")
    for name, default, what in (("threads", [1, 2], "threads that compute"), ("prompt", [512], "tokens read at once"),
                                ("depth", [0], "tokens in the cache before"),
                                ("batch", [1], "sequences read and written together")):
        parser.add_argument(f"--{name}", type=int, nargs="+", default=default, help=what)
    parser.add_argument("--generate", type=int, default=64, help="tokens written one by one")
    parser.add_argument("--cache-type", nargs="+", choices=("f16", "bf16", "f32", "q8_0"), default=["f16"])
    parser.add_argument("--isa", choices=peers.ISAS, default="",
                        help="hold all to an instruction set; llama.cpp is built once more for it")
    parser.add_argument("--rounds", "--pairs", type=int, default=7, help="runs of each engine")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds of one run")
    parser.add_argument("--peer-venv", type=Path, help="environment of the peers; default: in the user's cache")
    parser.add_argument("--install", action="store_true", help="only install the peers and write the weights")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw them there")
    parser.add_argument("--short", action="store_true", help="other defaults: Ondol alone, few tokens, two rounds")
    if "--short" in sys.argv:
        parser.set_defaults(engines=["ondol"], prompt=[16], generate=4, rounds=2)
    options = parser.parse_args()
    if options.rounds < 1 or min(options.prompt + options.threads + options.batch + [options.generate]) < 1:
        parser.error("rounds, threads, prompt, batch and generate are at least 1")
    return options


def collect(options):
    engines = [peers.ENGINES[name] for name in options.engines]
    environment = peers.Environment(options.peer_venv, options.isa)
    files = {name: models.resolve(name) for name in options.models}
    result = {"command": sys.argv[1:], "machine": limits.machine(), "isa": options.isa, "rounds": options.rounds,
              "limits": limits.limits(options.threads, 1 << (26 if options.short else 30)),
              "work": {name: models.work(file) for name, file in files.items()}, "results": []}
    grid = itertools.product(options.models, options.threads, options.prompt, [options.generate], options.depth,
                             options.batch, options.cache_type)
    for case in itertools.starmap(rounds.Case, grid):
        result["results"].append(rounds.measure(case, files[case.model], engines, environment, options.rounds,
                                                options.timeout))
    return result


def install(options):
    environment = peers.Environment(options.peer_venv, options.isa)
    for kind in {kind.module: kind for kind in (peers.ENGINES[name].kind for name in options.engines)}.values():
        try:
            print(f"{kind.module}: {environment.python(kind)}")
        except peers.NotRun as reason:
            print(f"{kind.module}: {reason}")
    for name in options.models:
        print(f"{name}: {models.resolve(name)}")


def main():
    options = arguments()
    if options.install:
        return install(options)
    if os.getloadavg()[0] > 0.5:
        print(f"load is {os.getloadavg()[0]:.1f}: other programs will disturb the figures", file=sys.stderr)
    result = collect(options)
    print(report.text(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    if options.svg:
        options.svg.write_text(report.picture(result))


if __name__ == "__main__":
    main()
