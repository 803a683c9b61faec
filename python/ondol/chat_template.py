"""Chat templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from . import _ondol
from .options import render_options, to_json

__all__ = ["ChatTemplate", "RenderedPrompt"]


class RenderedPrompt(NamedTuple):
    """A rendered prompt and the byte ranges in it (of UTF-8) that the template did not write.

    `tokenizer.encode(text, add_special=False, parse_special=True, plain=content)` gives its ids.
    """

    text: str
    content: List[Tuple[int, int]]


class ChatTemplate:
    """A chat template in the Jinja language. Immutable; any thread may use it."""

    def __init__(self, source: Union[str, bytes]):
        self._native = _ondol.ChatTemplate(source)

    @classmethod
    def _of(cls, native: _ondol.ChatTemplate) -> ChatTemplate:
        template = cls.__new__(cls)
        template._native = native
        return template

    @property
    def source(self) -> str:
        return self._native.source

    def render(
        self, messages: Sequence[Mapping[str, Any]], tools: Optional[Sequence[Any]] = None, **options: Any
    ) -> str:
        """The prompt as text; arguments as render_marked()."""
        return self.render_marked(messages, tools, **options).text

    def render_marked(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Optional[Sequence[Any]] = None,
        documents: Optional[Sequence[Any]] = None,
        add_generation_prompt: bool = True,
        now: Optional[datetime] = None,
        bos_token: str = "",
        eos_token: str = "",
        **variables: Any,
    ) -> RenderedPrompt:
        """The prompt, and what of it stems from the arguments.

        now: the local time that the template sees (None: the clock's); variables: for the template, as JSON.
        """
        options = render_options(tools, documents, variables, now, add_generation_prompt=add_generation_prompt,
                                 bos_token=bos_token, eos_token=eos_token)
        return RenderedPrompt(*self._native.render(to_json(messages), options))
