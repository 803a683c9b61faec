import os
import subprocess
import sys

import pytest

from conftest import CHECKOUT


@pytest.mark.parametrize("name, text", [
    ("chat.py", "The capital of France is Paris.\n"),
    ("next_token.py", "perplexity"),
    ("serve_many.py", "The capital of France is Paris."),
])
def test_example(name, text, demo_path, tmp_path):
    os.symlink(demo_path, tmp_path / "SmolLM2-135M-Instruct.Q4_1.gguf")
    done = subprocess.run([sys.executable, CHECKOUT / "examples" / "python" / name], capture_output=True, text=True,
                          env={**os.environ, "ONDOL_CACHE": str(tmp_path)}, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == text if text.endswith("\n") else text in done.stdout


def test_scripts_parse():
    for script in ("examples/setup.sh", "examples/quickstart.sh", "tests/run.sh", ".ci/run"):
        assert subprocess.run(["bash", "-n", CHECKOUT / script]).returncode == 0
