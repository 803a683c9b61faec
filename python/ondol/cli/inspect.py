"""ondol inspect"""

from __future__ import annotations

from typing import Annotated, Any, Dict, Optional

import typer
from rich.table import Table

import ondol

from . import options as o
from .terminal import out, print_json, size

_ESTIMATE = ("parameters", "file_weights", "packed_weights", "cache", "cache_per_position", "scratch", "total")


def _as_dict(info: ondol.FileInfo, estimate: Optional[ondol.MemoryEstimate], reason: Optional[str]) -> Dict[str, Any]:
    return {
        "parameters": info.parameters,
        "tensor_bytes": info.tensor_bytes,
        "metadata": [{"key": e.key, "type": e.type, "value": e.value} for e in info.metadata],
        "tensors": [{"name": t.name, "type": t.type, "shape": t.shape, "bytes": t.bytes} for t in info.tensors],
        "memory": {name: getattr(estimate, name) for name in _ESTIMATE} if estimate else None,
        "memory_unknown_because": reason,
    }


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = column in ("bytes", "parameters")
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=not out.is_terminal)
    return table


def _print(
    info: ondol.FileInfo, estimate: Optional[ondol.MemoryEstimate], reason: Optional[str], tensors: bool
) -> None:
    from rich.text import Text

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
    if not estimate:
        print(f"memory: unknown, for this version cannot run the model: {reason}")
        return
    print(f"memory: {size(estimate.total)} = weights {size(estimate.packed_weights)} + cache {size(estimate.cache)} "
          f"({estimate.cache_per_position:,} bytes a position) + scratch {size(estimate.scratch)}")


def inspect(
    path: Annotated[str, typer.Argument(metavar="FILE", help="GGUF file (any part of a split one).")],
    tensors: Annotated[bool, typer.Option(help="List the tensors.")] = True,
    precision: o.Precision = "fast",
    context: o.Context = 0,
    cache_type: o.CacheType = "auto",
    as_json: o.AsJson = False,
) -> None:
    """Show what stands in a model file, and the memory it would take, without loading it."""
    info = ondol.inspect(path)
    estimate = reason = None
    try:
        estimate = ondol.Model.estimate(path, precision=precision, context=context, cache_type=cache_type)
    except ondol.Error as error:
        if error.code == "invalid_argument":
            raise
        reason = str(error)
    if as_json:
        print_json(_as_dict(info, estimate, reason))
    else:
        _print(info, estimate, reason, tensors)
