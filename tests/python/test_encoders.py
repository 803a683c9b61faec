"""Encoders and their heads against transformers' numbers: data/oracles, and the tiny trained folders of data/examples."""

import numpy as np
import pytest

import ondol
from test_oracles import CONFIGS, model_folder, tolerance

HIDDEN = """bert roberta albert distilbert modernbert electra mpnet deberta_v2 nomic_bert embedding_gemma
            qwen3_embedding""".split()
LOGITS = "bert_mlm modernbert_mlm roberta_ner".split()
CLASSES = "bert_reranker xlm_roberta_classifier reward_llama".split()
SPANS = "bert_qa".split()


@pytest.fixture(scope="module", params=[(f, c) for f in HIDDEN + LOGITS + CLASSES + SPANS for c in CONFIGS],
                ids=lambda p: f"{p[0]}-{p[1][:-5]}")
def oracle(request, data, read_json, tmp_path_factory):
    folder, config = request.param
    source = data / "oracles" / folder
    if not (source / config).exists():
        config = "config.json"
    path = model_folder(source, config, tmp_path_factory.mktemp("oracle"))
    model = ondol.Model.load(path, precision="exact", cache_type="f32", threads=2)
    return folder, model, read_json(f"oracles/{folder}/expected.json"), np.load(source / "expected.npz")


def texts(case):
    """Each row of a case without its padding: (row, ids, types)."""
    inputs = case["inputs"]
    for row, (ids, mask) in enumerate(zip(inputs["input_ids"], inputs["attention_mask"])):
        n = sum(mask)
        types = inputs.get("token_type_ids")
        yield row, ids[:n], types and types[row][:n]


def near(x, e, expected, what):
    np.testing.assert_allclose(x, e, rtol=0, atol=tolerance(expected), err_msg=what)


def test_numbers(oracle):
    folder, model, expected, arrays = oracle
    for case in expected["cases"]:
        name = case["name"]
        for row, ids, types in texts(case):
            what = f"{name}[{row}]"
            if folder in HIDDEN:
                near(model.hidden(ids, token_type_ids=types), arrays[f"{name}.last_hidden_state"][row][: len(ids)],
                     expected, what)
            elif folder in LOGITS:
                near(model.logits(ids, token_type_ids=types), arrays[f"{name}.logits"][row][: len(ids)], expected, what)
            elif folder in CLASSES:
                near(model.classify(ids, token_type_ids=types), arrays[f"{name}.logits"][row], expected, what)
            else:
                start, end = model.span_logits(ids, token_type_ids=types)
                near(start, arrays[f"{name}.start_logits"][row][: len(ids)], expected, what)
                near(end, arrays[f"{name}.end_logits"][row][: len(ids)], expected, what)


def test_a_batch_gives_what_single_texts_give(oracle):
    folder, model, expected, _ = oracle
    output = "hidden" if folder in HIDDEN else "logits" if folder in LOGITS else "classes" if folder in CLASSES else "spans"
    all_texts = [text for case in expected["cases"] for text in texts(case)]
    together = model.read([ids for _, ids, _ in all_texts], output, [types for _, _, types in all_texts])
    for (_, ids, types), array in zip(all_texts, together):
        np.testing.assert_array_equal(model.read([ids], output, [types])[0], array)
