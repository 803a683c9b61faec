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
    model.path = path
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


@pytest.fixture(scope="module")
def tiny(data):
    models = {}

    def load(name):
        if name not in models:
            models[name] = ondol.Model.load(data / "examples" / name, precision="exact", threads=2)
        return models[name]

    return load


@pytest.fixture(scope="module")
def examples(read_json):
    return read_json("examples/tiny-hf.json")["models"]


def test_a_mask_is_filled_from_both_sides(tiny, examples):
    model = tiny("tiny-bert-mlm")
    for case in examples["tiny-bert-mlm"]["fill_mask"]:
        best = model.fill_mask(case["text"])
        assert [(f.token, f.id) for f in best] == [(token, id) for token, id, _ in case["top5"]]
        assert [f.score for f in best] == pytest.approx([p for _, _, p in case["top5"]], abs=1e-5)
    two = model.fill_mask("the [MASK] sat on the [MASK] .", top_k=2)
    assert [len(best) for best in two] == [2, 2] and two[0][0].token == "cat"


def test_control_tokens_beside_a_mask_are_plain_text(tiny):
    model = tiny("tiny-bert-mlm")
    plain = model.tokenizer.encode("[SEP] the [CLS]", add_special=False)
    assert not any(model.tokenizer.is_special(id) and model.tokenizer.token_text(id) in ("[SEP]", "[CLS]") for id in plain)
    assert model.fill_mask("[SEP] the [MASK] [CLS]")


def test_embeddings_of_an_encoder_are_means(tiny, examples):
    model = tiny("tiny-bert-mlm")
    expected = examples["tiny-bert-mlm"]["mean_pooled_hidden"]
    texts = [expected["text"], "the cat", "warmer floors"]
    vectors = model.embed(texts)
    assert vectors.shape == (3, 32) and vectors.dtype == np.float32
    np.testing.assert_allclose(vectors[0], expected["vector"], atol=1e-5)
    for text, vector in zip(texts, vectors):
        np.testing.assert_array_equal(model.embed(text), vector)


def test_embeddings_of_a_decoder(exact):
    texts = ["The cat sat on the mat.", "A dog slept on the rug.", "Interest rates rose by two percent."]
    v = exact.embed(texts)
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    assert [v[0] @ v[1], v[0] @ v[2], v[1] @ v[2]] == pytest.approx([0.919484, 0.730688, 0.777154], rel=1e-3)


def test_entities(tiny, examples):
    model = tiny("tiny-bert-ner")
    cases = examples["tiny-bert-ner"]["cases"]
    for case, found in zip(cases, model.classify_tokens([case["text"] for case in cases])):
        np.testing.assert_allclose(model.logits(case["ids"]), case["logits"], atol=1e-4)
        assert [(e.label, e.begin, e.end, e.text) for e in found] == [
            (e["type"], e["start"], e["end"], e["text"]) for e in case["entities"]]
        assert [e.score for e in found] == pytest.approx([e["mean_probability"] for e in case["entities"]], abs=1e-4)


def test_sentiment(tiny, examples):
    model = tiny("tiny-bert-sentiment")
    cases = examples["tiny-bert-sentiment"]["cases"]
    for case, labels in zip(cases, model.classify_text([case["text"] for case in cases])):
        assert labels[0].label == case["label"]
        assert labels[0].score == pytest.approx(max(case["probabilities"]), abs=1e-4)
        ids = model.tokenizer.encode(case["text"])
        np.testing.assert_allclose(model.classify(ids), case["logits"], atol=1e-4)


def test_answers(tiny, examples):
    model = tiny("tiny-bert-qa")
    for case in examples["tiny-bert-qa"]["cases"]:
        answer = model.answer(case["question"], case["context"], max_tokens=8)
        assert (answer.text, answer.begin, answer.end) == (case["answer"], case["start"], case["end"])
        assert answer.score == pytest.approx(case["probability"], abs=1e-4)
        several = model.answer(case["question"], case["context"], top_k=3)
        assert len(several) == 3 and several[0].text == case["answer"]
        assert several[0].score >= several[1].score >= several[2].score


def test_rewards_and_ranks(tiny, examples):
    model = tiny("tiny-bert-reward")
    for case in examples["tiny-bert-reward"]["cases"]:
        ratings = model.reward(case["prompt"], case["replies"])
        assert [r.raw for r in ratings] == pytest.approx(case["raw"], abs=1e-4)
        assert [r.score for r in ratings] == pytest.approx(case["score"], abs=1e-4)
        assert [r.index for r in model.rerank(case["prompt"], case["replies"])] == case["ranking"]
        loss = np.log1p(np.exp(ratings[-1].raw - ratings[0].raw))
        assert loss == pytest.approx(case["pair_loss_first_vs_last"], abs=1e-6)
        assert model.reward(case["prompt"], case["replies"][0]).raw == ratings[0].raw


def test_threads_do_not_change_a_bit(data):
    ids = list(range(2, 60))
    models = [ondol.Model.load(data / "oracles" / "modernbert", threads=threads) for threads in (1, 2)]
    np.testing.assert_array_equal(models[0].hidden(ids), models[1].hidden(ids))


@pytest.mark.parametrize("call, code, match", [
    (lambda m: m.hidden([]), "invalid_argument", "no tokens"),
    (lambda m: m.hidden([5, 104]), "invalid_argument", "token 104 at index 1"),
    (lambda m: m.hidden([5, 6], token_type_ids=[0, 2]), "invalid_argument", "type 2 at index 1, expected 0 .. 1"),
    (lambda m: m.hidden([5, 6], token_type_ids=[0, -1]), "invalid_argument", "type -1"),
    (lambda m: m.hidden([5, 6], token_type_ids=[0]), "invalid_argument", "1 types for 2 tokens"),
    (lambda m: m.hidden([5] * 65), "context_full", "65 tokens, the model reads 64"),
    (lambda m: m.embed(["the " * 70]), "context_full", "72 tokens, the model embeds 64"),
    (lambda m: m.embed(["the"], prompt_name="query"), "invalid_argument", "no prompt 'query'"),
    (lambda m: m.classify([5, 6]), "unsupported", "no head for classes.*'language'"),
    (lambda m: m.span_logits([5, 6]), "unsupported", "no head for answers"),
    (lambda m: m.classify_tokens("the cat"), "unsupported", "no head for labels"),
    (lambda m: m.rerank("the", ["cat"]), "unsupported", "no head for classes"),
    (lambda m: m.fill_mask("the cat"), "invalid_argument", r"no \[MASK\]"),
    (lambda m: m.generate("the cat"), "unsupported", "bert is an encoder.*fill_mask, embed, classify"),
    (lambda m: m.new_cache([5]), "unsupported", "no encoder-decoder"),
])
def test_errors_name_what_is_wrong(tiny, call, code, match):
    with pytest.raises(ondol.Error, match=match) as caught:
        call(tiny("tiny-bert-mlm"))
    assert caught.value.code == code


def test_texts_are_cut_only_if_asked_for(tiny):
    model = tiny("tiny-bert-mlm")
    cut = model.embed(["the " * 70], truncate=True)[0]
    np.testing.assert_array_equal(cut, model.embed("the " * 62))


def test_a_model_without_a_head_says_so(data):
    model = ondol.Model.load(data / "oracles" / "bert")
    with pytest.raises(ondol.Error, match="no head for logits of tokens; its head is 'none'"):
        model.logits([1, 2])
    assert model.info.kind == "encoder" and model.info.head == "none"


def test_positions_begin_behind_the_padding_token(data):
    model = ondol.Model.load(data / "oracles" / "roberta")
    assert model.context == 126
    with pytest.raises(ondol.Error, match="127 tokens, the model reads 126"):
        model.hidden([5] * 127)


def test_memory_is_limited(data):
    model = ondol.Model.load(data / "oracles" / "modernbert", memory_limit=1_300_000, context=4096)
    short = model.hidden([5] * 8)
    with pytest.raises(ondol.Error) as caught:
        model.hidden([5] * 4096)
    assert caught.value.code == "out_of_memory"
    np.testing.assert_array_equal(model.hidden([5] * 8), short)


def test_gguf_and_back(oracle, tmp_path):
    folder, model, expected, _ = oracle
    case = next(case for case in expected["cases"] if case["name"] == "long")
    [(_, ids, types)] = texts(case)
    output = "hidden" if folder in HIDDEN else "logits" if folder in LOGITS else "classes" if folder in CLASSES else "spans"
    source = model.path
    ondol.convert(source, tmp_path / "model.gguf")
    ondol.convert(tmp_path / "model.gguf", tmp_path / "back")
    whole = model.read([ids], output, [types])[0]
    for path in (tmp_path / "model.gguf", tmp_path / "back"):
        again = ondol.Model.load(path, precision="exact", cache_type="f32")
        near(again.read([ids], output, [types])[0], whole, expected, path.name)
        assert (again.info.labels, again.info.head) == (model.info.labels, model.info.head)


@pytest.mark.parametrize("folder, architecture", [("bert", "bert"), ("roberta", "bert"), ("modernbert", "modern-bert"),
                                                  ("nomic_bert", "nomic-bert"), ("albert", "ondol.albert")])
def test_keys_that_llama_cpp_knows(folder, architecture, data, tmp_path):
    ondol.convert(data / "oracles" / folder, tmp_path / "model.gguf")
    entries = {entry.key: entry.value for entry in ondol.inspect(tmp_path / "model.gguf").metadata}
    assert entries["general.architecture"] == architecture


def test_reading_can_be_interrupted(data):
    """A callback that raises ends the call, and the model goes on as before."""
    model = ondol.Model.load(data / "examples" / "tiny-bert-mlm")
    texts = ["the cat sat on the mat ."] * 40_000
    before = model.embed(texts[:1])

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.embed(texts, progress=stop)
    np.testing.assert_array_equal(model.embed(texts[:1]), before)
