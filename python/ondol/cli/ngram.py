"""ondol ngram"""

from __future__ import annotations

import gzip
import math
import sys
import zlib
from pathlib import Path
from typing import Annotated, Any, Dict, Iterator, List

import typer

import ondol

from . import options as o
from .terminal import err, print_json, progress, size


def _numbers(what: str, text: str, kind: type) -> list:
    try:
        return [kind(part) for part in text.replace(",", " ").split()]
    except ValueError:
        raise typer.BadParameter(f"{what} {text!r}: expected numbers") from None


def ngram(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A sentence a line, plain or gzip; -: standard input.")],
    arpa: Annotated[Path, typer.Argument(metavar="ARPA", help="The model: written, or with --score read.")],
    order: Annotated[int, typer.Option(help="Words of the longest n-grams, 1 to 10.")] = 5,
    smoothing: Annotated[str, typer.Option(help="kneser_ney, additive or none.")] = "kneser_ney",
    added: Annotated[float, typer.Option(help="Occurrences that additive smoothing adds.")] = 1.0,
    prune: Annotated[str, typer.Option(metavar="N,N,..", help=(
        "For each order: leave out n-grams seen at most so often (0,0,1: trigrams and longer seen once)."))] = "",
    discount_fallback: Annotated[str, typer.Option(metavar="D1,D2,D3", help=(
        "Kneser-Ney discounts where the text is too small to estimate them; empty: that is an error."))] = "0.5,1,1.5",
    unit: Annotated[str, typer.Option(help="What counts as a word: words, characters (Korean syllables) or bytes.")]
    = "words",
    skip_special: Annotated[bool, typer.Option("--skip-special", help="Leave out <s>, </s> and <unk> in the text.")]
    = False,
    score: Annotated[bool, typer.Option("--score", help="Score the lines of TEXT with the model ARPA.")] = False,
    as_json: o.AsJson = False,
) -> None:
    """Train an n-gram model from a text and write it as an ARPA file, or score a text with one."""
    if score:
        _score(text, arpa, as_json)
        return
    fallback = _numbers("--discount-fallback", discount_fallback, float)
    if len(fallback) not in (0, 3):
        raise typer.BadParameter(f"--discount-fallback {discount_fallback!r}: expected three numbers, or nothing")
    trainer = ondol.NGramTrainer(order=order, smoothing=smoothing, added=added, unit=unit, skip_special=skip_special,
                                 prune=_numbers("--prune", prune, int), discount_fallback=fallback or None)
    if text == "-":
        trainer.add(sys.stdin.buffer.read())
    else:
        with progress("read") as report:
            trainer.add_file(text, report)
    sentences, words = trainer.sentences, trainer.words
    estimate = trainer.estimate()
    guessed = [n for n, fell_back in enumerate(estimate.fallbacks, 1) if fell_back]
    if guessed:
        err.print(f"ondol: the text is too small to estimate the discounts of order {', '.join(map(str, guessed))}; "
                  f"{discount_fallback} are taken", markup=False)
    estimate.write(arpa)
    if as_json:
        print_json({"sentences": sentences, "words": words, "counts": estimate.counts,
                    "discounts": estimate.discounts, "fallbacks": estimate.fallbacks})
        return
    print(f"{sentences:,} sentences, {words:,} words")
    for n, count in enumerate(estimate.counts, 1):
        line = f"{n}-grams {count:>12,}"
        if estimate.discounts:
            line += "  discounts" + "".join(f" {d:.4f}" for d in estimate.discounts[n - 1])
        print(line)
    print(f"{arpa} ({size(arpa.stat().st_size)})")


def _lines(text: str) -> Iterator[bytes]:
    if text == "-":
        yield from sys.stdin.buffer
        return
    with open(text, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(text, "rb") if compressed else open(text, "rb") as file:
            yield from file
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ondol.Error(f"{text}: {error}", "bad_file") from None


def _score(text: str, arpa: Path, as_json: bool) -> None:
    with progress("load") as report:
        model = ondol.NGram.load(arpa, progress=report)
    rows: List[Dict[str, Any]] = []
    all_nll = known_nll = 0.0
    for line in _lines(text):
        line = line.rstrip(b"\r\n")
        if not model.encode(line):
            continue
        scored = model.score(line)
        unknown = scored.lengths.count(0)
        all_nll -= scored.sum
        known_nll += sum(nll for nll, length in zip(scored.nll, scored.lengths) if length)
        rows.append({"nll": -scored.sum, "tokens": len(scored.nll), "unknown": unknown,
                     "perplexity": scored.perplexity})
        if not as_json:
            print(f"{-scored.sum:.6f}\t{len(scored.nll)}\t{unknown}\t{scored.perplexity:.6f}")
    tokens, unknown = (sum(row[name] for row in rows) for name in ("tokens", "unknown"))
    summary = {"nll": all_nll, "tokens": tokens, "unknown": unknown, "perplexity": _perplexity(all_nll, tokens),
               "perplexity_of_known": _perplexity(known_nll, tokens - unknown)}
    if as_json:
        print_json({"lines": rows, **summary})
        return
    print(f"{len(rows):,} sentences, {tokens:,} tokens, {unknown:,} unknown: perplexity {summary['perplexity']:.6f}, "
          f"without the unknown {summary['perplexity_of_known']:.6f}")


def _perplexity(nll: float, tokens: int) -> float:
    mean = nll / tokens if tokens else 0.0
    return math.exp(mean) if mean < 700 else math.inf
