"""What is asked of every engine, and how it is timed: one fresh process, one JSON object on standard output.

Only the standard library: this runs in the peers' environment. An engine is a class:

    Engine(options)           loads the file; `vocabulary` is then the number of ids, `version` its version
    first(ids)                reads one prompt and chooses one token
    forget()                  the sequences are empty again
    read(prompts)             appends a list of ids to each sequence, computing logits for the last id only
    write(count)              appends `count` tokens to each sequence, one by one
    read_write(prompts, count)   instead of the last two, where both are one call: (seconds, seconds)

Importing is not part of loading, but of the time from the start of the process.
"""

import argparse
import json
import random
import sys
import time

FIRST_PROMPT = 32


def parse(arguments=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    for name in ("threads", "prompt", "generate", "depth", "batch"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--cache-type", default="f16")
    parser.add_argument("--setting", default="", help="of one engine: its flash attention, its precision")
    options = parser.parse_args(arguments)
    options.context = max(options.depth + options.prompt + options.generate + 1, FIRST_PROMPT + 2)
    return options


def peak_bytes():
    """Peak resident memory of this program; ru_maxrss would count the parent's at the fork."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def random_ids(vocabulary, count):
    return [random.randrange(vocabulary) for _ in range(count)]


def timed(call, *arguments):
    begin = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - begin


def measure(engine, options):
    """Seconds of reading the prompts after `depth` ids, and of writing."""
    prompts = lambda count: [random_ids(engine.vocabulary, count) for _ in range(options.batch)]
    engine.forget()
    if hasattr(engine, "read_write"):  # such an engine cannot stop in between: all is one prompt
        read, write = engine.read_write(prompts(options.depth + options.prompt), options.generate)
        return (None if options.depth else read), write
    if options.depth:
        engine.read(prompts(options.depth))
    return timed(engine.read, prompts(options.prompt)), timed(engine.write, options.generate)


def run(make):
    options = parse()
    begin = time.perf_counter()
    engine = make(options)
    loaded = time.perf_counter()
    engine.first(random_ids(engine.vocabulary, FIRST_PROMPT))
    first = time.perf_counter()
    clock = time.monotonic()
    read, write = measure(engine, options)
    json.dump({
        "prefill_tokens_per_second": read and options.batch * options.prompt / read,
        "decode_tokens_per_second": options.batch * options.generate / write,
        "load_seconds": loaded - begin,
        "load_to_first_token_seconds": first - begin,
        "first_token_clock": clock,
        "peak_bytes": peak_bytes(),
        "version": engine.version,
    }, sys.stdout)
