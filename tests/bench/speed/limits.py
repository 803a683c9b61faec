"""What the machine could do at most, measured in the same run, and what it is."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

from .peers import cache_folder

BENCH = Path(__file__).parents[1]


def program():
    """machine_limits, compiled once for each version of its source."""
    sources = [BENCH / name for name in ("machine_limits.cpp", "limits.cpp", "limits.hpp")]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    path = cache_folder() / "bench" / f"machine_limits-{digest}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        subprocess.run([os.environ.get("CXX", "c++"), "-O3", "-std=c++20", "-pthread", *map(str, sources[:2]), "-o",
                        str(part)], check=True)
        os.replace(part, path)
    return path


def limits(threads, bytes=1 << 30):
    """{threads: {"read_gbs": GB/s of DRAM, "peaks": [{"isa", "arithmetic", "integer", "gmacs"}]}}"""
    done = subprocess.run([program(), f"bytes={bytes}", *map(str, sorted(set(threads)))], capture_output=True, text=True,
                          check=True)
    return {entry.pop("threads"): entry for entry in json.loads(done.stdout)}


def includes(isa, part):
    """Whether kernels of `isa` may use the instructions of `part`."""
    return isa in ("", part) or part == "avx2" and isa.startswith("avx") or part == "avx512" and isa.startswith("avx512")


def highest(entry, integer, isa=""):
    """GMAC/s of the fastest integer or float arithmetic, of one instruction set if `isa` names it."""
    return max((peak["gmacs"] for peak in entry["peaks"]
                if peak["integer"] == integer and includes(isa, peak["isa"])), default=0.0)


def machine():
    """CPU, flags that matter, cores, memory, load."""
    with open("/proc/cpuinfo") as file:
        fields = dict(line.split(":", 1) for line in file.read().split("\n\n")[0].splitlines() if ":" in line)
    fields = {name.strip(): value.strip() for name, value in fields.items()}
    wanted = ("f16c", "fma", "avx2", "avx_vnni", "avx512bw", "avx512_vnni", "avx512_bf16", "amx_int8", "asimddp", "i8mm")
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    return {
        "cpu": fields.get("model name", os.uname().machine),
        "flags": [flag for flag in wanted if flag in flags],
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": os.uname().release,
        "load_average": os.getloadavg()[0],
    }
