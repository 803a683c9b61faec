"""Ctrl-C, and other threads while the library computes."""

import asyncio
import os
import signal
import threading
import time

import pytest

import ondol


@pytest.fixture
def ctrl_c():
    """Sends SIGINT to this process after so many seconds; gives how long after it the call ended."""
    timers = []

    def press(after, call):
        pressed = []

        def send():
            pressed.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        timers.append(threading.Timer(after, send))
        timers[-1].start()
        with pytest.raises(KeyboardInterrupt):
            call()
        return time.perf_counter() - pressed[0]

    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield press
    for timer in timers:
        timer.cancel()
        timer.join()
    signal.signal(signal.SIGINT, previous)


LONG = list(range(100, 8000))


def test_ctrl_c_in_the_prefill(demo, ctrl_c):
    cache = demo.new_cache()
    assert ctrl_c(0.3, lambda: demo.generate(LONG, cache=cache)) < 1
    assert len(cache) < len(LONG)
    assert demo.chat([{"role": "user", "content": "What is the capital of France?"}]).text == (
        "The capital of France is Paris.")


def test_ctrl_c_in_forward_leaves_the_cache_whole(demo, ctrl_c):
    cache = demo.new_cache()
    assert ctrl_c(0.5, lambda: demo.forward([(cache, LONG)])) < 1
    kept = len(cache)
    assert kept < len(LONG)
    cache.truncate(min(kept, 40))
    demo.forward([(cache, LONG[len(cache):41])])


def test_ctrl_c_in_the_decode(demo, ctrl_c):
    assert ctrl_c(0.5, lambda: demo.generate("Once", ignore_eos=True, max_tokens=8000)) < 1


def test_ctrl_c_in_a_stream(demo, ctrl_c):
    stream = demo.generate("Once", ignore_eos=True, stream=True)

    def read():
        for _ in stream:
            pass

    assert ctrl_c(0.5, read) < 1
    assert stream.result.ids and stream.result.finish in ("cancelled", "none")
    stream.close()
    assert stream.result.finish == "cancelled"


def test_ctrl_c_in_score_batch_and_logits(demo, ctrl_c):
    for call in (lambda: demo.score(LONG), lambda: demo.logits(LONG[:2000]),
                 lambda: demo.generate_batch([LONG, LONG[:500]], max_tokens=500)):
        assert ctrl_c(0.3, call) < 1


def test_cancel_from_another_thread(demo):
    stream = demo.generate(LONG, stream=True)
    threading.Timer(0.2, stream.cancel).start()
    begin = time.perf_counter()
    assert list(stream) == [] or stream.result.finish == "cancelled"
    assert time.perf_counter() - begin < 1.5
    assert stream.result.finish == "cancelled"


def test_a_signal_handler_that_does_not_raise_changes_nothing(demo):
    seen = []
    previous = signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))
    try:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        result = demo.generate(LONG[:1500], max_tokens=2, ignore_eos=True)
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert seen and len(result.ids) == 2


def test_the_gil_is_free_in_a_prefill(demo):
    gaps, done = [], threading.Event()

    def beat():
        last = time.perf_counter()
        while not done.is_set():
            time.sleep(0.01)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    heart = threading.Thread(target=beat)
    heart.start()
    demo.logits(LONG[:600])
    demo.tokenizer.encode("온돌은 따뜻하다. " * 30_000)
    done.set()
    heart.join()
    assert len(gaps) > 20 and sorted(gaps)[len(gaps) * 9 // 10] < 0.05


def test_the_event_loop_goes_on(demo):
    gaps = []

    async def beat():
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.01)
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()

    async def main():
        heart = asyncio.create_task(beat())
        async for _ in demo.generate(LONG[:1000], max_tokens=8, stream=True):
            pass
        heart.cancel()

    asyncio.run(main())
    assert len(gaps) > 20 and sorted(gaps)[len(gaps) * 9 // 10] < 0.05


def test_eight_threads_on_one_model(stories):
    expected = stories.generate("Once", max_tokens=40).ids
    results = []
    threads = [threading.Thread(target=lambda: results.append(stories.generate("Once", max_tokens=40).ids))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


def test_two_threads_on_one_stream(stories):
    stream, codes = stories.generate([1], max_tokens=400, stream=True), []

    def read():
        try:
            for _ in stream:
                pass
        except ondol.Error as error:
            codes.append(error.code)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {"busy"}
