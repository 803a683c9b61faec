"""Replies taken apart: content, reasoning, tool calls."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Sequence, Union

from . import _ondol
from .options import to_json

__all__ = ["ParsedReply", "ReplyDelta", "ReplyParser", "ToolCall", "parse_reply"]


class ToolCall(Dict[str, Any]):
    """{"name": str, "arguments": dict}, also as attributes; `id` is "" where the format has none."""

    id: str

    def __init__(self, call: _ondol._ToolCall):
        super().__init__(name=call.name, arguments=json.loads(call.arguments))
        self.id = call.id

    @property
    def name(self) -> str:
        return self["name"]

    @property
    def arguments(self) -> Dict[str, Any]:
        return self["arguments"]


class ReplyDelta(Dict[str, Any]):
    """What one more piece of text adds: {"content": str, "reasoning": str, "tool_calls": list}, also as attributes."""

    def __init__(self, part: Union[_ondol._ReplyDelta, _ondol._ParsedReply]):
        super().__init__(content=part.content, reasoning=part.reasoning,
                         tool_calls=[ToolCall(call) for call in part.tool_calls])

    @property
    def content(self) -> str:
        return self["content"]

    @property
    def reasoning(self) -> Optional[str]:
        return self["reasoning"]

    @property
    def tool_calls(self) -> List[ToolCall]:
        return self["tool_calls"]


class ParsedReply(ReplyDelta):
    """{"content": str, "reasoning": str or None, "tool_calls": list}, also as attributes.

    incomplete: the text ended inside of its reasoning, of a call, which then stands in the content as it is, or of a
    JSON object that is the content.
    """

    incomplete: bool

    def __init__(self, reply: _ondol._ParsedReply):
        super().__init__(reply)
        self.incomplete = reply.incomplete


class ReplyParser:
    """Takes a reply apart while it is generated; arguments as parse_reply(). One thread at a time.

    What could still become a mark, a call or white space at the end is held back; what was given is never taken back.
    """

    def __init__(self, format: str, prefix: str = "", tools: Optional[Sequence[Any]] = None):
        self._native = _ondol.ReplyParser(format, prefix, "" if tools is None else to_json(tools))

    def add(self, text: Union[str, bytes]) -> ReplyDelta:
        """What `text` adds to the reply; bytes may be cut inside of a character."""
        return ReplyDelta(self._native.add(text))

    def finish(self) -> ReplyDelta:
        """The text has ended: what was held back."""
        return ReplyDelta(self._native.finish())

    @property
    def reply(self) -> ParsedReply:
        """What there is so far; complete after finish()."""
        return ParsedReply(self._native.reply)


def parse_reply(
    text: Union[str, bytes], format: str, prefix: str = "", tools: Optional[Sequence[Any]] = None
) -> ParsedReply:
    """Generated text as {"content", "reasoning", "tool_calls"}; no text is an error.

    format: "hermes" (Hermes, Qwen 2.5 and 3), "llama3-json", "pythonic", "mistral", "qwen-xml", "harmony" (gpt-oss),
    "deepseek", "glm", "command-r", "granite", "kimi-k2" or "react".
    prefix: what the template put in front of the reply ("<think>\\n"); a whole rendered prompt will do.
    tools: those given to the template: they tell which arguments are text, and which names make a call of a reply
    without marks (llama3-json, pythonic).
    """
    return ParsedReply(_ondol.parse_reply(text, format, prefix, "" if tools is None else to_json(tools)))
