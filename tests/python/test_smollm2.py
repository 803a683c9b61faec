"""A real model against transformers' numbers: data/smollm2, README-numbers.md."""

import numpy as np
import pytest

import ondol

from conftest import log_softmax, relative_rms


@pytest.fixture(scope="module")
def expected(read_json):
    return read_json("smollm2/expected.json")


@pytest.fixture(scope="module")
def exact_logits(exact, expected):
    return exact.logits(expected["nll"]["ids"])


@pytest.fixture(scope="module")
def fast_logits(demo, expected):
    return demo.logits(expected["nll"]["ids"])


def test_prompt_ids(demo, expected, data):
    for case in expected["tokens"]:
        assert demo.tokenizer.encode(case["text"], parse_special=True) == case["ids"]
    chat = expected["chat"]
    rendered = demo.chat_template.render_marked(chat["messages"], add_generation_prompt=chat["add_generation_prompt"])
    assert rendered.text == chat["rendered"]
    assert demo.tokenizer.encode(rendered.text, add_special=False, parse_special=True,
                                 plain=rendered.content) == chat["ids"]
    for case in expected["greedy"]:
        assert demo.tokenizer.encode(case["prompt"], add_special=False, parse_special=True) == case["prompt_ids"]
    text = (data / "smollm2" / expected["nll"]["text_file"]).read_text(encoding="utf-8")
    assert demo.tokenizer.encode(text) == expected["nll"]["ids"]


def test_exact_rows(exact, exact_logits, expected, data):
    folder = data / "smollm2"
    rows = []
    for row in expected["full_rows"]:
        logits = exact_logits if row["context"] == "text.txt" else exact.logits(exact.tokenizer.encode(row["context"]))
        rows.append((logits[row["position"]], np.load(folder / row["file"]).reshape(-1)))
    assert relative_rms(*map(np.stack, zip(*rows))) <= 2e-5


def test_exact_best_fifty(exact, exact_logits, expected):
    chat = expected["chat"]["ids"]
    for row in expected["rows"]:
        context = row["context"]
        ids = chat if context == "chat" else exact.tokenizer.encode(context)
        logits = exact_logits if context == "text.txt" else exact.logits(ids)
        values = np.float64(logits[row["position"]])
        assert values[row["top50_ids"]] == pytest.approx(row["top50_logits"], abs=1e-3)
        assert (values.mean(), values.std()) == pytest.approx((row["mean"], row["std"]), abs=1e-3)


def test_exact_hidden_states(exact, expected, data):
    hidden = expected["hidden_after_final_norm"]
    step = ondol.Step(exact.new_cache(), hidden["ids"], "none", hidden=True)
    states = exact.forward([step])[0].hidden
    wanted = np.load(data / "smollm2" / hidden["file"])
    assert np.sqrt(np.mean((states - wanted) ** 2) / np.mean(wanted**2)) <= 2e-5


def test_exact_likelihoods(exact, expected):
    nll = exact.score(expected["nll"]["ids"]).nll
    assert np.mean(nll) == pytest.approx(expected["nll"]["mean_float64"], abs=1e-5)
    assert nll == pytest.approx(expected["nll"]["nll_of_ids_from_1"], abs=1e-3)


def test_exact_greedy_lists(exact, expected):
    assert len(expected["greedy"]) == 14
    for case in expected["greedy"]:
        result = exact.generate(case["prompt_ids"], max_tokens=case["max_new"])
        assert result.ids == case["out_ids"], case["name"]
        assert result.finish == ("eos" if case["stopped"] == "eos" else "length"), case["name"]


def test_fast_is_near_exact(fast_logits, exact_logits, expected):
    assert relative_rms(fast_logits, exact_logits) <= 0.035
    assert (fast_logits.argmax(axis=1) == exact_logits.argmax(axis=1)).mean() >= 0.95
    ids = np.array(expected["nll"]["ids"])
    nll = -log_softmax(fast_logits)[np.arange(len(ids) - 1), ids[1:]]
    assert nll.mean() == pytest.approx(expected["nll"]["mean"], abs=0.02)


def test_fast_first_choices_at_large_margins(demo, expected):
    steps = 0
    for case in expected["greedy"]:
        logits = demo.logits(case["prompt_ids"] + case["out_ids"])[len(case["prompt_ids"]) - 1:]
        for row, id, margin in zip(logits, case["out_ids"], case["margins"]):
            if margin > 0.5:
                assert row.argmax() == id, case["name"]
                steps += 1
    assert steps > 100


def test_the_capital_of_france(demo):
    assert demo.chat([{"role": "user", "content": "What is the capital of France?"}]).text == (
        "The capital of France is Paris.")
