"""ondol chat"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Callable, Dict, Optional

import typer

import ondol

from . import options as o
from .generate import summary
from .terminal import err, load, out


class Session:
    """A chat on a terminal or a pipe: a line is a message, or a command if it starts with a slash."""

    def __init__(self, model: ondol.Model, system: Optional[str], template: Optional[ondol.ChatTemplate],
                 settings: Dict[str, Any]):
        self.chat = ondol.Chat(model, system=system, template=template, **settings)
        self.model = model
        self.last: Optional[ondol.Result] = None

    def say(self, text: str) -> None:
        out.print(text, style="dim", markup=False)

    def help(self, _: str) -> None:
        """show this list"""
        for name, command in self.commands.items():
            self.say(f"/{name:<8} {command.__doc__}")

    def clear(self, _: str) -> None:
        """forget the conversation, keep the system message"""
        system = [message for message in self.chat.messages if message["role"] == "system"]
        self.chat.clear()
        for message in system[:1]:
            self.chat.add(message)

    def undo(self, _: str) -> None:
        """take back the last message and its reply"""
        self.chat.undo()

    def retry(self, _: str) -> None:
        """answer the last message again"""
        messages = self.chat.messages
        asked = [i for i, message in enumerate(messages) if message["role"] == "user"]
        if not asked:
            return self.say("there is no message to answer yet")
        self.chat.undo()
        self.send(messages[asked[-1]]["content"])

    def system(self, text: str) -> None:
        """TEXT: start anew with this system message"""
        self.chat.clear()
        if text:
            self.chat.add("system", text)

    def save(self, path: str) -> None:
        """FILE: keep the conversation in a file"""
        self.chat.save(path)

    def load(self, path: str) -> None:
        """FILE: go on with a conversation kept in a file"""
        self.chat.load(path)

    def stats(self, _: str) -> None:
        """timings of the last reply, size of the cache"""
        if self.last:
            self.say(summary(self.last))
        cache = self.chat.cache
        self.say(f"{len(cache)} of {cache.context} positions, {cache.bytes:,} bytes; "
                 f"{self.model.runtime.threads} threads, {self.model.runtime.isa}")

    def exit(self, _: str) -> None:
        """leave (also Ctrl-D)"""
        raise EOFError

    @property
    def commands(self) -> Dict[str, Callable[[str], None]]:
        return {name: getattr(self, name)
                for name in ("help", "clear", "undo", "retry", "system", "save", "load", "stats", "exit")}

    def send(self, text: str) -> None:
        stream = self.chat.send(text, stream=True)
        try:
            for piece in stream:
                print(piece, end="", flush=True)
        except KeyboardInterrupt:
            stream.close()
            print(" [stopped]", end="")
        finally:
            print(flush=True)
        self.last = stream.result

    def line(self, line: str) -> None:
        if not line.startswith("/"):
            return self.send(line)
        name, _, argument = line[1:].partition(" ")
        command = self.commands.get({"quit": "exit", "reset": "clear"}.get(name, name))
        if not command:
            return self.say(f"unknown command /{name}; /help lists them")
        command(argument.strip())


def chat(
    model: o.ModelPath = None,
    system: Annotated[Optional[str], typer.Option(help="System message.")] = None,
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
    threads: o.Threads = 0,
    precision: o.Precision = "fast",
    context: o.Context = 0,
    cache_type: o.CacheType = "auto",
    quantize: o.Quantize = "",
) -> None:
    """Talk with a model; /help lists the commands. In a pipe each line is a message."""
    settings = {**o.sampling(locals()), "when_full": "drop_oldest"}
    session = Session(load(model, **o.loading(locals())), system, o.template(template), settings)
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if terminal:
        import readline  # noqa: F401  (editing and history of input())

        session.say("/help lists the commands, Ctrl-C stops a reply, Ctrl-D leaves")
    failed = False
    while True:
        try:
            line = input("> " if terminal else "").strip()
            if line:
                session.line(line)
        except EOFError:
            break
        except KeyboardInterrupt:
            if not terminal:
                raise
            print()
        except ondol.Error as error:
            failed = True
            err.print(f"ondol: {error}", markup=False)
    if failed and not terminal:
        raise typer.Exit(1)
