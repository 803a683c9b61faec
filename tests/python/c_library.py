"""ondol.h read as data: the functions it declares, and the built C library called through ctypes by these declarations."""

import ctypes
import os
import re
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
HEADER = CHECKOUT / "capi" / "ondol.h"
BUILD = Path(os.environ.get("ONDOL_BUILD", CHECKOUT / "build" / "release"))
LIBRARY = BUILD / "capi" / "libondol_c.so"

SCALARS = {
    "void": None,
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
    "ondol_status": ctypes.c_int32,
}


@dataclass(frozen=True)
class Function:
    result: str
    name: str
    parameters: tuple[str, ...]  # their types

    def __str__(self):
        return f"{self.result} {self.name}({', '.join(self.parameters) or 'void'})"


def _type(declared):
    """`const char* text` -> `const char*`"""
    words = re.sub(r"\s+", " ", declared).strip()
    return words if words == "void" else re.sub(r"\s*\w+$", "", words)


def functions():
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.S)
    found = []
    for result, name, parameters in re.findall(r"ONDOL_C_API ([^;(]*?)\s*(\w+)\(([^)]*)\);", text):
        types = tuple(_type(p) for p in parameters.split(",") if p.strip() != "void")
        found.append(Function(result.strip(), name, types))
    return found


def _ctype(name):
    plain = name.replace("const", "").replace(" ", "")
    if plain in SCALARS:
        return SCALARS[plain]
    if plain == "char*":
        return ctypes.c_char_p
    if not plain.endswith("*"):
        return ctypes.c_void_p  # a function
    inner = SCALARS.get(plain[:-1])
    return ctypes.POINTER(inner) if inner else ctypes.c_void_p if plain.count("*") == 1 else _pointer(plain)


def _pointer(plain):
    return ctypes.POINTER(ctypes.c_char_p if plain.startswith("char*") else ctypes.c_void_p)


def load():
    library = ctypes.CDLL(str(LIBRARY))
    for function in functions():
        bound = getattr(library, function.name)
        bound.restype = _ctype(function.result)
        bound.argtypes = [_ctype(p) for p in function.parameters]
    return library


if __name__ == "__main__":  # python tests/python/c_library.py > capi/ondol.abi
    print("\n".join(sorted(map(str, functions()))))
