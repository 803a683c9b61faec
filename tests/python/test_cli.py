import json
import os
import pty
import subprocess
import sys

import pytest

import ondol

FRANCE = "What is the capital of France?"
PARIS = "The capital of France is Paris."


def run(*arguments, stdin=b"", environment=None):
    return subprocess.run([sys.executable, "-m", "ondol", *map(str, arguments)], input=stdin, capture_output=True,
                          timeout=300, env={**os.environ, **(environment or {})})


@pytest.fixture(scope="module")
def cache(demo_path, tmp_path_factory):
    """An environment in which the demo model is there."""
    folder = tmp_path_factory.mktemp("cache")
    os.symlink(demo_path, folder / "SmolLM2-135M-Instruct.Q4_1.gguf")
    return {"ONDOL_CACHE": str(folder)}


def test_generate_chat_with_the_demo_model(cache):
    done = run("generate", "--chat", FRANCE, environment=cache)
    assert (done.returncode, done.stdout.decode()) == (0, PARIS + "\n"), done.stderr
    assert "SmolLM2-135M-Instruct.Q4_1.gguf" in done.stderr.decode() and b"\x1b" not in done.stderr


def test_generate_from_a_pipe(demo_path):
    done = run("generate", "-m", demo_path, "--chat", stdin=FRANCE.encode())
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, PARIS + "\n", b"")


def test_generate_with_a_template_of_the_callers_choice(stories_path, tmp_path):
    def reply(template, *more):
        return run("generate", "-m", stories_path, "--chat", "Once upon a time", "-n", 8, "--template", template, *more)

    plain = tmp_path / "plain.jinja"
    plain.write_text("{% for m in messages %}{{ m.content }}{% endfor %}")
    expected = run("generate", "-m", stories_path, "Once upon a time", "-n", 8)
    assert reply(plain).stdout == expected.stdout != b""
    assert reply("korean-dialogue", "--system", "짧게").returncode == 0
    unknown = reply("korean-dialog")
    assert unknown.returncode == 2 and b"korean-dialogue" in unknown.stderr
    assert run("generate", "-m", stories_path, "x", "--template", "alpaca").returncode == 2


def test_generate_json(demo_path):
    done = run("generate", "--model", demo_path, "--chat", FRANCE, "--max-tokens", 3, "--logprobs", 2, "--json")
    result = json.loads(done.stdout)
    assert result["ids"] == [504, 3575, 282] and result["finish"] == "length"
    assert [len(token["top"]) for token in result["tokens"]] == [2, 2, 2]
    assert bytes(result["tokens"][0]["bytes"]) == b"The" and result["timings"]["prompt_tokens"] == 37


def test_generate_options(stories_path):
    arguments = ("generate", "-m", stories_path, "Once", "--max-tokens", 30, "--temperature", 0.8, "--top-k", 20,
                 "--seed", 4)
    model = ondol.Model.load(stories_path)
    expected = model.generate("Once", max_tokens=30, temperature=0.8, top_k=20, seed=4).text
    assert run(*arguments).stdout.decode().rstrip("\n") == expected.rstrip("\n")
    stopped = run(*arguments, "--stop", expected[10:13]).stdout.decode()
    assert stopped.rstrip("\n") == expected[:expected.index(expected[10:13])].rstrip("\n")


@pytest.mark.parametrize("arguments, text", [
    (("generate", "-m", "/nowhere.gguf", "x"), "/nowhere.gguf"),
    (("inspect", "/nowhere.gguf"), "/nowhere.gguf"),
    (("tokenize", "-m", "/nowhere.gguf", "x"), "/nowhere.gguf"),
    (("bench", "/nowhere.gguf"), "/nowhere.gguf"),
])
def test_an_error_is_one_line(arguments, text):
    done = run(*arguments)
    assert done.returncode == 1 and done.stdout == b""
    assert done.stderr.decode().startswith("ondol: ") and done.stderr.count(b"\n") == 1 and text in done.stderr.decode()


def test_wrong_usage():
    assert run("generate", "--no-such-option").returncode == 2
    assert run("nonsense").returncode == 2


def test_help_and_version():
    assert run("--version").stdout.decode().strip() == f"ondol {ondol.__version__}"
    text = run("--help").stdout.decode()
    assert all(command in text for command in ("generate", "chat", "tokenize", "inspect", "bench"))


def test_bad_values_are_errors(stories_path):
    done = run("generate", "-m", stories_path, "x", "--temperature", "nan")
    assert done.returncode == 1 and b"temperature" in done.stderr


def test_chat_in_a_pipe(demo_path, tmp_path):
    kept = tmp_path / "대화"
    lines = [FRANCE, "/stats", f"/save {kept}", "/clear", f"/load {kept}", "/undo", FRANCE, "/system Be brief.",
             "/help", "/nonsense", "/exit", "never read"]
    done = run("chat", "-m", demo_path, stdin="\n".join(lines).encode())
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    assert text.count(PARIS) == 2 and "positions" in text and "/undo" in text and "/nonsense" in text
    assert "\x1b" not in text and kept.is_file()


def test_chat_with_a_plain_format(stories_path):
    done = run("chat", "-m", stories_path, "--template", "alpaca", "-n", 4, stdin="Hello\n/stats\n".encode())
    assert done.returncode == 0, done.stderr


def test_an_error_in_a_chat_does_not_end_it(demo_path):
    done = run("chat", "-m", demo_path, stdin=f"/load /nowhere\n{FRANCE}\n".encode())
    assert done.returncode == 1 and b"/nowhere" in done.stderr and PARIS in done.stdout.decode()


def test_tokenize(demo_path):
    done = run("tokenize", "-m", demo_path, "The cat 온", "--json")
    result = json.loads(done.stdout)
    assert result["ids"] == ondol.Tokenizer.load(demo_path).encode("The cat 온")
    assert result["count"] == len(result["ids"]) and result["bytes"] == 11
    assert b"".join(bytes(token["bytes"]) for token in result["tokens"]) == "The cat 온".encode()
    assert run("tokenize", "-m", demo_path, "--count", stdin=b"The cat").stdout == b"2\n"
    assert b"2644" in run("tokenize", "-m", demo_path, "The cat").stdout


def test_inspect(demo_path):
    result = json.loads(run("inspect", demo_path, "--json").stdout)
    assert result["parameters"] == 134_515_008 and result["tensor_bytes"] == 96_576_768
    assert len(result["tensors"]) == 272 and result["memory"]["position_bytes"] == 23040
    assert result["memory"]["cache_bytes"] == 188_743_680
    assert (result["family"], result["context"], result["licence"]) == ("llama", 8192, "apache-2.0")
    totals = {fit["type"]: fit["total_bytes"] for fit in result["fits"]}
    assert totals["as it is"] == result["memory"]["total_bytes"] < totals["q8_0"]
    assert all(fit["fits"] == (fit["total_bytes"] <= result["machine_bytes"]) for fit in result["fits"])
    text = run("inspect", demo_path).stdout.decode()
    assert "family: llama, context: 8,192, licence: apache-2.0" in text and "q4_k_m" in text
    assert "134,515,008 parameters" in text and "5.7437 bits" in text and "blk.29.ffn_up.weight" in text
    assert "general.architecture" in text and "\x1b" not in text


def test_inspect_a_plan(data, tmp_path):
    """A folder before its weights are there."""
    config = json.loads((data / "oracles" / "qwen3_moe" / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "README.md").write_text("---\nlanguage: ko\nlicense: mit\n---\n# 모형\n")
    result = json.loads(run("inspect", tmp_path, "--json").stdout)
    assert (result["family"], result["licence"], result["tensors"]) == ("qwen3_moe", "mit", [])
    assert result["memory"]["active_parameters"] < result["memory"]["parameters"]


def test_inspect_of_what_cannot_run(unpacked, data):
    done = run("inspect", unpacked / "vocabs" / "bert-bge.gguf", "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 0 and result["memory"] is None and "bert" in result["memory_unknown_because"]


def test_bench(stories_path):
    done = run("bench", stories_path, "--threads", 2, "--prompt", 32, "--generate", 8, "--depth", 16, "--json")
    result = json.loads(done.stdout)
    assert result["prefill_tokens_per_second"] > 0 and result["decode_tokens_per_second"] > 0
    assert (result["threads"], result["prompt"], result["generate"], result["depth"]) == (2, 32, 8, 16)
    assert result["load_to_first_token_seconds"] > result["load_seconds"] > 0 and result["peak_bytes"] > 1_000_000
    assert run("bench", stories_path, "--prompt", 600, "--generate", 1).returncode == 1


def test_a_terminal_gets_progress(demo_path):
    main, child = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "ondol", "generate", "-m", demo_path, "--chat", FRANCE],
                               stdout=child, stderr=child, env={**os.environ, "TERM": "xterm-256color"})
    os.close(child)
    seen = b""
    while True:
        try:
            block = os.read(main, 4096)
        except OSError:
            break
        if not block:
            break
        seen += block
    os.close(main)
    assert process.wait() == 0 and PARIS.encode() in seen and b"load" in seen and b"\x1b[" in seen


def test_without_the_extra(tmp_path):
    (tmp_path / "typer.py").write_text("raise ImportError('typer', name='typer')")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = run("--help", environment={"PYTHONPATH": path})
    assert done.returncode == 1 and b"ondol[cli]" in done.stderr and done.stderr.count(b"\n") == 1
