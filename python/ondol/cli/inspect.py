"""ondol inspect"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Dict, List, NamedTuple, Optional

import typer
from rich.table import Table
from rich.text import Text

import ondol

from . import options as o
from .terminal import out, print_json, size

_TYPES = ("q8_0", "q6_k", "q4_k_m", "q3_k_m", "q2_k_m")
_MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


class _Fit(NamedTuple):
    """What the model takes with its weights in a type."""

    type: str
    total_bytes: int
    fits: bool


def _licence(path: str, info: ondol.FileInfo) -> Optional[str]:
    """From a GGUF file's keys, or the front matter of a folder's README.md."""
    known = {entry.key: entry.value for entry in info.metadata}
    if "general.license" in known:
        return known["general.license"]
    readme = Path(path) / "README.md"
    if readme.is_file():
        head = re.match(r"---\r?\n(.*?)\r?\n---", readme.read_bytes()[:65536].decode("utf-8", "replace"), re.DOTALL)
        line = re.search(r"^license(?:_name)?:\s*[\"']?([^\"'\r\n]+)", head[1], re.MULTILINE) if head else None
        if line:
            return line[1].strip()
    return "see LICENSE" if (Path(path) / "LICENSE").is_file() else None


def _fits(path: str, as_it_is: ondol.MemoryEstimate, **options: Any) -> List[_Fit]:
    totals = {"as it is": as_it_is.total_bytes}
    totals |= {type: ondol.estimate(path, quantize=type, **options).total_bytes for type in _TYPES}
    return [_Fit(type, total, total <= _MACHINE) for type, total in totals.items()]


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = column in ("bytes", "parameters")
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=not out.is_terminal)
    return table


def _print_file(info: ondol.FileInfo, tensors: bool) -> None:
    metadata = _table("key", "type", "value")
    for entry in info.metadata:
        metadata.add_row(Text(entry.key), entry.type, Text(entry.value))
    out.print(metadata)
    if tensors:
        table = _table("tensor", "type", "shape", "bytes")
        for tensor in info.tensors:
            table.add_row(Text(tensor.name), tensor.type, " x ".join(map(str, tensor.shape)), f"{tensor.bytes:,}")
        out.print()
        out.print(table)
    out.print()
    bits = f", {8 * info.tensor_bytes / info.parameters:.4f} bits each" if info.parameters else ""
    print(f"{len(info.tensors)} tensors, {info.parameters:,} parameters, {info.tensor_bytes:,} bytes{bits}")


def _print_memory(estimate: ondol.MemoryEstimate, fits: List[_Fit]) -> None:
    states = f" + states {size(estimate.state_bytes)}" if estimate.state_bytes else ""
    print(f"memory: {size(estimate.total_bytes)} = weights {size(estimate.weights_bytes)} + cache "
          f"{size(estimate.cache_bytes)} ({estimate.position_bytes:,} bytes a position){states} + scratch "
          f"{size(estimate.scratch_bytes)}")
    print(f"on this machine ({size(_MACHINE)}):")
    for fit in fits:
        print(f"  {fit.type:8}  {size(fit.total_bytes):>9}  {'fits' if fit.fits else 'does not fit'}")


def inspect(
    path: Annotated[str, typer.Argument(metavar="FILE", help="GGUF file (any part of a split one), or a folder.")],
    tensors: Annotated[bool, typer.Option(help="List the tensors.")] = True,
    precision: o.Precision = "fast",
    context: o.Context = 0,
    cache_type: o.CacheType = "auto",
    as_json: o.AsJson = False,
) -> None:
    """Show what stands in a model's files, and the memory it would take, without loading it."""
    info = ondol.inspect(path)
    options = {"precision": precision, "context": context, "cache_type": cache_type}
    estimate = reason = None
    fits: List[_Fit] = []
    try:
        estimate = ondol.estimate(path, **options)
        fits = _fits(path, estimate, **options)
    except ondol.Error as error:
        if error.code == "invalid_argument":
            raise
        reason = str(error)
    licence = _licence(path, info)
    if as_json:
        print_json(_as_dict(info, estimate, fits, licence, reason))
        return
    _print_file(info, tensors)
    print(f"family: {info.family or 'unknown'}, context: {info.context:,}, licence: {licence or 'not stated'}")
    if estimate:
        _print_memory(estimate, fits)
    else:
        print(f"memory: unknown, for this version cannot run the model: {reason}")


def _as_dict(info: ondol.FileInfo, estimate: Optional[ondol.MemoryEstimate], fits: List[_Fit],
             licence: Optional[str], reason: Optional[str]) -> Dict[str, Any]:
    return {
        "family": info.family,
        "context": info.context,
        "licence": licence,
        "parameters": info.parameters,
        "tensor_bytes": info.tensor_bytes,
        "metadata": [{"key": e.key, "type": e.type, "value": e.value} for e in info.metadata],
        "tensors": [{"name": t.name, "type": t.type, "shape": t.shape, "bytes": t.bytes} for t in info.tensors],
        "memory": dict(estimate) if estimate else None,
        "memory_unknown_because": reason,
        "machine_bytes": _MACHINE,
        "fits": [fit._asdict() for fit in fits],
    }
