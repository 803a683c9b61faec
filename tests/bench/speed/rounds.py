"""Rounds of fresh processes, whose order turns round by round, and what they come to."""

import statistics
import sys
from dataclasses import asdict, dataclass

from .peers import NotRun, run

#: what a run gives, and whether more is better
MEASURES = {
    "prefill_tokens_per_second": True,
    "decode_tokens_per_second": True,
    "load_seconds": False,
    "load_to_first_token_seconds": False,
    "process_to_first_token_seconds": False,
    "peak_bytes": False,
}


@dataclass(frozen=True)
class Case:
    """One point that all engines are measured at; batch: sequences that are read and written together."""

    model: str
    threads: int
    prompt: int
    generate: int
    depth: int
    batch: int
    cache_type: str


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def measure(case, file, engines, environment, rounds, timeout):
    """{"case", "runs": {engine: [...]}, "not_run": {engine: reason}, "measures": {name: {engine: spread, ...}}, "ratios"}

    An engine that fails once is out, and why is kept. Ratios are the first engine's figure to another's, round by round.
    """
    commands, runs, not_run = {}, {}, {}
    for engine in engines:
        try:
            commands[engine.name] = (environment.command(engine, file, case), environment.variables(engine.kind))
            runs[engine.name] = []
        except NotRun as reason:
            not_run[engine.name] = str(reason)
    for round in range(rounds):
        for name in list(commands)[::1 if round % 2 == 0 else -1]:
            if name in not_run:
                continue
            try:
                figures = run(*commands[name], timeout)
            except NotRun as reason:
                not_run[name] = str(reason)
                continue
            runs[name].append(figures)
            print(f"  {case.model}, {case.threads} threads, {case.depth} + {case.prompt} x {case.batch}, round "
                  f"{round + 1}/{rounds}: {name} {figures['prefill_tokens_per_second'] or 0:.0f} + "
                  f"{figures['decode_tokens_per_second']:.1f} tokens/s", file=sys.stderr)
    for name in not_run:
        runs.pop(name, None)
        print(f"  {case.model}: {name} did not run: {not_run[name]}", file=sys.stderr)
    return {"case": asdict(case), "runs": runs, "not_run": not_run, **summary(runs, engines[0].name)}


def summary(runs, reference):
    """Spreads of each measure, and of the ratios of the reference's figure to each other one's in the same round."""
    measures, ratios = {}, {}
    for measure in MEASURES:
        values = {name: [figures[measure] for figures in those] for name, those in runs.items()}
        values = {name: those for name, those in values.items() if None not in those}
        measures[measure] = {name: spread(those) for name, those in values.items()}
        ours = values.pop(reference, None)
        ratios[measure] = {name: spread([a / b for a, b in zip(ours, those)])
                           for name, those in values.items()} if ours else {}
    return {"measures": measures, "ratios": ratios}
