"""Weights quantised when a model is loaded, and kept for the next time."""

import threading

import numpy as np
import pytest

import ondol


def copies(folder):
    return sorted((folder / "quantized").glob("*"))


def test_quantised_once(data, tmp_path):
    folder = data / "oracles" / "llama"
    seen = []
    options = {"quantize": "q8_0", "quantize_folder": tmp_path, "precision": "exact"}
    model = ondol.Model.load(folder, progress=lambda done, total: seen.append((done, total)), **options)
    [copy] = copies(tmp_path)
    assert copy.name.startswith("llama-") and copy.name.endswith("-q8_0.gguf")
    assert seen and seen[-1][0] == seen[-1][1]
    ondol.convert(folder, tmp_path / "by_hand.gguf", type="q8_0")
    ids = list(range(3, 100, 7))
    expected = ondol.Model.load(tmp_path / "by_hand.gguf", precision="exact").logits(ids)
    np.testing.assert_array_equal(model.logits(ids), expected)
    written = copy.stat().st_mtime_ns
    np.testing.assert_array_equal(ondol.Model.load(folder, **options).logits(ids), expected)
    assert copies(tmp_path) == [copy] and copy.stat().st_mtime_ns == written
    ondol.Model.load(folder, **(options | {"quantize": "q4_0"}))
    assert len(copies(tmp_path)) == 2


def test_other_weights_are_another_copy(data, tmp_path):
    model = tmp_path / "model"
    options = {"quantize": "q8_0", "quantize_folder": tmp_path / "cache"}
    for name in ("llama", "llama_bias_tied"):
        ondol.convert(data / "oracles" / name, model)
        ondol.Model.load(model, **options)
    assert len(copies(tmp_path / "cache")) == 2


def test_where_copies_are_kept(data, tmp_path, monkeypatch):
    monkeypatch.setenv("ONDOL_CACHE", str(tmp_path / "own"))
    ondol.Model.load(data / "oracles" / "llama", quantize="q8_0")
    assert len(copies(tmp_path / "own")) == 1


def test_many_at_once(data, tmp_path):
    logits = []

    def load():
        model = ondol.Model.load(data / "oracles" / "llama", quantize="q8_0", quantize_folder=tmp_path)
        logits.append(model.logits([1, 2, 3]))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(copies(tmp_path)) == 1 and all((each == logits[0]).all() for each in logits) and len(logits) == 4


@pytest.mark.parametrize("type", ["q9_9", "q4_k_m "])
def test_unknown_type(type, data, tmp_path):
    with pytest.raises(ondol.Error, match="is not known; known are") as error:
        ondol.Model.load(data / "oracles" / "llama", quantize=type, quantize_folder=tmp_path)
    assert error.value.code == "invalid_argument"
    assert not (tmp_path / "quantized").exists() or copies(tmp_path) == []


def test_folder_that_cannot_be(data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ondol.Error, match="file") as error:
        ondol.Model.load(data / "oracles" / "llama", quantize="q8_0", quantize_folder=tmp_path / "file")
    assert error.value.code == "io"


def test_estimate_agrees(data, tmp_path):
    for name in ("llama", "qwen3_moe"):
        runtime = ondol.Runtime()
        estimate = ondol.estimate(data / "oracles" / name, quantize="q8_0")
        ondol.Model.load(data / "oracles" / name, quantize="q8_0", quantize_folder=tmp_path, runtime=runtime)
        [copy] = [path for path in copies(tmp_path) if path.name.startswith(f"{name}-")]
        assert estimate.weights_bytes == ondol.estimate(copy).weights_bytes
