"""ondol generate"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Dict, Optional

import typer

import ondol

from . import options as o
from .terminal import err, load, print_json, progress


def generate(
    prompt: Annotated[Optional[str], typer.Argument(help="The text; - or nothing: standard input.")] = None,
    model: o.ModelPath = None,
    chat: Annotated[bool, typer.Option("--chat", help="The prompt is a message to the assistant.")] = False,
    system: Annotated[Optional[str], typer.Option(help="System message, with --chat.")] = None,
    template: o.Template = None,
    max_tokens: o.MaxTokens = 0,
    temperature: o.Temperature = 0.0,
    top_k: o.TopK = 0,
    top_p: o.TopP = 1.0,
    min_p: o.MinP = 0.0,
    typical: o.Typical = 1.0,
    repetition_penalty: o.RepetitionPenalty = 1.0,
    frequency_penalty: o.FrequencyPenalty = 0.0,
    presence_penalty: o.PresencePenalty = 0.0,
    no_repeat_ngram: o.NoRepeatNgram = 0,
    seed: o.Seed = None,
    stop: o.Stop = None,
    logprobs: Annotated[Optional[int], typer.Option(min=0, help="With --json: the N best of each step.")] = None,
    stats: Annotated[bool, typer.Option("--stats", help="Timings on standard error.")] = False,
    threads: o.Threads = 0,
    precision: o.Precision = "fast",
    context: o.Context = 0,
    cache_type: o.CacheType = "auto",
    quantize: o.Quantize = "",
    as_json: o.AsJson = False,
) -> None:
    """Continue a text, or with --chat answer a message; the reply is printed as it comes."""
    if system is not None and not chat:
        raise typer.BadParameter("--system needs --chat")
    if template is not None and not chat:
        raise typer.BadParameter("--template needs --chat")
    chosen = o.template(template)
    settings = o.sampling(locals())
    if prompt is None or prompt == "-":
        prompt = sys.stdin.buffer.read().decode()
    loaded = load(model, **o.loading(locals()))
    with progress("prompt", in_bytes=False) as report:
        settings.update(stream=True, logprobs=logprobs, progress=report)
        if chat:
            messages = [{"role": "system", "content": system}] if system is not None else []
            stream = loaded.chat([*messages, {"role": "user", "content": prompt}], template=chosen, **settings)
        else:
            stream = loaded.generate(prompt, **settings)
        first = next(stream, "")
    if not as_json:
        print(first, end="", flush=True)
    for piece in stream:
        if not as_json:
            print(piece, end="", flush=True)
    result = stream.result
    if as_json:
        print_json(_as_dict(result))
    elif not result.text.endswith("\n"):
        print()
    if stats:
        err.print(summary(result), markup=False)


def summary(result: ondol.Result) -> str:
    t = result.timings
    return (f"{t.prompt_tokens} prompt tokens ({t.cached_tokens} cached), {t.prompt_tokens_per_second:.1f}/s; "
            f"{t.generated_tokens} generated, {t.generated_tokens_per_second:.1f}/s; "
            f"first after {t.first_piece_seconds:.3f} s; finish {result.finish}; seed {result.seed}")


def _candidate(candidate: ondol.Candidate) -> Dict[str, Any]:
    return {"id": candidate.id, "logprob": candidate.logprob, "bytes": list(candidate.bytes)}


def _as_dict(result: ondol.Result) -> Dict[str, Any]:
    t = result.timings
    return {
        "text": result.text,
        "ids": result.ids,
        "finish": result.finish,
        "stop": result.stop,
        "seed": result.seed,
        "tokens": [{**_candidate(token), "entropy": token.entropy, "top": [_candidate(c) for c in token.top]}
                   for token in result.tokens] if any(token.top or token.logprob for token in result.tokens) else None,
        "timings": {name: getattr(t, name) for name in (
            "prompt_tokens", "cached_tokens", "dropped_tokens", "generated_tokens", "prefill_seconds",
            "first_piece_seconds", "decode_seconds", "prompt_tokens_per_second", "generated_tokens_per_second")},
    }
