"""Time is about linear in the text, whatever it is made of: a long run takes a few times as long as prose."""

import time

import pytest

import ondol

SIZE = 1 << 18
UNITS = ["a", "\n", " ", "\u0301", "\uac00", "1", "!", "온돌은 ", "\U0001f44d", "a\u0323\u0301", "\u2581"]


def seconds(tokenizer, text):
    start = time.perf_counter()
    ids = tokenizer.encode(text, fit_length=False)
    tokenizer.decode(ids)
    return time.perf_counter() - start


def filled(unit):
    return unit * (SIZE // len(unit.encode()))


def test_every_kind_of_tokenizer(data):
    folders = sorted((data / "tokenizers").glob("*/tokenizer.json"))
    models = sorted((data / "tokenizers" / "sentencepiece").glob("*.model"))
    assert len(folders) >= 18 and len(models) == 5
    prose = filled("The kettle sings while the floor grows warm; 온돌은 바닥을 데운다.\n")
    for path in folders + models:
        tokenizer = ondol.Tokenizer.load(path)
        usual = min(seconds(tokenizer, prose) for _ in range(2))
        for unit in UNITS:
            assert seconds(tokenizer, filled(unit)) < 20 * usual + 0.3, (path, unit)


@pytest.mark.parametrize("unit", ["", "\0", "\ud55c" * 1000, "A" * 10_000_000])
def test_sizes(data, unit):
    tokenizer = ondol.Tokenizer.load(data / "tokenizers" / "llama3-style")
    assert tokenizer.decode(tokenizer.encode(unit, add_special=False)) == unit
