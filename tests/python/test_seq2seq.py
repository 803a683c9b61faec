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


def test_batches_threads_and_saved_caches_change_nothing(oracle, data, tmp_path, tmp_path_factory):
    model, expected, _ = oracle
    cases = expected["cases"]
    options = {"max_tokens": 8, "ignore_eos": True}
    singles = [model.generate(case["input_ids"], **options).ids for case in cases]
    assert [r.ids for r in model.generate_batch([case["input_ids"] for case in cases], **options)] == singles
    case = cases[-1]
    cache = model.new_cache(case["input_ids"])
    fork = cache.fork()
    model.forward([(cache, case["decoder_input_ids"][:5])])
    cache.save(tmp_path / "cache")
    back = model.new_cache()
    back.load(tmp_path / "cache")
    whole = model.logits(case["input_ids"], decoder_ids=case["decoder_input_ids"])
    rest = case["decoder_input_ids"][5:]
    for other, ids in ((cache, rest), (back, rest), (fork, case["decoder_input_ids"])):
        np.testing.assert_array_equal(model.forward([(other, ids)])[0].logits[0], whole[-1])
    with pytest.raises(ondol.Error, match="has no source"):
        model.forward([(model.new_cache(), [1])])


@pytest.fixture(scope="module")
def tiny(data):
    return ondol.Model.load(data / "examples" / "tiny-t5", precision="exact", threads=2)


def test_translation(tiny, read_json):
    cases = read_json("examples/tiny-hf.json")["models"]["tiny-t5"]["cases"]
    for case, one in zip(cases, tiny.generate_batch([case["input"] for case in cases])):
        assert tiny.tokenizer.encode(case["input"]) == case["input_ids"]
        result = tiny.generate(case["input"], logprobs=0)
        assert (result.text, result.ids, result.finish) == (case["output"], case["output_ids"], "eos")
        assert sum(token.logprob for token in result.tokens) == pytest.approx(case["sum_logprob"], abs=1e-4)
        assert one.ids == result.ids
        assert tiny.score(case["input"], case["output_ids"]).sum == pytest.approx(case["sum_logprob"], abs=1e-4)
        best = tiny.generate(case["input"], num_beams=4, length_penalty=0.0)
        assert best.text == case["output"] and best.score == pytest.approx(case["sum_logprob"], abs=1e-4)
        if case["first_row"]:
            np.testing.assert_allclose(tiny.logits(case["input_ids"], decoder_ids=[0])[0], case["first_row"], atol=1e-4)


def test_a_stream_of_a_translation(tiny):
    text = "translate English to Korean: the cat drinks water"
    pieces = [str(piece) for piece in tiny.generate(text, stream=True)]
    assert len(pieces) > 5 and "".join(pieces) == "고양이가 물을 마신다"


def test_the_decoder_may_be_begun_by_the_host(tiny):
    source = tiny.tokenizer.encode("translate English to Korean: the cat drinks water")
    whole = tiny.generate(source)
    cache = tiny.new_cache(source)
    rest = tiny.generate([0] + whole.ids[:4], cache=cache)
    assert rest.ids == whole.ids[4:]


@pytest.mark.parametrize("call, code, match", [
    (lambda m: m.logits([1, 2]), "invalid_argument", "tokens of the decoder"),
    (lambda m: m.logits([], decoder_ids=[0]), "invalid_argument", "no tokens"),
    (lambda m: m.logits([5, 99], decoder_ids=[0]), "invalid_argument", "token 99 at index 1"),
    (lambda m: m.logits([5], decoder_ids=[]), "invalid_argument", "no tokens"),
    (lambda m: m.generate([5] * 600), "context_full", "600 tokens, the model reads 512"),
    (lambda m: m.generate([]), "invalid_argument", "prompt 0 is empty"),
    (lambda m: m.generate("a", num_beams=2, num_return_sequences=3), "invalid_argument", "3 sequences of 2 beams"),
    (lambda m: m.generate("a", num_beams=2, temperature=0.5), "invalid_argument", "draws nothing"),
    (lambda m: m.generate("a", num_beams=2, top_k=3), "invalid_argument", "draws nothing: top_k"),
    (lambda m: m.generate("a", num_beams=2, stop="a"), "invalid_argument", "no stop strings"),
    (lambda m: m.generate("a", num_beams=0, num_return_sequences=1), "invalid_argument", "beams is 0"),
    (lambda m: m.generate("a", num_beams=2, early_stopping="soon"), "invalid_argument", "early_stopping is 'soon'"),
    (lambda m: m.generate("a", num_beams=2, stream=True), "invalid_argument", "neither streams"),
    (lambda m: m.generate("a", forced_bos_token_id=99), "invalid_argument", "forced_bos: token 99"),
])
def test_errors_name_what_is_wrong(tiny, call, code, match):
    with pytest.raises(ondol.Error, match=match) as caught:
        call(tiny)
    assert caught.value.code == code


def test_a_source_of_another_model_is_refused(tiny, data):
    other = ondol.Model.load(data / "oracles" / "t5")
    with pytest.raises(ondol.Error, match="another model"):
        other.forward([(tiny.new_cache([5, 1]), [0])])


@pytest.mark.parametrize("folder", SEQ2SEQ)
def test_gguf_and_back(folder, data, read_json, tmp_path):
    expected = read_json(f"oracles/{folder}/expected.json")
    ondol.convert(data / "oracles" / folder, tmp_path / "model.gguf")
    ondol.convert(tmp_path / "model.gguf", tmp_path / "back")
    for path in (tmp_path / "model.gguf", tmp_path / "back"):
        model = ondol.Model.load(path, precision="exact", cache_type="f32")
        for case in expected["cases"]:
            near(model.logits(case["input_ids"], decoder_ids=case["decoder_input_ids"])[-1], case["last_logits"], expected,
                 case["name"])
        assert model.generation_defaults.decoder_start == expected["generate_parameters"][0]["decoder_start_token_id"]
