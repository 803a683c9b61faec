import asyncio

import numpy as np
import pytest

import ondol
from ondol import Greedy, Temperature, TopK

from gguf_from_hf import convert

CHAT_PROMPT = [{"role": "user", "content": "What is the capital of France?"}]


def code(call, *args, **options):
    with pytest.raises(ondol.Error) as caught:
        call(*args, **options)
    return caught.value.code


def test_t6_eos_length_and_beyond(exact):
    ids = [504, 3575, 282, 4649, 314, 7042, 30, 2]
    result = exact.chat(CHAT_PROMPT)
    assert (result.ids, result.text, result.finish) == (ids, "The capital of France is Paris.", "eos")
    assert str(result) == result.text
    short = exact.chat(CHAT_PROMPT, max_tokens=3)
    assert (short.ids, short.finish) == (ids[:3], "length")
    beyond = exact.chat(CHAT_PROMPT, max_tokens=12, ignore_eos=True)
    assert beyond.ids[:8] == ids and len(beyond.ids) == 12 and beyond.finish == "length"


def test_timings(demo):
    t = demo.generate("The cat sat on the", max_tokens=5, ignore_eos=True).timings
    assert (t.prompt_tokens, t.cached_tokens, t.dropped_tokens, t.generated_tokens) == (5, 0, 0, 5)
    assert 0 < t.prefill_seconds <= t.first_piece_seconds and t.decode_seconds > 0
    assert t.prompt_tokens_per_second == pytest.approx(5 / t.prefill_seconds)
    assert t.generated_tokens_per_second == pytest.approx(4 / t.decode_seconds)


def test_text_ids_and_arrays_are_the_same_prompt(stories):
    text = "Once upon a time"
    ids = stories.tokenizer.encode(text)
    results = [stories.generate(prompt, max_tokens=10).ids for prompt in (text, text.encode(), ids, np.array(ids))]
    assert results == [results[0]] * 4


def test_a_stream_gives_what_the_whole_gives(stories):
    whole = stories.generate("Once", max_tokens=60)
    stream = stories.generate("Once", max_tokens=60, stream=True)
    pieces = list(stream)
    assert "".join(pieces) == whole.text == stream.result.text
    assert [token.id for piece in pieces for token in piece.tokens] == whole.ids == stream.result.ids
    assert all(isinstance(piece, str) and piece.text == piece for piece in pieces)
    assert next(stream, None) is None
    assert stream.finish().finish == whole.finish


def test_korean_streams_in_whole_letters(demo):
    messages = [{"role": "user", "content": "Repeat after me: 온돌은 따뜻합니다. 한국의 전통 난방 방식입니다."}]
    stream = demo.chat(messages, stream=True, max_tokens=60)
    pieces = list(stream)
    assert "".join(pieces) == stream.result.text
    for piece in pieces:
        piece.encode("utf-8", "strict")
    written = demo.tokenizer.decode_bytes(stream.result.ids, skip_special=True)
    assert stream.result.text == written.decode("utf-8", "replace")


def test_half_a_letter_is_kept_back(demo):
    ids = demo.tokenizer.encode("온돌")
    assert len(ids) > 2
    biased = demo.generate("x", max_tokens=1, logit_bias={ids[0]: 1000.0}, stream=True)
    pieces = list(biased)
    assert biased.result.ids == ids[:1] and "".join(pieces) == biased.result.text == "\ufffd"


def test_seeds(stories):
    options = dict(max_tokens=40, temperature=1.0)
    assert stories.generate([1], seed=3, **options).ids == stories.generate([1], seed=3, **options).ids
    results = [stories.generate([1], seed=seed, **options) for seed in range(20)]
    assert [result.seed for result in results] == list(range(20))
    assert len({result.text for result in results}) >= 18
    free = stories.generate([1], **options)
    assert stories.generate([1], seed=free.seed, **options).ids == free.ids


def test_batch_is_what_each_gives_alone(stories):
    prompts = ["Once upon a time", [1, 403], "The", "Tim and Mia went to the zoo."]
    options = dict(max_tokens=30, temperature=0.8, top_k=20)
    together = stories.generate_batch(prompts, seed=7, **options)
    alone = [stories.generate(prompt, seed=7 + i, **options) for i, prompt in enumerate(prompts)]
    assert [r.ids for r in together] == [r.ids for r in alone]
    assert [r.text for r in together] == [r.text for r in alone]


def test_stop_strings(stories):
    whole = stories.generate([1], max_tokens=60).text
    stop = whole[20:24]
    for stops in (stop, [stop], [stop, "never found"]):
        stream = stories.generate([1], max_tokens=60, stop=stops, stream=True)
        assert "".join(stream) == stream.result.text == whole[:whole.index(stop)]
        assert (stream.result.finish, stream.result.stop) == ("stop", stop)
    kept = stories.generate([1], max_tokens=60, stop=stop, include_stop=True)
    assert kept.text == whole[:whole.index(stop) + len(stop)]


def test_t14_and_t16_stop_strings(exact):
    assert exact.generate("독수리:Eagle // 쌍둥이:Twin // 거인:", stop=" // ", max_tokens=20).text == "Twin"


def test_stop_ids_and_min_tokens(stories):
    ids = stories.generate([1], max_tokens=20).ids
    stopped = stories.generate([1], max_tokens=20, stop_ids=[ids[4]])
    assert stopped.ids == ids[:ids.index(ids[4]) + 1] and (stopped.finish, stopped.stop) == ("stop", "")
    assert len(stories.generate([1], max_tokens=20, stop_ids=ids, min_tokens=6).ids) > 5


def test_logprobs(exact):
    result = exact.generate("오늘 날씨가", max_tokens=2, logprobs=5)
    first = result.tokens[0]
    assert [candidate.id for candidate in first.top] == [18601, 25947, 35792, 216, 48138]
    assert (first.id, first.bytes) == (18601, b" \xec") and first.logprob == first.top[0].logprob
    assert np.exp(first.logprob) == pytest.approx(0.63067, rel=1e-3)
    assert first.entropy == pytest.approx(1.5484, abs=1e-3)
    assert exact.generate("a", max_tokens=1).tokens[0].top == []


def test_a_cache_is_advanced(stories):
    ids = stories.tokenizer.encode("Once upon a time")
    whole = stories.generate(ids, max_tokens=30)
    cache = stories.new_cache()
    first = stories.generate(ids, max_tokens=10, cache=cache)
    assert len(cache) == len(ids) + 9
    second = stories.generate(first.ids[-1:], max_tokens=20, cache=cache)
    assert first.ids + second.ids == whole.ids
    assert second.timings.prompt_tokens - second.timings.cached_tokens == 1


def test_a_cache_is_advanced_by_a_stream(stories):
    cache = stories.new_cache()
    stream = stories.generate([1], max_tokens=10, cache=cache, stream=True)
    next(stream)
    stream.close()
    assert stream.result.finish == "cancelled" and len(cache) == len(stream.result.ids)


def test_t31_splice(exact):
    tokenizer = exact.tokenizer
    before = tokenizer.encode("Q: 오늘 서울 날씨는?\nA: <SEARCH_START>오늘 서울 날씨<SEARCH_END>")
    added = tokenizer.encode("\n[RESULT] 맑음, 22도 [/RESULT]\nA:")
    assert len(added) == 25 and len(before) + len(added) == 82
    cache = exact.new_cache()
    exact.forward([(cache, before, "none")])
    spliced = exact.forward([(cache, added)])[0].logits
    assert np.array_equal(spliced, exact.logits(before + added)[-1:])
    result = exact.generate(before + added, max_tokens=1, logprobs=5)
    assert [c.id for c in result.tokens[0].top] == [18601, 933, 216, 2067, 25947]
    assert [c.logprob for c in result.tokens[0].top] == pytest.approx(
        [-1.6688, -1.8544, -1.8864, -2.2481, -3.5512], abs=1e-3)


def test_an_ordered_chain(stories):
    options = dict(max_tokens=20, seed=5)
    chain = stories.generate([1], sampler=[Temperature(0.8), TopK(20)], **options)
    assert chain.ids == stories.generate([1], temperature=0.8, top_k=20, **options).ids
    assert chain.ids == stories.generate([1], sampler=ondol.Sampler([Temperature(0.8), TopK(20)]), **options).ids
    assert stories.generate([1], sampler=[Greedy()], max_tokens=9).ids == stories.generate([1], max_tokens=9).ids
    assert code(stories.generate, [1], sampler=[Greedy()], temperature=1.0) == "invalid_argument"
    assert code(stories.generate, [1], sampler=["greedy"]) == "invalid_argument"


def test_banned_and_biased(stories):
    first = stories.generate([1], max_tokens=1).ids[0]
    assert stories.generate([1], max_tokens=1, banned_tokens=[first]).ids[0] != first
    assert stories.generate([1], max_tokens=3, logit_bias={300: 1e4}).ids == [300] * 3


@pytest.mark.parametrize("options", [
    {"temperature": float("nan")}, {"temperature": -1}, {"temperature": "hot"}, {"top_p": 2}, {"max_tokens": -1},
    {"seed": -1}, {"seed": "a"}, {"logit_bias": {-1: 1}}, {"logit_bias": {9999: 1}}, {"banned_tokens": [512]},
    {"stop": [3]}, {"stop_ids": [-5]}, {"typical": 0}, {"min_p": -0.1}, {"repetition_penalty": 0},
])
def test_wrong_options(stories, options):
    assert code(stories.generate, [1], **{"max_tokens": 2, **options}) == "invalid_argument"


@pytest.mark.parametrize("prompt, expected", [([], "invalid_argument"), ([-1], "invalid_argument"),
                                              ([512], "invalid_argument"), ([1] * 513, "context_full")])
def test_wrong_prompts(stories, prompt, expected):
    assert code(stories.generate, prompt) == expected


def test_a_file_without_vocabulary_computes(tmp_path, data):
    path = convert(data / "oracles" / "llama", tmp_path / "no-words.gguf")
    model = ondol.Model.load(path)
    assert len(model.generate([13], max_tokens=4).ids) == 4
    for call in (lambda: model.generate("text"), lambda: model.tokenizer, lambda: model.score("text")):
        assert code(call) == "no_vocabulary"
    assert code(model.chat, CHAT_PROMPT) in ("no_vocabulary", "no_chat_template")


def test_async_streams_interleave(stories):
    async def read(prompt):
        stream = stories.generate(prompt, max_tokens=20, stream=True)
        return "".join([piece async for piece in stream]), stream.result

    async def both():
        return await asyncio.gather(read("Once"), read("The"))

    for (text, result), prompt in zip(asyncio.run(both()), ("Once", "The")):
        assert text == result.text == stories.generate(prompt, max_tokens=20).text


def test_a_cancelled_task_ends_its_reply(demo):
    stream = demo.generate([504], stream=True, ignore_eos=True)

    async def read():
        async for _ in stream:
            pass

    async def cancel():
        task = asyncio.create_task(read())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert stream.result.finish == "cancelled" and stream.result.ids


def test_score(stories):
    score = stories.score("Once upon a time")
    assert score.ids == [1, 403, 407, 261, 378] and len(score.nll) == 4
    assert score.sum == pytest.approx(-sum(score.nll)) and score.perplexity == pytest.approx(np.exp(sum(score.nll) / 4))
    parts = stories.score("Once upon", " a time")
    assert len(parts.nll) == 2 or len(parts.nll) == len(stories.tokenizer.encode(" a time", add_special=False))
    assert code(stories.score, []) == "invalid_argument"


@pytest.mark.parametrize("text, total, perplexity", [
    ("The cat sat on the mat.", -32.0858, 210.112), ("The mat sat on the cat.", -42.8344, 1260.253),
    ("cat the on mat sat The.", -54.5375, 8862.543), ("오늘 날씨가 좋네요.", -68.4090, 17.294)])
def test_t27_perplexity(exact, text, total, perplexity):
    score = exact.score(text)
    assert score.sum == pytest.approx(total, abs=1e-3) and score.perplexity == pytest.approx(perplexity, rel=1e-3)
