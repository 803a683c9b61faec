"""The commands and how they fail."""

from __future__ import annotations

import os
import sys

import typer

import ondol

from . import bench, chat, convert, generate, inspect, ngram, tokenize

app = typer.Typer(name="ondol", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Language models on CPUs.")
app.command("generate")(generate.generate)
app.command("chat")(chat.chat)
app.command("tokenize")(tokenize.tokenize)
app.command("inspect")(inspect.inspect)
app.command("convert")(convert.convert)
app.command("quantize")(convert.quantize)
app.command("ngram")(ngram.ngram)
app.command("bench")(bench.bench)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ondol {ondol.__version__}")
        raise typer.Exit()


@app.callback()
def _options(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True,
                                          help="Show the version.")) -> None: ...


def run() -> None:
    try:
        app()
    except ondol.Error as error:
        sys.exit(f"ondol: {error}")
    except UnicodeError as error:
        sys.exit(f"ondol: a text is not UTF-8: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of the pipe has gone; the interpreter must not try to flush again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
