"""ondol convert and ondol quantize"""

from __future__ import annotations

from typing import Annotated

import typer

import ondol

from .terminal import progress

Input = Annotated[str, typer.Argument(metavar="IN", help="A GGUF file (any part of a split one), or a model's folder.")]
Output = Annotated[str, typer.Argument(metavar="OUT", help="A name that ends in .gguf, or a folder.")]
_TYPES = "Storage type of the matrices: " + ", ".join(ondol.convert_types()) + "."


def convert(
    source: Input, output: Output,
    type: Annotated[str, typer.Option(help=_TYPES + " Default: as they are.")] = "",
) -> None:
    """Write a model as a GGUF file or as a folder, tokenizer and chat template included."""
    with progress("convert") as report:
        ondol.convert(source, output, type=type, progress=report)


def quantize(
    source: Input, output: Output,
    type: Annotated[str, typer.Option(help=_TYPES)],
    importance: Annotated[str, typer.Option(metavar="FILE", help="Importance matrix (GGUF), for the smallest types.")] = "",
) -> None:
    """Write a model with smaller weights."""
    with progress("quantize") as report:
        ondol.convert(source, output, type=type, importance=importance, progress=report)
