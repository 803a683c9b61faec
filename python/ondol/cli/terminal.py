"""What a terminal gets and a pipe does not."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import ondol

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress(what: str, in_bytes: bool = True) -> Iterator[Optional[Callable[[int, int], None]]]:
    """A bar on stderr that goes away when done; None where nobody would see it."""
    if not err.is_terminal:
        yield None
        return
    amount = DownloadColumn() if in_bytes else MofNCompleteColumn()
    with Progress(TextColumn("{task.description}"), BarColumn(), amount, TimeElapsedColumn(), console=err,
                  transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def model_path(path: Optional[str]) -> str:
    """The path given, or the demo model's; which it is goes to stderr."""
    if path is not None:
        return path
    with progress("demo model") as report:
        path = ondol.demo_model(report)
    err.print(f"ondol: no --model given, using the demo model {path}", markup=False)
    return path


def load(path: Optional[str], **options: Any) -> ondol.Model:
    path = model_path(path)
    with progress("load") as report:
        return ondol.Model.load(path, progress=report, **options)


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def size(count: float) -> str:
    """1,234 bytes; 12.3 MB"""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} bytes" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
