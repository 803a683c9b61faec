"""Encoder-decoders and beam search against transformers' numbers: data/oracles, and the tiny T5 of data/examples."""

import numpy as np
import pytest

import ondol
from test_oracles import CONFIGS, model_folder, tolerance

SEQ2SEQ = "t5 t5_sharded t5_gated bart marian m2m100 pegasus mbart".split()
DECODERS = ["llama", "qwen3"]


def load(folder, config, data, tmp_path_factory, **options):
    source = data / "oracles" / folder
    if not (source / config).exists():
        config = "config.json"
    path = model_folder(source, config, tmp_path_factory.mktemp("oracle"))
    return ondol.Model.load(path, precision="exact", cache_type="f32", **options)


@pytest.fixture(scope="module", params=SEQ2SEQ)
def oracle(request, data, read_json, tmp_path_factory):
    model = load(request.param, "config.json", data, tmp_path_factory, threads=2)
    folder = f"oracles/{request.param}"
    return model, read_json(f"{folder}/expected.json"), np.load(data / folder / "expected.npz")


def near(x, e, expected, what):
    np.testing.assert_allclose(x, e, rtol=0, atol=tolerance(expected), err_msg=what)


def test_logits(oracle):
    model, expected, arrays = oracle
    for case in expected["cases"]:
        logits = model.logits(case["input_ids"], decoder_ids=case["decoder_input_ids"])
        near(logits[-1], case["last_logits"], expected, case["name"])
        assert logits.argmax(axis=1).tolist() == case["argmax"]
        if f"{case['name']}.logits" in arrays:
            near(logits, arrays[f"{case['name']}.logits"].reshape(logits.shape), expected, case["name"])
        if "rows" in case:
            near(logits[case["rows"]], arrays["long.rows"], expected, case["name"])


def test_the_source_as_the_encoder_reads_it(oracle):
    model, expected, arrays = oracle
    for case in expected["cases"]:
        name = f"{case['name']}.encoder_last_hidden_state"
        if name in arrays:
            near(model.hidden(case["input_ids"]), arrays[name].reshape(len(case["input_ids"]), -1), expected, name)


def options_of(parameters, prompt_tokens):
    """transformers' parameters in our terms; min_length counts the prompt."""
    options = {"max_tokens": parameters["max_new_tokens"],
               "min_tokens": max(0, parameters["min_length"] - prompt_tokens),
               "repetition_penalty": parameters["repetition_penalty"],
               "no_repeat_ngram_size": parameters["no_repeat_ngram_size"],
               "num_beams": parameters["num_beams"],
               "length_penalty": parameters["length_penalty"],
               "early_stopping": parameters["early_stopping"],
               "num_return_sequences": parameters.get("num_return_sequences"),
               "forced_bos_token_id": parameters["forced_bos_token_id"],
               "stop_ids": [parameters["eos_token_id"]],
               "ignore_eos": True}
    banned = [word for word, in parameters.get("bad_words_ids", [])]
    return options | ({"banned_tokens": banned} if banned else {})


def generated(ids, prompt, end):
    """Without the prompt, and what fills up behind the end."""
    ids = ids[prompt:]
    return ids[: ids.index(end) + 1] if end in ids else ids


def check_generations(model, expected, prompt_tokens):
    parameters = {p["name"]: p for p in expected["generate_parameters"]}
    seen = 0
    for case in expected["cases"]:
        for wanted in case.get("generate", []):
            p = parameters[wanted["name"]]
            what = f"{case['name']} {wanted['name']}"
            prompt = prompt_tokens(case)
            if not case["stable"]:
                continue
            results = model.generate(case["input_ids"], **options_of(p, prompt))
            results = results if isinstance(results, list) else [results]
            sequences = [generated(ids, prompt, p["eos_token_id"]) for ids in wanted["sequences"]]
            assert [r.ids for r in results] == sequences, what
            if "sequences_scores" in wanted:
                np.testing.assert_allclose([r.score for r in results], wanted["sequences_scores"], rtol=0, atol=2e-5,
                                           err_msg=what)
            seen += 1
    assert seen


def test_generations(oracle):
    model, expected, _ = oracle
    check_generations(model, expected, lambda case: 1)


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("folder", DECODERS)
def test_generations_of_decoders(folder, config, data, read_json, tmp_path_factory):
    model = load(folder, config, data, tmp_path_factory)
    check_generations(model, read_json(f"oracles/{folder}/expected.json"), lambda case: len(case["input_ids"]))
