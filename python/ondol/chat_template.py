"""Chat templates."""

from __future__ import annotations

from typing import Any, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from . import _ondol
from .options import RenderOptions, render_options, to_json

__all__ = ["ChatTemplate", "RenderedPrompt"]


class RenderedPrompt(NamedTuple):
    """A rendered prompt and the byte ranges in it (of UTF-8) that the template did not write.

    `tokenizer.encode(text, add_special=False, parse_special=True, plain=content)` gives its ids.
    """

    text: str
    content: List[Tuple[int, int]]


class ChatTemplate:
    """A chat template in the Jinja language. Immutable; any thread may use it.

    Messages are dicts in the OpenAI form: {"role": "user", "content": "..."}; content may be a list of parts
    ({"type": "text", "text": "..."}). Options: ondol.RenderOptions; other keywords are variables of the template.
    """

    def __init__(self, source: Union[str, bytes]):
        self._native = _ondol.ChatTemplate(source)

    @classmethod
    def _of(cls, native: _ondol.ChatTemplate) -> ChatTemplate:
        template = cls.__new__(cls)
        template._native = native
        return template

    @classmethod
    def named(cls, name: str) -> ChatTemplate:
        """A plain format for models without a template, one of names(). Which one fits is the caller's knowledge."""
        return cls._of(_ondol.ChatTemplate.named(name))

    @staticmethod
    def names() -> List[str]:
        """The plain formats that named() knows."""
        return _ondol.ChatTemplate.names()

    @property
    def source(self) -> str:
        return self._native.source

    @property
    def stop(self) -> List[str]:
        """Texts that end a reply in a plain format, for generate(stop=...); chats add them by themselves."""
        return self._native.stop

    def render(
        self, messages: Sequence[Mapping[str, Any]], tools: Optional[Sequence[Any]] = None,
        documents: Optional[Sequence[Any]] = None, **options: Any
    ) -> str:
        """The prompt as text."""
        return self._native.render_text(to_json(messages), _settings(tools, documents, options))

    def render_marked(
        self, messages: Sequence[Mapping[str, Any]], tools: Optional[Sequence[Any]] = None,
        documents: Optional[Sequence[Any]] = None, **options: Any
    ) -> RenderedPrompt:
        """The prompt, and what of it stems from the arguments."""
        return RenderedPrompt(*self._native.render(to_json(messages), _settings(tools, documents, options)))

    def encode(
        self, tokenizer: _ondol.Tokenizer, messages: Sequence[Mapping[str, Any]], tools: Optional[Sequence[Any]] = None,
        documents: Optional[Sequence[Any]] = None, **options: Any
    ) -> List[int]:
        """Ids of the prompt, the start token in front once if the tokenizer asks for it.

        Control tokens that stand in messages are plain text, unless parse_content=True.
        """
        return self._native.encode(tokenizer, to_json(messages), _settings(tools, documents, options))


def _settings(
    tools: Optional[Sequence[Any]], documents: Optional[Sequence[Any]], options: Mapping[str, Any]
) -> _ondol.RenderOptions:
    variables = {name: value for name, value in options.items() if name not in RenderOptions.__annotations__}
    return render_options(tools, documents, variables, options)
