import copy
import pickle

import pytest

import ondol


def test_a_missing_file_is_named():
    with pytest.raises(ondol.Error, match="/nowhere/모델.gguf") as caught:
        ondol.Model.load("/nowhere/모델.gguf")
    assert caught.value.code == "not_found"
    assert caught.value.offset is None
    assert str(caught.value) == caught.value.args[0]


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00" + b"\xff" * 40)
    with pytest.raises(ondol.Error, match="broken.gguf") as caught:
        ondol.Model.load(path)
    assert caught.value.code == "bad_file"


def test_offset_of_a_syntax_error():
    with pytest.raises(ondol.Error) as caught:
        ondol.ChatTemplate("abc {% if %}")
    assert caught.value.code == "template_error"
    assert 4 <= caught.value.offset <= 12


def test_errors_can_be_copied_and_pickled():
    error = ondol.Error("it failed", "bad_file", 12)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (str(twin), twin.code, twin.offset) == ("it failed", "bad_file", 12)
