"""The codebooks of the IQ storage types, as the pip package `gguf` has them. `python codebooks.py` prints
lib/formats/codebooks.inc."""

from __future__ import annotations

from typing import Iterator

import numpy as np
from gguf import quants

#: name, class with the grid, bits a coordinate
CODEBOOKS = [("iq2_xxs", quants.IQ2_XXS, 2), ("iq2_xs", quants.IQ2_XS, 2), ("iq2_s", quants.IQ2_S, 2),
             ("iq3_xxs", quants.IQ3_XXS, 3), ("iq3_s", quants.IQ3_S, 3), ("iq1", quants.IQ1_S, 2)]

HEAD = """\
// Made by tests/python/codebooks.py from the pip package `gguf`. An entry is a point of 8 coordinates of 2 bits or of 4
// of 3 bits, the first one lowest; what the bits stand for is in codebooks.hpp.
//
// The choice of points is ggml's (https://github.com/ggml-org/ggml, ggml-common.h), under the MIT License:
//
// Copyright (c) 2023-2026 The ggml authors
//
// Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
// documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
// rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
// persons to whom the Software is furnished to do so, subject to the following conditions:
//
// The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
// Software.
//
// THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
// WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
// COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
// OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""


def codes(kind, bits: int) -> np.ndarray:
    kind.init_grid()
    points = kind.grid.reshape(kind.grid_shape)
    levels = np.searchsorted(np.array(kind.grid_map, dtype=np.float32), points).astype(np.uint32)
    return (levels << np.arange(0, bits * points.shape[1], bits, dtype=np.uint32)).sum(axis=1)


def lines(numbers: np.ndarray) -> Iterator[str]:
    line = "   "
    for number in numbers:
        if len(line) + len(f" {number},") > 120:
            yield line
            line = "   "
        line += f" {number},"
    yield line


def main() -> None:
    print(HEAD)
    for name, kind, bits in CODEBOOKS:
        print(f"constexpr std::uint16_t {name}_codes[] = {{")
        for line in lines(codes(kind, bits)):
            print(line)
        print("};")


if __name__ == "__main__":
    main()
