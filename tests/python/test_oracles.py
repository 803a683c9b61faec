"""Families against transformers' numbers: tiny models of data/oracles, made into GGUF files here."""

import numpy as np
import pytest

import ondol

from gguf_from_hf import convert

FOLDERS = ["llama", "llama3_rope", "llama_yarn", "llama_linear_rope", "mistral_sliding", "qwen2"]


@pytest.fixture(scope="module", params=FOLDERS)
def oracle(request, data, read_json, tmp_path_factory):
    path = convert(data / "oracles" / request.param, tmp_path_factory.mktemp("oracle") / f"{request.param}.gguf")
    expected = read_json(f"oracles/{request.param}/expected.json")
    arrays = np.load(data / "oracles" / request.param / "expected.npz")
    return ondol.Model.load(path, precision="exact", cache_type="f32"), expected, arrays


def tolerance(expected):
    return max(2e-4, 10 * expected["checks"]["float64_vs_float32_max_abs"])


def test_logits(oracle):
    model, expected, arrays = oracle
    for case in expected["cases"]:
        logits = model.logits(case["input_ids"])
        near = lambda x, e: np.testing.assert_allclose(x, e, rtol=0, atol=tolerance(expected), err_msg=case["name"])
        near(logits[-1], case["last_logits"])
        assert logits.argmax(axis=1).tolist() == case["argmax"]
        if case["name"] == "twelve":
            near(logits, arrays["twelve.logits"])
        if case["name"] == "long":
            near(logits[case["rows"]], arrays["long.rows"])


def test_hidden_states(oracle):
    model, expected, arrays = oracle
    case = next(case for case in expected["cases"] if case["name"] == "seven")
    hidden = model.forward([ondol.Step(model.new_cache(), case["input_ids"], "none", hidden=True)])[0].hidden
    states = arrays["seven.hidden_states"]
    np.testing.assert_allclose(hidden, states[-1], rtol=0, atol=tolerance(expected))
    np.testing.assert_allclose(model.embed(case["input_ids"]), states[0], rtol=0, atol=1e-6)


def test_greedy_ids(oracle):
    model, expected, _ = oracle
    for case in expected["cases"]:
        ids = case["greedy"]["ids"]
        result = model.generate(case["input_ids"], max_tokens=len(ids), ignore_eos=True)
        assert result.ids == ids, case["name"]
