"""Every storage type against numbers computed in float64."""

import numpy as np
import pytest

import ondol

from conftest import relative_rms

TYPES = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
         "IQ4_XS", "IQ3_S", "IQ3_XXS", "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ1_S", "IQ1_M", "TQ1_0", "TQ2_0", "Q1_0", "Q2_0",
         "MXFP4", "NVFP4", "MIXED"]


@pytest.fixture(scope="module")
def expected(read_json):
    return read_json("quantised/expected.json")


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("precision, most", [("exact", 1e-5), ("fast", 0.04)])
def test_logits(data, expected, kind, precision, most):
    entry = expected["files"][kind]
    path = data / "quantised" / entry["files"][0]["name"]
    model = ondol.Model.load(path, precision=precision, cache_type="f32" if precision == "exact" else "f16")
    logits = model.logits(expected["ids"])
    assert relative_rms(logits, entry["logits"]) <= most
    if precision == "exact":
        assert logits.argmax(axis=1).tolist() == entry["argmax"]


@pytest.mark.parametrize("kind", TYPES)
def test_inspect(data, expected, kind):
    entry = expected["files"][kind]
    info = ondol.inspect(data / "quantised" / entry["files"][-1]["name"])
    assert {t.name: t.type for t in info.tensors} == {name: t["type"] for name, t in entry["tensors"].items()}
    assert info.parameters == sum(int(np.prod(t["shape"])) for t in entry["tensors"].values())


@pytest.mark.parametrize("kind", ["Q4_0", "Q6_K"])
def test_threads_and_batches_do_not_change_a_bit(data, expected, kind):
    path = data / "quantised" / expected["files"][kind]["files"][0]["name"]
    ids = expected["ids"]
    one, two = (ondol.Model.load(path, threads=threads) for threads in (1, 2))
    full = one.logits(ids)
    assert np.array_equal(full, two.logits(ids))
    cache = two.new_cache()
    rows = [two.forward([(cache, [id])])[0].logits for id in ids]
    assert np.array_equal(np.concatenate(rows), full)


def test_every_file_is_here(expected):
    assert sorted(TYPES) == sorted(expected["files"])


def test_the_vocabulary(data, expected):
    tokenizer = ondol.Tokenizer.load(data / "quantised" / "tiny-F32.gguf")
    for example in expected["tokenizer"]["examples"]:
        assert tokenizer.encode(example["text"]) == example["ids_with_bos"]
