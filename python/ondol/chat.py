"""Conversations."""

from __future__ import annotations

import json
import os
import weakref
from typing import TYPE_CHECKING, Any, Dict, List, Literal, Mapping, Optional, Union, overload

from . import _ondol
from .chat_template import ChatTemplate
from .error import Error
from .options import ChatOptions, chat_options, to_json
from .stream import Stream

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .model import Model

__all__ = ["Chat"]


class Chat:
    """A conversation: messages, and a cache kept between turns so that only what is new is computed.

    Options given here (ondol.ChatOptions) are the defaults of each reply. One thread at a time.
    """

    def __init__(self, model: Model, *, system: Optional[str] = None, template: Optional[ChatTemplate] = None,
                 **options: Unpack[ChatOptions]):
        """template: instead of the model's own, or for a model without one; replies also end at its stop texts."""
        chat_options(options)  # errors are told here, not at the first reply
        self._chat = _ondol.Chat(model._native, template and template._native)
        self._options = dict(options)
        self._running: Optional[weakref.ref[_ondol.Generation]] = None
        if system is not None:
            self.add("system", system)

    @property
    def _idle(self) -> _ondol.Chat:
        if self._running and self._running():
            raise Error("this chat is busy: its last reply is still running", "busy")
        return self._chat

    def add(self, message: Union[str, Mapping[str, Any]], content: Optional[str] = None) -> None:
        """Append a message: add({"role": "user", "content": "..."}) or add("user", "...")."""
        if isinstance(message, str):
            message = {"role": message, "content": content}
        self._idle.add(to_json(message))

    @property
    def messages(self) -> List[Dict[str, Any]]:
        return json.loads(self._idle.messages())

    @property
    def cache(self) -> _ondol.KVCache:
        """A fork of what is kept."""
        return self._idle.cache()

    def clear(self) -> None:
        """Forget all messages."""
        self._idle.clear()

    def undo(self) -> None:
        """Take back the last user message and all after it."""
        self._idle.undo()

    @overload
    def reply(self, *, stream: Literal[False] = False, **options: Unpack[ChatOptions]) -> _ondol.Result: ...

    @overload
    def reply(self, *, stream: Literal[True], **options: Unpack[ChatOptions]) -> Stream: ...

    def reply(self, *, stream=False, **options):
        """Generate the assistant's reply to the messages so far; it is appended when it ends."""
        options = {**self._options, **options}
        running = self._idle.reply(chat_options(options))
        self._running = weakref.ref(running)
        reply = Stream(running, options.get("progress"), self._ended)
        return reply if stream else reply.finish()

    def _ended(self) -> None:
        self._running = None

    @overload
    def send(self, text: str, *, stream: Literal[False] = False, **options: Unpack[ChatOptions]) -> _ondol.Result: ...

    @overload
    def send(self, text: str, *, stream: Literal[True], **options: Unpack[ChatOptions]) -> Stream: ...

    def send(self, text, *, stream=False, **options):
        """add("user", text), then reply()."""
        chat_options({**self._options, **options})  # a wrong option must not leave the message behind
        self.add("user", text)
        return self.reply(stream=stream, **options)

    def save(self, path: Union[str, bytes, "os.PathLike[str]"]) -> None:
        """Write messages and cache to a file that load() of the same model continues bit for bit."""
        self._idle.save(path)

    def load(self, path: Union[str, bytes, "os.PathLike[str]"]) -> None:
        """Replace this chat by a saved one; unchanged if it raises."""
        self._idle.load(path)
