import numpy as np
import pytest

import ondol

from conftest import log_softmax

IDS = [1, 403, 407, 261, 378, 432, 383, 286]


def code(call, *args, **options):
    with pytest.raises(ondol.Error) as caught:
        call(*args, **options)
    return caught.value.code


def test_info(demo, stories):
    info = demo.info
    assert (info.architecture, info.layers, info.hidden_size, info.heads, info.kv_heads, info.head_dim) == (
        "llama", 30, 576, 9, 3, 64)
    assert (info.vocabulary, info.context, info.tied_embeddings) == (49152, 8192, True)
    assert (demo.context, demo.has_tokenizer, demo.has_chat_template) == (8192, True, True)
    assert stories.fingerprint != demo.fingerprint
    assert "134,515,008" in repr(demo)


@pytest.mark.parametrize("options", [{"precision": "exactly"}, {"cache_type": "f8"}, {"isa": "mmx"}, {"threads": -2},
                                     {"context": -1}, {"threads": "two"}, {"memory_limit": -1}, {"contex": 5}])
def test_wrong_load_options(stories_path, options):
    with pytest.raises(ondol.Error, match=next(iter(options))) as caught:
        ondol.Model.load(stories_path, **options)
    assert caught.value.code == "invalid_argument"


def test_an_unknown_option_names_the_nearest(stories_path, stories):
    with pytest.raises(ondol.Error, match='"thread".*"threads"'):
        ondol.Model.load(stories_path, thread=2)
    with pytest.raises(ondol.Error, match='"temprature".*"temperature"'):
        stories.generate("a", temprature=1)


def test_progress_of_a_load(demo_path):
    seen = []
    ondol.Model.load(demo_path, progress=lambda done, total: seen.append((done, total)))
    assert seen and seen[-1][0] == seen[-1][1] >= 90_000_000
    assert seen == sorted(seen)


def test_a_progress_that_raises_ends_the_load(demo_path):
    def fail(done, total):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        ondol.Model.load(demo_path, progress=fail, precision="exact")


def test_logits(stories):
    logits = stories.logits(IDS)
    assert logits.dtype == np.float32 and logits.shape == (8, 512) and logits.flags.owndata is False
    assert np.array_equal(logits, stories.logits(np.array(IDS)))


@pytest.mark.parametrize("ids", [[], [-1], [512], [10**9], [2**70]])
def test_wrong_ids(stories, ids):
    assert code(stories.logits, ids) == "invalid_argument"


def test_too_long_a_prompt_gives_both_counts(stories):
    with pytest.raises(ondol.Error, match="513.*512|512.*513") as caught:
        stories.logits([1] * 513)
    assert caught.value.code == "context_full"


@pytest.mark.parametrize("chunk", [1, 3, 7, 64])
def test_chunks_do_not_change_a_bit(stories, chunk):
    ids = (IDS * 10)[:75]
    cache = stories.new_cache()
    rows = [stories.forward([(cache, ids[i:i + chunk], "all")])[0].logits for i in range(0, len(ids), chunk)]
    assert np.array_equal(np.concatenate(rows), stories.logits(ids))


def test_batch_mates_do_not_change_a_bit(demo):
    sequences = [[504, 2644, 2643], [504], list(range(100, 190))]
    caches = [demo.new_cache() for _ in sequences]
    outputs = demo.forward([ondol.Step(cache, ids, "all") for cache, ids in zip(caches, sequences)])
    for ids, output, cache in zip(sequences, outputs, caches):
        assert np.array_equal(output.logits, demo.logits(ids)) and len(cache) == len(ids)


def test_what_a_step_may_want(stories):
    full = stories.logits(IDS)
    step = lambda *want, **more: stories.forward([ondol.Step(stories.new_cache(), IDS, *want, **more)])[0]
    assert step("none").logits.shape == (0, 512) or step("none").logits.size == 0
    assert np.array_equal(step().logits, full[-1:])
    assert np.array_equal(step([0, 3, 7]).logits, full[[0, 3, 7]])
    hidden = step("none", hidden=True).hidden
    assert hidden.shape == (8, 64)
    assert np.allclose(stories.head(hidden), full, atol=1e-5)
    assert code(step, [8]) == "invalid_argument"
    assert code(step, "first") == "invalid_argument"


def test_steps_that_make_no_sense(stories):
    cache = stories.new_cache()
    assert code(stories.forward, []) == "invalid_argument"
    assert code(stories.forward, [(cache, [])]) == "invalid_argument"
    assert code(stories.forward, [(cache, [1]), (cache, [2])]) == "invalid_argument"
    same = ondol.Step(cache, [1])
    assert code(stories.forward, [same, same]) == "invalid_argument"
    assert len(cache) == 0


def test_a_step_keeps_its_cache_alive(stories):
    step = ondol.Step(stories.new_cache(), IDS)
    assert np.array_equal(stories.forward([step])[0].logits, stories.logits(IDS)[-1:])


def test_t1_next_token_korean(exact):
    ids = exact.tokenizer.encode("오늘 날씨가")
    assert ids == [183, 242, 114, 182, 228, 242, 25947, 220, 250, 183, 238, 118, 181, 125, 218]
    logprobs = log_softmax(exact.logits(ids)[-1])
    best = np.argsort(-logprobs, kind="stable")[:5]
    assert best.tolist() == [18601, 25947, 35792, 216, 48138]
    assert np.exp(logprobs[best]) == pytest.approx([0.63067, 0.16658, 0.04497, 0.04168, 0.03728], rel=1e-3)
    assert [exact.tokenizer.token_bytes(id) for id in best[:3]] == [b" \xec", b" \xeb", b" \xea"]
    assert -(np.exp(logprobs) * logprobs).sum() == pytest.approx(1.5484, abs=1e-3)
    for continuation, score in ((" 좋네요", -21.756), (" 어때요", -24.061), (" 화창해요", -34.935)):
        assert exact.score("오늘 날씨가", continuation).sum == pytest.approx(score, abs=1e-3)
    for continuation, score in ((" 좋네요", -21.632), (" 어때요", -18.548), (" 화창해요", -32.278)):
        assert exact.score([0, *ids], continuation).sum == pytest.approx(score, abs=1e-3)


def test_t2_next_token_english(exact):
    ids = [504, 2644, 2643, 335, 260]
    assert exact.tokenizer.encode("The cat sat on the") == ids
    for prompt, best, likely in (
        (ids, [2644, 6783, 3185, 10908, 2388], [0.07133, 0.04960, 0.03754, 0.02747, 0.02540]),
        ([0, *ids], [1171, 5595, 33172, 2644, 5700], [0.32496, 0.09666, 0.05642, 0.05410, 0.04820]),
    ):
        logprobs = log_softmax(exact.logits(prompt)[-1])
        assert np.argsort(-logprobs, kind="stable")[:5].tolist() == best
        assert np.exp(logprobs[best]) == pytest.approx(likely, rel=1e-3)
    logprobs = log_softmax(exact.logits(ids)[-1])
    assert logprobs[1171] == pytest.approx(-5.30148, abs=1e-3) and (logprobs > logprobs[1171]).sum() == 33
    nll = exact.score("The cat sat on the mat.").nll
    assert nll == pytest.approx([13.98875, 9.01027, 1.0953, 1.72413, 5.30148, 0.9659], abs=1e-3)


def test_t3_the_four_steps(exact):
    ids = exact.tokenizer.encode("The cat sat on the")
    rows = exact.embed(ids)
    assert rows.shape == (5, 576)
    assert rows[0, :4] == pytest.approx([0.109604, 0.017437, -0.094658, 0.082203], abs=1e-6)
    assert rows[1, :4] == pytest.approx([-0.107861, 0.182644, -0.069031, -0.037392], abs=1e-6)
    output = exact.forward([ondol.Step(exact.new_cache(), ids, "last", hidden=True)])[0]
    assert output.hidden[-1, :4] == pytest.approx([-0.651256, 0.408808, 1.396579, 0.439022], abs=1e-3)
    logits = exact.head(output.hidden[-1:])
    assert logits == pytest.approx(output.logits, abs=1e-4)
    assert logits.argmax() == 2644


def test_t19_counts(demo_path, stories_path, demo, stories):
    for path, model, count in ((demo_path, demo, 134_515_008), (stories_path, stories, 260_032)):
        assert ondol.inspect(path).parameters == model.info.parameters == count
        assert ondol.Model.estimate(path).parameters == count


def test_t22_bits_a_weight(demo_path):
    info = ondol.inspect(demo_path)
    assert info.tensor_bytes == 96_576_768 == sum(tensor.bytes for tensor in info.tensors)
    assert 8 * info.tensor_bytes / info.parameters == pytest.approx(5.7437, abs=5e-5)
    assert ondol.Model.estimate(demo_path).file_bytes == 96_576_768
    kinds = [tensor.type for tensor in info.tensors]
    assert (kinds.count("Q4_1"), kinds.count("F32"), kinds.count("Q8_0")) == (210, 61, 1)


def test_inspect_works_without_a_known_architecture(unpacked):
    info = ondol.inspect(unpacked / "vocabs" / "bert-bge.gguf")
    assert {entry.key: entry.value for entry in info.metadata}["general.architecture"].strip('"') == "bert"
    assert info.tensors == []


def test_an_unknown_architecture_is_refused_by_name(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "perceptron"}')
    (tmp_path / "model.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}")
    with pytest.raises(ondol.Error, match="model_type is 'perceptron'") as caught:
        ondol.Model.load(tmp_path)
    assert caught.value.code == "unsupported"


def test_a_file_without_weights_names_what_is_missing(unpacked):
    with pytest.raises(ondol.Error, match="bert") as caught:
        ondol.Model.load(unpacked / "vocabs" / "bert-bge.gguf")
    assert caught.value.code == "bad_file"


def test_a_larger_context_may_be_asked_for(stories_path):
    model = ondol.Model.load(stories_path, context=600)
    assert model.context == 600 and model.logits([1] * 600).shape == (600, 512)
