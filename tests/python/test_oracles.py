"""Families against transformers' numbers: the tiny random models of data/oracles, from their folders as they are."""

import os
import shutil

import numpy as np
import pytest

import ondol

DECODERS = """
    llama llama3_rope llama_yarn llama_linear_rope llama_bias_tied llama_sharded llama_bf16 llama_f16 mistral_sliding
    qwen2 qwen2_sliding qwen3 gemma gemma2 gemma3 phi3 olmo2 olmo3 granite glm4 exaone4 smollm3 hyperclovax ernie4_5
    helium seed_oss arcee phi gpt2 gpt_neox gpt_neox_serial gptj falcon falcon_mqa falcon_alibi bloom_alibi mpt_alibi
    starcoder2 stablelm stablelm_12b cohere cohere2 opt opt_350m nemotron
    mamba mamba2 rwkv falcon_h1 lfm2 bamba recurrent_gemma jamba granitemoehybrid qwen3_next
    mixtral mixtral_sharded qwen2_moe qwen3_moe olmoe granitemoe deepseek_v2 deepseek_v2_lite deepseek_v3 llama4 gpt_oss
    glm4_moe phimoe ernie4_5_moe
""".split()
CONFIGS = ["config.json", "config_v4.json"]


def model_folder(source, config, to):
    """The folder with `config` in the place of its config.json."""
    if config == "config.json":
        return source
    for file in source.iterdir():
        if ".safetensors" in file.name:
            os.symlink(file, to / file.name)
    shutil.copy(source / config, to / "config.json")
    return to


@pytest.fixture(scope="module", params=[(f, c) for f in DECODERS for c in CONFIGS], ids=lambda p: f"{p[0]}-{p[1][:-5]}")
def oracle(request, data, read_json, tmp_path_factory):
    folder, config = request.param
    source = data / "oracles" / folder
    if not (source / config).exists():
        config = "config.json"
    path = model_folder(source, config, tmp_path_factory.mktemp("oracle"))
    model = ondol.Model.load(path, precision="exact", cache_type="f32")
    return model, read_json(f"oracles/{folder}/expected.json"), np.load(source / "expected.npz")


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
    if expected["name"] == "opt_350m":  # has no final norm, and its archive no hidden states
        return
    hidden = model.forward([ondol.Step(model.new_cache(), case["input_ids"], "none", hidden=True)])[0].hidden
    np.testing.assert_allclose(hidden, arrays["seven.hidden_states"][-1], rtol=0, atol=tolerance(expected))


def test_greedy_ids(oracle):
    model, expected, _ = oracle
    for case in expected["cases"]:
        ids = case["greedy"]["ids"]
        result = model.generate(case["input_ids"], max_tokens=len(ids), ignore_eos=True)
        assert result.ids == ids, case["name"]


def test_one_by_one_and_in_one_pass(oracle):
    model, expected, _ = oracle
    ids = next(case for case in expected["cases"] if case["name"] == "long")["input_ids"]
    whole = model.logits(ids)
    cache = model.new_cache()
    singles = [model.forward([ondol.Step(cache, [token])])[0].logits[0] for token in ids[:7]]
    np.testing.assert_array_equal(model.logits(ids[:7])[-1], singles[-1])
    other, mate = model.new_cache(), model.new_cache()
    steps = [ondol.Step(other, ids, "all"), ondol.Step(mate, ids[20:33], "all")]
    np.testing.assert_array_equal(model.forward(steps)[0].logits, whole)


def test_fork_and_saved_cache_go_on_bit_for_bit(oracle, tmp_path):
    model, expected, _ = oracle
    ids = next(case for case in expected["cases"] if case["name"] == "long")["input_ids"]
    cache = model.new_cache()
    model.forward([ondol.Step(cache, ids[:-2])])
    fork = cache.fork()
    cache.save(tmp_path / "cache")
    back = model.new_cache()
    back.load(tmp_path / "cache")
    rows = [model.forward([ondol.Step(c, ids[-2:])])[0].logits for c in (cache, fork, back)]
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_array_equal(rows[0], rows[2])
