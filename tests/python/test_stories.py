"""A small real model in F32: data/stories260K."""

import pytest

import ondol

from conftest import relative_rms


@pytest.fixture(scope="module")
def expected(read_json):
    return read_json("stories260K/expected.json")


def test_tokens(stories, expected):
    for case in expected["tokens_with_bos"]:
        assert stories.tokenizer.encode(case["text"]) == case.get("gguf_ids", case["ids"])


@pytest.mark.parametrize("precision", ["exact", "fast"])
def test_greedy_ids(stories_path, expected, precision):
    model = ondol.Model.load(stories_path, precision=precision, cache_type="f32")
    for case in expected["greedy"]:
        result = model.generate(case["prompt_ids"], max_tokens=case["max_new"])
        assert result.ids == case["out_ids"], case["name"]


def test_numbers(stories, expected):
    row = expected["row_at_position_3"]
    assert relative_rms(stories.logits(row["ids"])[3], row["logits"]) <= 1e-5
    case = expected["nll_first_case_128"]
    assert stories.score(case["ids"]).nll == pytest.approx(case["nll"], abs=1e-4)


def test_prompts_as_text(stories, expected):
    for case in expected["greedy"]:
        if case["prompt"]:
            assert stories.generate(case["prompt"], max_tokens=case["max_new"]).ids == case["out_ids"]
    assert stories.generate([1], max_tokens=5).text.startswith("Once")
