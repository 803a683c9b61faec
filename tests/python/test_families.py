"""The table of families in the README is the registry's; a family is a small file."""

import statistics
from pathlib import Path

import pytest

import ondol

ROOT = Path(__file__).parents[2]


def table():
    rows = [f"| `{model_type}` | {f'`{gguf}`' if gguf else ''} |" for model_type, gguf in ondol.families()]
    return "\n".join(["| model_type | GGUF |", "|---|---|", *rows])


@pytest.mark.parametrize("readme", ["README.md", "README.ko.md"])
def test_table_of_families(readme):
    text = (ROOT / readme).read_text()
    assert table() in text, f"{readme} should have:\n{table()}"


def test_lines_of_a_family():
    lines = {file.stem: len(file.read_text().splitlines()) for file in sorted((ROOT / "lib/models/families").glob("*.cpp"))}
    print("\n".join(f"{count:4} {name}" for name, count in lines.items()))
    assert statistics.median(lines.values()) < 60


def test_no_family_is_there_twice():
    types = [model_type for model_type, _ in ondol.families()]
    assert len(types) == len(set(types))
