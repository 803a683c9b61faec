"""N-gram models in Ondol beside KenLM: memory, time to load, words scored a second, difference of a word's log10.

    python tests/bench/ngrams.py TEXT --kenlm PYTHON [--build-binary PROGRAM]

TEXT has a sentence a line. Each twentieth is scored by a model of order 5 that Ondol learns from the others. PYTHON is
the interpreter of an environment with KenLM (pip install kenlm), whose module reads ARPA files into hash tables; its
program build_binary, if given, makes its tries, one of them with 8-bit values. Each model is measured in a process of
its own, on one thread, in alternating rounds, by the processor time it takes.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def measure(library, model_path, sentences_path):
    """In a process of its own: scores all sentences three times, and tells of the fastest."""
    if library == "ondol":
        import ondol

        load, score = ondol.NGram.load, lambda model, text: model.score(text).sum
        words_of = lambda model, text: [-nll / math.log(10) for nll in model.score(text).nll]  # noqa: E731
    else:
        import kenlm

        load, score = kenlm.Model, lambda model, text: model.score(text)
        words_of = lambda model, text: [word[0] for word in model.full_scores(text)]  # noqa: E731
    sentences = Path(sentences_path).read_text(encoding="utf-8").splitlines()
    before, start = resident(), time.process_time()
    model = load(model_path)
    loaded = time.process_time() - start
    times = []
    for _ in range(3):
        start = time.process_time()
        for text in sentences:
            score(model, text)
        times.append(time.process_time() - start)
    words = sum(len(text.split()) + 1 for text in sentences)
    print(json.dumps({"load_seconds": loaded, "resident_bytes": resident() - before,
                      "words_per_second": words / min(times), "scores": [words_of(model, text) for text in sentences]}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--kenlm", required=True)
    parser.add_argument("--build-binary")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    import ondol

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [line for line in options.text.read_text(encoding="utf-8").splitlines() if line.split()]
        (folder / "sentences").write_text("\n".join(lines[::20]), encoding="utf-8")
        del lines[::20]
        start = time.perf_counter()
        trainer = ondol.NGramTrainer(order=5, discount_fallback=(0.5, 1, 1.5))
        trainer.add("\n".join(lines))
        estimate = trainer.estimate()
        arpa = str(folder / "lm.arpa")
        estimate.write(arpa)
        trained, counts, memory = time.perf_counter() - start, estimate.counts, estimate.model().memory
        del trainer, estimate
        runs = {"ondol": (sys.executable, "ondol", arpa), "kenlm probing": (options.kenlm, "kenlm", arpa)}
        if options.build_binary:
            for kind, arguments in {"kenlm trie": ["trie"], "kenlm trie, small pointers": ["-a", "64", "trie"],
                                    "kenlm trie, 8 bits": ["-q", "8", "-b", "8", "-a", "64", "trie"]}.items():
                binary = str(folder / kind.replace(" ", "-"))
                subprocess.run([options.build_binary, *arguments, arpa, binary], check=True,
                               capture_output=True)
                runs[kind] = (options.kenlm, "kenlm", binary)
        found = {name: [] for name in runs}
        for i in range(options.rounds):
            for name in list(runs) if i % 2 else reversed(list(runs)):
                python, library, path = runs[name]
                done = subprocess.run([python, __file__, "--measure", library, path, str(folder / "sentences")],
                                      check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                found[name].append(json.loads(done.stdout))
        sizes = {name: Path(path).stat().st_size for name, (_, library, path) in runs.items() if path != arpa}
        results = {}
        exact = found["ondol"][0]["scores"]
        for name, rounds in found.items():
            results[name] = {key: statistics.median(r[key] for r in rounds)
                             for key in ("load_seconds", "resident_bytes", "words_per_second")}
            results[name]["largest_difference"] = max(
                abs(a - b) for own, other in zip(exact, rounds[0]["scores"]) for a, b in zip(own, other))
            results[name]["bytes"] = memory if name == "ondol" else sizes.get(name)
    cpu = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line)
    print(f"{cpu}; order 5, {' + '.join(f'{n:,}' for n in counts)} n-grams, learned in {trained:.1f} s; "
          f"{len(exact):,} sentences scored; medians of {options.rounds}")
    for name, r in results.items():
        size = "" if r["bytes"] is None else f"model {r['bytes'] / 1e6:6.1f} MB  "
        print(f"{name:28} {r['words_per_second'] / 1e6:5.2f} M words/s  {size}"
              f"resident +{r['resident_bytes'] / 1e6:6.1f} MB  load {r['load_seconds']:5.2f} s  "
              f"differs by {r['largest_difference']:.1e}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    for name in ("kenlm probing", "kenlm trie", "kenlm trie, small pointers"):
        assert results.get(name, {}).get("largest_difference", 0) < 1e-4, name


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(*sys.argv[2:])
    else:
        main()
