"""ondol tokenize"""

from __future__ import annotations

import sys
from typing import Annotated, Optional

import typer

import ondol

from . import options as o
from .terminal import model_path, print_json


def tokenize(
    text: Annotated[Optional[str], typer.Argument(help="The text; - or nothing: standard input.")] = None,
    model: o.ModelPath = None,
    special: Annotated[bool, typer.Option(help="Add the start and end tokens that the file asks for.")] = True,
    parse_special: Annotated[bool, typer.Option(help="Read control tokens in the text as such.")] = False,
    count: Annotated[bool, typer.Option("--count", help="Only the number of tokens.")] = False,
    pre_tokenizer: Annotated[str, typer.Option(help="Use this pre-tokenizer instead of the file's.")] = "",
    as_json: o.AsJson = False,
) -> None:
    """Show the tokens of a text: id, bytes, and the token as the vocabulary spells it."""
    data = sys.stdin.buffer.read() if text is None or text == "-" else text.encode()
    tokenizer = ondol.Tokenizer.load(model_path(model), pre_tokenizer=pre_tokenizer)
    ids = tokenizer.encode(data, add_special=special, parse_special=parse_special)
    if as_json:
        tokens = [{"id": id, "bytes": list(tokenizer.token_bytes(id)), "text": tokenizer.token_text(id)} for id in ids]
        print_json({"ids": ids, "count": len(ids), "bytes": len(data), "tokens": tokens})
        return
    if not count:
        for id in ids:
            print(f"{id:>7}  {tokenizer.token_bytes(id).hex(' ').upper():<24} {tokenizer.token_text(id)!r}")
    print(len(ids) if count else f"{len(ids)} tokens, {len(data)} bytes")
