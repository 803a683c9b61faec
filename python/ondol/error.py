"""The one exception of the library."""

from __future__ import annotations

import difflib
from typing import Iterable, Optional

__all__ = ["Error"]


class Error(Exception):
    """str() names the file, tensor, key or argument, what was found and what was expected.

    code: name of the status ("bad_file", "context_full"); offset: byte of the input, or None.
    """

    def __init__(self, message: str, code: str = "internal", offset: Optional[int] = None):
        super().__init__(message, code, offset)
        self.code = code
        self.offset = offset

    def __str__(self) -> str:
        return self.args[0]


def unknown_option(what: str, name: str, known: Iterable[str]) -> Error:
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    return Error(f'{what} options: unknown key "{name}"{hint}', "invalid_argument")
