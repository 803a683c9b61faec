"""What is left of a model's speed when it cannot have the cores it was told to use: Linux only.

    python tests/bench/disturbed.py smollm2:q4_0 --threads 2

Each line is a fresh process that reads a prompt and writes tokens. The last columns compare it with half the threads,
free: threads that wait for each other while one of them is not running could take any time.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

import ondol
from speed import models, report

CGROUPS = [(Path("/sys/fs/cgroup/cpu"), {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "{quota}"}, "tasks"),
           (Path("/sys/fs/cgroup"), {"cpu.max": "{quota} 100000"}, "cgroup.procs")]


def run(path, threads, prompt, generate):
    """Seconds of a prompt, and of a token: the best prompt of three, all tokens."""
    model = ondol.Model.load(path, threads=threads)
    ids = [7 * i % model.info.vocabulary for i in range(prompt)]
    read = []
    for _ in range(3):
        cache = model.new_cache()
        begin = time.perf_counter()
        model.forward([ondol.Step(cache, ids, "last")])
        read.append(time.perf_counter() - begin)
    begin = time.perf_counter()
    model.generate(ids[:1], cache=cache, max_tokens=generate, ignore_eos=True)
    return {"prompt": min(read), "token": (time.perf_counter() - begin) / generate}


def in_fresh_process(options, path, threads, before=None):
    command = [sys.executable, __file__, str(path), "--threads", str(threads), "--prompt", str(options.prompt),
               "--generate", str(options.generate), "--only"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=before).stdout)


@contextmanager
def busy(cores):
    """A program that computes on each of these cores."""
    spin = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(spin, preexec_fn=lambda core=core: os.sched_setaffinity(0, {core})) for core in cores]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def make_cgroup(quota_cores):
    """The file that a process joins a new quota of CPU time by, or None where no cgroup may be made."""
    for root, settings, members in CGROUPS:
        folder = root / f"ondol-bench-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            for name, value in settings.items():
                (folder / name).write_text(value.format(quota=int(100000 * quota_cores)))
            return folder / members
        except OSError:  # another kind of cgroup
            folder.rmdir()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default="smollm2:q4_0")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--generate", type=int, default=128)
    parser.add_argument("--only", action="store_true", help="one run in this process: JSON")
    options = parser.parse_args()
    path = models.resolve(options.model)
    if options.only:
        print(json.dumps(run(path, options.threads, options.prompt, options.generate)))
        return
    cores = sorted(os.sched_getaffinity(0))[:options.threads]
    half = cores[:max(1, len(cores) // 2)]
    cases = {
        "free": (options.threads, nullcontext(), None),
        "half the threads, free": (max(1, options.threads // 2), nullcontext(), None),
        "half the cores": (options.threads, nullcontext(), lambda: os.sched_setaffinity(0, half)),
        "a busy program on half the cores": (options.threads, busy(half), None),
    }
    quota = make_cgroup(len(half))
    if quota:
        cases["quota of half the cores' time"] = (options.threads, nullcontext(),
                                                 lambda: quota.write_text(str(os.getpid())))
    else:
        print("no cgroup may be made here: without the quota", file=sys.stderr)
    figures = {}
    try:
        for name, (threads, load, before) in cases.items():
            with load:
                figures[name] = in_fresh_process(options, path, threads, before)
    finally:
        if quota:
            quota.parent.rmdir()
    slow = figures["half the threads, free"]
    print(report.table(["case", "prompt, ms", "token, ms", "prompt, of half", "token, of half"], [
        [name, f"{1e3 * each['prompt']:.0f}", f"{1e3 * each['token']:.2f}", f"{each['prompt'] / slow['prompt']:.2f}",
         f"{each['token'] / slow['token']:.2f}"] for name, each in figures.items()]))


if __name__ == "__main__":
    main()
