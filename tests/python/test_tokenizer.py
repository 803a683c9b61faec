import numpy as np
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

import ondol


@pytest.fixture(scope="module")
def smollm(demo_path):
    return ondol.Tokenizer.load(demo_path)


@pytest.fixture(scope="module")
def tok512(stories_path):
    return ondol.Tokenizer.load(stories_path)


def test_t10_digits_and_letters(smollm):
    assert smollm.encode("9.11") == [41, 30, 33, 33]
    assert smollm.encode("9.9") == [41, 30, 41]
    assert smollm.encode("Strawberry") == [1393, 1709, 9500]
    assert smollm.encode(" Strawberry") == [37756, 9500]


def test_ids_are_a_list_of_int(smollm):
    ids = smollm.encode("Hello")
    assert type(ids) is list and all(type(id) is int for id in ids)


@pytest.mark.parametrize("kind", [list, tuple, np.array, iter, lambda ids: np.array(ids, np.uint16),
                                  lambda ids: np.array(ids)[::1], lambda ids: [np.int64(id) for id in ids]])
def test_ids_may_come_as(smollm, kind):
    text = "A cat, 온돌 and 🙂"
    assert smollm.decode(kind(smollm.encode(text))) == text


@pytest.mark.parametrize("ids", ["12", b"12", [1.5], 7, None, np.zeros((2, 2), int), np.zeros(2)])
def test_what_is_no_list_of_ids(smollm, ids):
    with pytest.raises(TypeError):
        smollm.decode(ids)


@pytest.mark.parametrize("id", [-1, 49152, 10**9, 2**31, 2**80, -(2**40)])
def test_ids_outside_of_the_vocabulary(smollm, id):
    for call in (smollm.token_bytes, smollm.token_text, lambda id: smollm.decode([id]), smollm.is_special):
        with pytest.raises(ondol.Error) as caught:
            call(id)
        assert caught.value.code == "invalid_argument"


def test_special_tokens_are_text_unless_asked(smollm):
    text = "<|im_end|>"
    assert smollm.encode(text, parse_special=True) == [2]
    ids = smollm.encode(text)
    assert 2 not in ids and smollm.decode(ids) == text
    both = "<|im_end|>a<|im_end|>"
    mixed = smollm.encode(both, parse_special=True, plain=[(0, 10)])
    assert mixed[-1] == 2 and mixed.count(2) == 1 and smollm.decode(mixed) == both


def test_facts_of_the_vocabulary(smollm, tok512):
    assert len(smollm) == 49152 and len(tok512) == 512
    assert smollm.eos == 2 and smollm.is_end(0) and smollm.is_end(2) and smollm.is_special(2)
    assert not smollm.adds_bos and tok512.adds_bos and tok512.bos == 1
    assert smollm.find("<|im_end|>") == 2 and smollm.find("no such token") is None
    assert smollm.token_bytes(2644) == b" cat" and smollm.token_text(2644) == "Ġcat"


def test_t7_bytes(tok512):
    ids = tok512.encode("온돌", add_special=False)
    assert ids == [410, 239, 155, 171, 238, 146, 143]
    stream = tok512.decoder_stream()
    pieces = [stream.push(id) for id in ids]
    assert [bool(piece.strip()) for piece in pieces] == [False, False, False, True, False, False, True]
    assert "".join(pieces) + stream.flush() == tok512.decode(ids)


def test_held_back_bytes_are_told_and_flushed(smollm):
    stream = smollm.decoder_stream()
    assert stream.push(smollm.encode("온")[0]) == ""
    assert stream.pending
    assert stream.flush() == "\ufffd" and not stream.pending


def test_add_special(tok512):
    assert tok512.encode("Once upon a time") == [1, 403, 407, 261, 378]
    assert tok512.encode("Once upon a time", add_special=False) == [403, 407, 261, 378]


def test_lone_surrogates_are_an_error(smollm):
    with pytest.raises(UnicodeEncodeError):
        smollm.encode("a\ud800b")


def test_bytes_are_taken_as_they_are(tok512, unpacked):
    text = b"ok \xff\xfe \x00 end"
    for tokenizer in (tok512, ondol.Tokenizer.load(unpacked / "vocabs" / "gpt-2.gguf")):
        ids = tokenizer.encode(text, add_special=False)
        assert tokenizer.decode_bytes(ids).strip() == text
        assert tokenizer.decode(ids).strip() == text.decode("utf-8", "replace")


@pytest.mark.parametrize("text", ["", " ", "\n\n", "A" * 100_000, " " * 50_000, "온돌은 따뜻하다. " * 1000, "\0"])
def test_round_trip(smollm, text):
    assert smollm.decode(smollm.encode(text)) == text


def test_an_unknown_pre_tokenizer_is_refused(demo_path):
    with pytest.raises(ondol.Error, match="smollm9"):
        ondol.Tokenizer.load(demo_path, pre_tokenizer="smollm9")


@pytest.mark.parametrize("name", ["gpt-2", "llama-bpe", "qwen2", "deepseek-llm", "command-r", "llama-spm", "phi-3",
                                  "starcoder", "falcon", "refact"])
def test_reference_pairs(data, unpacked, name):
    tokenizer = ondol.Tokenizer.load(unpacked / "vocabs" / f"{name}.gguf")
    texts = (data / "vocabs" / f"{name}.inp").read_bytes().decode().split("\n__ggml_vocab_test__\n")
    lines = (data / "vocabs" / f"{name}.out").read_text().splitlines()
    assert len(texts) >= len(lines) > 10
    for text, line in zip(texts, lines):
        assert tokenizer.encode(text, add_special=False) == [int(id) for id in line.split()], repr(text)


def learnt(words):
    """BPE learning by definition: the most frequent pair, of equal ones the first in the alphabet, while one is there."""
    corpus = {tuple(word): count for word, count in words.items()}
    merges = []
    while True:
        pairs = {}
        for parts, count in corpus.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] = pairs.get(pair, 0) + count
        if not pairs:
            return merges
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append((*best, pairs[best]))
        joined = {}
        for parts, count in corpus.items():
            out = []
            for part in parts:
                if out and (out[-1], part) == best and not (out[-1] == "".join(best)):
                    out[-1] += part
                else:
                    out.append(part)
            joined[tuple(out)] = joined.get(tuple(out), 0) + count
        corpus = joined


def test_t9_learnt_merges(tmp_path):
    merges = learnt({"bug": 4, "bugs": 2, "mug": 3, "hum": 2})
    assert merges[:5] == [("u", "g", 9), ("b", "ug", 6), ("m", "ug", 3), ("bug", "s", 2), ("h", "u", 2)]
    tokens = [*"bughms", *(left + right for left, right, _ in merges)]
    (tmp_path / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (tmp_path / "merges.txt").write_text("".join(f"{left} {right}\n" for left, right, _ in merges[:5]))
    tokenizer = ondol.Tokenizer.load(tmp_path)
    pieces = lambda word: [tokenizer.token_text(id) for id in tokenizer.encode(word)]  # noqa: E731
    assert [pieces(word) for word in ("bug", "bugs", "mug", "hum", "hugs")] == [
        ["bug"], ["bugs"], ["mug"], ["hu", "m"], ["h", "ug", "s"]]


def test_graphemes(smollm):
    text = "한국 👩‍👩‍👧 é 🇰🇷!"
    stream = smollm.decoder_stream(unit="graphemes")
    pieces = [stream.push(id) for id in smollm.encode(text)] + [stream.flush()]
    assert "".join(pieces) == text
    assert not any(piece.startswith(("\u200d", "\u0301")) or piece.endswith("\u200d") for piece in pieces)
    with pytest.raises(ondol.Error, match="unit is 'words'"):
        smollm.decoder_stream(unit="words")


def test_threads_share_a_tokenizer(data):
    tokenizer = ondol.Tokenizer.load(data / "tokenizers" / "llama3-style")
    texts = [f"온돌 {i} warm floors don't 123{i} " * 40 for i in range(64)]
    expected = [tokenizer.encode(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            assert list(pool.map(tokenizer.encode, texts)) == expected
