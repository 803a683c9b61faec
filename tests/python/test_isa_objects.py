"""An object compiled for one instruction set holds only what its own name guards: a weak symbol in it (an inline function of
the standard library, a template) could become the whole program's copy, and crash on a lesser CPU."""

import platform
import re
import subprocess

import c_library
import pytest

OBJECTS = c_library.BUILD / "lib" / "CMakeFiles" / "ondol_isa.dir" / "kernels" / "isa"
CONSTANTS = {"elementwise", "attention", "float_products", "quantised", "block_float", "recurrence", "table"}
PLAIN = {"memcpy", "memset", "memmove", "fmaf", "_GLOBAL_OFFSET_TABLE_"}  # what a compiler calls by itself
OF_ANOTHER_MACHINE = {"x86_64": {"neon"}, "aarch64": {"avx2", "avxvnni", "avx512", "avx512vnni"}}[platform.machine()]


@pytest.mark.parametrize("isa", ["base", "avx2", "avxvnni", "avx512", "avx512vnni", "neon"])
def test_symbols_are_its_own(isa):
    lines = subprocess.run(
        ["nm", "--demangle", OBJECTS / f"{isa}.cpp.o"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    symbols = [re.fullmatch(r"[0-9a-f ]{16} (\S) (.*)", line).groups() for line in lines]
    assert {name for kind, name in symbols if kind == "U"} <= PLAIN
    shared = {(kind, name) for kind, name in symbols if kind != "U" and not kind.islower() or kind in "uvw"}
    assert {name for _, name in shared} == {f"ondol::{isa}::{name}" for name in CONSTANTS if isa not in OF_ANOTHER_MACHINE}
    assert {kind for kind, _ in shared} <= {"D", "R", "B"}
