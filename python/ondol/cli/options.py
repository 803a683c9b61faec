"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional

import typer

import ondol

ModelPath = Annotated[Optional[str], typer.Option("--model", "-m", metavar="FILE",
                                                  help="GGUF file or folder; the demo model if not given.")]
Threads = Annotated[int, typer.Option("--threads", "-t", min=0, help="Threads that compute; 0 = as many as fit.")]
Precision = Annotated[str, typer.Option(help="fast or exact.")]
Context = Annotated[int, typer.Option(min=0, help="Most positions; 0 = the model's own.")]
CacheType = Annotated[str, typer.Option(help="f16, bf16, f32, q8_0, or auto: f16, but f32 with exact precision.")]
Quantize = Annotated[str, typer.Option(metavar="TYPE", help=(
    "Quantise the weights first, once: the result is kept. Types as of `ondol quantize`."))]
MaxTokens = Annotated[int, typer.Option("--max-tokens", "-n", min=0, help="0 = up to the end of the context.")]
Temperature = Annotated[float, typer.Option(help="0 = always the most likely token.")]
TopK = Annotated[int, typer.Option(min=0)]
TopP = Annotated[float, typer.Option()]
MinP = Annotated[float, typer.Option()]
Typical = Annotated[float, typer.Option()]
RepetitionPenalty = Annotated[float, typer.Option()]
FrequencyPenalty = Annotated[float, typer.Option()]
PresencePenalty = Annotated[float, typer.Option()]
NoRepeatNgram = Annotated[int, typer.Option(min=0)]
Seed = Annotated[Optional[int], typer.Option(min=0, help="The same seed gives the same text.")]
Stop = Annotated[Optional[List[str]], typer.Option(help="Text that ends the reply; may be repeated.")]
Template = Annotated[Optional[str], typer.Option("--template", metavar="NAME|FILE", help=(
    "Chat template instead of the model's: a Jinja file, or a plain format: "
    f"{', '.join(ondol.ChatTemplate.names())}."))]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def sampling(values: Dict[str, Any]) -> Dict[str, Any]:
    """Of a command's arguments those that choose the tokens."""
    names = ("max_tokens", "temperature", "top_k", "top_p", "min_p", "typical", "repetition_penalty",
             "frequency_penalty", "presence_penalty", "no_repeat_ngram", "seed", "stop")
    return {name: values[name] for name in names if values[name] is not None}


def loading(values: Dict[str, Any]) -> Dict[str, Any]:
    """Of a command's arguments those that say how to load."""
    return {name: values[name] for name in ("threads", "precision", "context", "cache_type", "quantize")}


def template(name: Optional[str]) -> Optional[ondol.ChatTemplate]:
    """What --template names."""
    if name is None:
        return None
    if name in ondol.ChatTemplate.names():
        return ondol.ChatTemplate.named(name)
    try:
        return ondol.ChatTemplate(Path(name).read_bytes())
    except OSError as error:
        known = ", ".join(ondol.ChatTemplate.names())
        raise typer.BadParameter(f"--template {name}: {error.strerror}; names are {known}") from None
