"""Replies as they come."""

from __future__ import annotations

from typing import AsyncIterator, Callable, Iterator, List, Optional

from . import _ondol
from .options import Progress

__all__ = ["Piece", "Stream"]


class Piece(str):
    """A piece of a reply: its text, with the `tokens` chosen since the last piece."""

    tokens: List[_ondol.ChosenToken]

    def __new__(cls, text: str, tokens: List[_ondol.ChosenToken]) -> Piece:
        piece = super().__new__(cls, text)
        piece.tokens = tokens
        return piece

    @property
    def text(self) -> str:
        return str(self)


class Stream(Iterator[Piece], AsyncIterator[Piece]):
    """A running reply: `for piece in stream` or `async for piece in stream`; one consumer at a time.

    Ctrl-C and the cancellation of a task end it. Used as a context manager, leaving ends it too.
    """

    def __init__(
        self,
        generation: _ondol.Generation,
        progress: Optional[Progress] = None,
        at_end: Optional[Callable[[], None]] = None,
    ):
        self._generation = generation
        self._progress = progress
        self._at_end = at_end

    def _ended(self) -> None:
        at_end, self._at_end = self._at_end, None
        if at_end:
            at_end()

    def _next(self) -> Optional[Piece]:
        piece = None
        try:
            piece = self._generation.next(self._progress)
        finally:
            if piece is None:
                self._ended()
        return None if piece is None else Piece(piece.text, piece.tokens)

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Piece:
        piece = self._next()
        if piece is None:
            raise StopIteration
        return piece

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Piece:
        import asyncio  # a quarter of the time that `import ondol` would take
        pulled = asyncio.get_running_loop().run_in_executor(None, self._next)
        try:
            piece = await asyncio.shield(pulled)
        except asyncio.CancelledError:
            self.cancel()
            await asyncio.wait([pulled])
            self.finish()
            raise
        if piece is None:
            raise StopAsyncIteration
        return piece

    @property
    def result(self) -> _ondol.Result:
        """What there is so far; complete when the iteration has ended."""
        return self._generation.result

    def finish(self) -> _ondol.Result:
        """Run to the end."""
        try:
            return self._generation.finish(self._progress)
        finally:
            self._ended()

    def cancel(self) -> None:
        """End it soon; from any thread."""
        self._generation.cancel()

    def close(self) -> None:
        """Cancel, and wait for the end."""
        self.cancel()
        self.finish()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
