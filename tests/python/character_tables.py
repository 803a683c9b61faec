"""Which characters the reference implementation (Hugging Face tokenizers) takes for spaces, digits, marks …, asked of it
one code point at a time. `python character_tables.py` prints lib/text/character_tables.inc."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Tuple

from tokenizers import normalizers, pre_tokenizers

CODES = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def _isolated(splitter) -> Callable[[str], bool]:
    return lambda c: len(splitter.pre_tokenize_str(f"a{c}b")) == 3


def _dropped(normalizer) -> Callable[[str], bool]:
    return lambda c: normalizer.normalize_str(f"a{c}") == "a"


def _bert(**options: bool):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **options})


def predicates() -> Dict[str, Callable[[str], bool]]:
    word = pre_tokenizers.Whitespace()
    space = pre_tokenizers.WhitespaceSplit()
    return {
        "white_space": lambda c: len(space.pre_tokenize_str(f"a{c}b")) == 2,
        "numeric": _isolated(pre_tokenizers.Digits(individual_digits=True)),
        "punctuation": _isolated(pre_tokenizers.Punctuation()),
        "word": lambda c: [piece for piece, _ in word.pre_tokenize_str(f"a{c}")] == [f"a{c}"],
        "mark": _dropped(normalizers.StripAccents()),
        "nonspacing_mark": _dropped(_bert(strip_accents=True)),
        "unclean": _dropped(_bert(clean_text=True)),
    }


def members(name: str) -> List[int]:
    predicate = predicates()[name]
    return [code for code in CODES if predicate(chr(code))]


def ranges(codes: Iterable[int]) -> List[Tuple[int, int]]:
    out: List[Tuple[int, int]] = []
    for code in codes:
        if out and out[-1][1] == code - 1:
            out[-1] = (out[-1][0], code)
        else:
            out.append((code, code))
    return out


def scripts() -> List[Tuple[int, int, int]]:
    """Runs of characters of one script of the UnicodeScripts pre-tokenizer: (first, last, number of the script). Characters
    that are in none of them go with any."""
    split = pre_tokenizers.UnicodeScripts()

    def together(a: str, b: str) -> bool:
        return len(split.pre_tokenize_str(a + b)) == 1

    kinds: List[str] = []  # a character of each script
    out: List[Tuple[int, int, int]] = []
    for code in CODES:
        c = chr(code)
        if together("a", c) and together("\uD55C", c):
            continue
        if out and out[-1][1] == code - 1 and together(kinds[out[-1][2]], c):
            out[-1] = (out[-1][0], code, out[-1][2])
            continue
        kind = next((i for i, other in enumerate(kinds) if together(other, c)), len(kinds))
        if kind == len(kinds):
            kinds.append(c)
        out.append((code, code, kind))
    return out


def _array(name: str, entries: Iterable[str], element: str) -> str:
    lines, line = [], "   "
    for entry in entries:
        if len(line) + len(entry) + 2 > 120:
            lines.append(line)
            line = "   "
        line += f" {entry},"
    return f"constexpr {element} {name}[] = {{\n" + "\n".join([*lines, line]) + "\n};"


if __name__ == "__main__":
    print("// Made by tests/python/character_tables.py from Hugging Face tokenizers; each of its parts has a Unicode "
          "version of its\n// own. Ranges are first, last.")
    for name in predicates():
        print(_array(f"{name}_ranges", (f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(members(name))), "Range"))
    print(_array("script_runs", (f"{{0x{a:X}, 0x{b:X}, {kind}}}" for a, b, kind in scripts()), "ScriptRun"))
