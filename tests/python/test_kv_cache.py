import copy
import threading

import numpy as np
import pytest

import ondol

IDS = [1, 403, 407, 261, 378, 432, 383, 286]


def last(model, cache, ids):
    return model.forward([(cache, ids)])[0].logits


def test_length_truncate_clear(stories):
    cache = stories.new_cache()
    assert len(cache) == cache.length == 0 and cache and cache.context == 512 and cache.type == "f32"
    last(stories, cache, IDS)
    assert len(cache) == len(IDS) and cache.bytes > 0
    cache.truncate(3)
    assert np.array_equal(last(stories, cache, IDS[3:]), stories.logits(IDS)[-1:])
    cache.clear()
    assert len(cache) == 0
    with pytest.raises(ondol.Error) as caught:
        cache.truncate(1)
    assert caught.value.code == "invalid_argument"


def test_forks_go_their_own_ways(stories):
    trunk = stories.new_cache()
    last(stories, trunk, IDS[:5])
    for branch in (trunk.fork(), copy.copy(trunk), copy.deepcopy(trunk)):
        last(stories, branch, [7, 8, 9])
        assert len(branch) == 8 and len(trunk) == 5
    assert np.array_equal(last(stories, trunk, IDS[5:]), stories.logits(IDS)[-1:])


def test_save_and_load(stories, tmp_path):
    path = tmp_path / "캐시.ondol"
    cache = stories.new_cache()
    last(stories, cache, IDS[:5])
    cache.save(path)
    again = stories.new_cache()
    again.load(path)
    assert len(again) == 5
    assert np.array_equal(last(stories, again, IDS[5:]), last(stories, cache, IDS[5:]))


def test_a_damaged_file_changes_nothing(stories, tmp_path):
    path = tmp_path / "cache"
    cache = stories.new_cache()
    last(stories, cache, IDS)
    cache.save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ondol.Error, match=str(path)) as caught:
        cache.load(path)
    assert caught.value.code == "bad_file" and len(cache) == len(IDS)


def test_a_cache_of_another_model_is_refused(stories, data, tmp_path):
    other = ondol.Model.load(data / "quantised" / "tiny-F32.gguf")
    cache = stories.new_cache()
    last(stories, cache, IDS)
    cache.save(tmp_path / "cache")
    with pytest.raises(ondol.Error) as caught:
        other.new_cache().load(tmp_path / "cache")
    assert caught.value.code == "mismatch"
    with pytest.raises(ondol.Error):
        other.forward([(cache, [1])])
    assert len(cache) == len(IDS)


def test_a_cache_outlives_its_model(stories_path):
    model = ondol.Model.load(stories_path)
    cache = model.new_cache()
    last(model, cache, IDS)
    del model
    assert len(cache.fork()) == len(IDS)


def test_two_threads_on_one_cache_get_an_error_not_a_crash(demo):
    cache, codes = demo.new_cache(), []

    def work():
        for _ in range(20):
            try:
                last(demo, cache, [1, 2, 3])
            except ondol.Error as error:
                codes.append(error.code)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {"busy"} and len(cache) == 3 * (60 - len(codes))


def test_t21_bytes_of_positions(demo_path, demo):
    """2 x layers x kv heads x head dim x positions x bytes, up to the block size."""
    for kind, per_position in (("f16", 23040), ("f32", 46080), ("bf16", 23040)):
        model = ondol.Model.load(demo_path, cache_type=kind)
        cache = model.new_cache()
        model.forward([(cache, np.arange(200), "none")])
        assert 200 * per_position <= cache.bytes <= (200 + 64) * per_position
    for kind, full in (("f16", 188_743_680), ("f32", 377_487_360), ("q8_0", 100_270_080)):
        assert ondol.Model.estimate(demo_path, cache_type=kind, context=8192).cache_bytes == full
