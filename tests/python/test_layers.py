"""An include of lib/ may only point downwards, and third-party headers stay in their folders."""

import os
import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
LINES = [["base"], ["runtime"], ["formats"], ["kernels"], ["files"], ["text", "chat", "sample"], ["ngram"], ["blocks"],
         ["cache", "models"], ["generate", "tasks"]]
LEVEL = {folder: level for level, line in enumerate(LINES) for folder in line}
BESIDE = {("models", "cache")}
#: third-party headers and the folders whose .cpp files may include them
FOREIGN = {
    r"simdjson\.h": {"base", "text"},
    r"pcre2\.h|sentencepiece.*": {"text"},
    r"utf8proc\.h": {"text", "chat"},
    r"zlib\.h": {"ngram"},
    r"(oneapi/dnnl/)?dnnl.*": {"kernels/onednn"},
    r"fmt/.*": {""},
    r"(unsupported/)?Eigen/.*": {""},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def sources(folder, *patterns):
    return sorted(path for pattern in patterns for path in (CHECKOUT / folder).rglob(pattern))


LIBRARY = sources("lib", "*.hpp", "*.cpp", "*.inl")


def test_every_folder_of_lib_has_its_place():
    assert LIBRARY
    assert {path.relative_to(CHECKOUT / "lib").parts[0] for path in LIBRARY} <= LEVEL.keys()


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(CHECKOUT / "lib")))
def test_includes_point_downwards(path):
    relative = path.relative_to(CHECKOUT / "lib")
    own = relative.parts[0]
    for kind, name in includes(path):
        folder = name.split("/")[0]
        if kind == '"' and folder in LEVEL and folder != own:
            assert LEVEL[folder] < LEVEL[own] or (own, folder) in BESIDE, f"{own} includes {name}"
        if kind == '"':
            assert not name.startswith(("capi/", "python/", "..")) and name != "ondol.h", name
        for pattern, folders in FOREIGN.items():
            if re.fullmatch(pattern, name):
                assert path.suffix == ".cpp", f"{name} in a header"
                assert any(str(relative).startswith(allowed) for allowed in folders), f"{name} in {relative}"


@pytest.mark.parametrize("path", sources("include", "*.hpp"), ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_public_headers_need_only_the_standard_library(path):
    for kind, name in includes(path):
        if kind == '"':
            assert (CHECKOUT / "include" / name).is_file(), name
        else:
            assert re.fullmatch(r"[a-z_]+", name), name


@pytest.mark.parametrize("path", sources("python/src", "*.hpp", "*.cpp"), ids=lambda path: path.name)
def test_the_bindings_use_the_public_api_only(path):
    for kind, name in includes(path):
        if kind == '"':
            assert (CHECKOUT / "include" / name).is_file() or (path.parent / name).is_file(), name


@pytest.mark.parametrize("header", sorted(path.name for path in (CHECKOUT / "include" / "ondol").glob("*.hpp")))
def test_a_public_header_compiles_alone(header, tmp_path):
    source = tmp_path / "alone.cpp"
    source.write_text(f"#include <ondol/{header}>\n" * 2)
    command = [os.environ.get("CXX", "c++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
    done = subprocess.run([*command, "-I", CHECKOUT / "include", source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
