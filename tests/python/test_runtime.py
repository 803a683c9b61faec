import subprocess
import sys
import textwrap

import numpy as np
import pytest

import ondol


def test_the_shared_runtime():
    runtime = ondol.Runtime.shared()
    assert runtime.threads == ondol.default_threads() >= 1
    assert runtime.isa in ("base", "avx2", "avxvnni", "avx512", "avx512vnni", "neon")


def test_options_of_a_runtime(stories_path):
    runtime = ondol.Runtime(threads=1, memory_limit=64_000_000, isa="base")
    assert (runtime.threads, runtime.isa, runtime.memory_limit) == (1, "base", 64_000_000)
    model = ondol.Model.load(stories_path, runtime=runtime)
    assert model.runtime.isa == "base"
    assert 0 < runtime.memory_used <= runtime.memory_peak <= 64_000_000


@pytest.mark.parametrize("options", [{"threads": -1}, {"threads": 100_000}, {"isa": "sse9"}])
def test_wrong_options_of_a_runtime(options):
    with pytest.raises(ondol.Error) as caught:
        ondol.Runtime(**options)
    assert caught.value.code == "invalid_argument"


def test_the_memory_limit_is_an_error(demo_path):
    with pytest.raises(ondol.Error) as caught:
        ondol.Model.load(demo_path, memory_limit=10_000_000)
    assert caught.value.code == "out_of_memory"


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
def test_threads_do_not_change_a_bit(stories_path, threads):
    ids = [1, 403, 407, 261, 378] * 20
    one = ondol.Model.load(stories_path, threads=1).logits(ids)
    assert np.array_equal(one, ondol.Model.load(stories_path, threads=threads).logits(ids))


def run(program, *arguments, **options):
    return subprocess.run([sys.executable, "-c", textwrap.dedent(program), *arguments], capture_output=True, text=True,
                          timeout=120, **options)


def test_nothing_is_written_and_the_exit_is_clean(stories_path):
    done = run("""
        import sys, ondol
        model = ondol.Model.load(sys.argv[1])
        cache = model.new_cache()
        stream = model.generate("Once", max_tokens=20, stream=True, cache=cache)
        next(stream)
        kept = [model, cache, stream, model.tokenizer]
    """, stories_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_fork_can_go_on(stories_path):
    done = run("""
        import os, sys, ondol
        model = ondol.Model.load(sys.argv[1], threads=2)
        before = model.generate("Once", max_tokens=20).ids
        child = os.fork()
        if child == 0:
            os._exit(0 if model.generate("Once", max_tokens=20).ids == before else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        print(model.generate("Once", max_tokens=20).ids == before)
    """, stories_path)
    assert done.stdout.split() == ["0", "True"], done.stderr
