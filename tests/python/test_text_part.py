"""Models that see too: their language model, from its part of config.json and of the tensors."""

import json
import struct

import numpy as np
import pytest

import ondol


def tensors_of(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    return {name: (entry, data[8 + size + entry["data_offsets"][0] : 8 + size + entry["data_offsets"][1]])
            for name, entry in header.items()}  # fmt: skip


def save(path, tensors):
    header, at = {}, 0
    for name, (entry, data) in tensors.items():
        header[name] = {"dtype": entry["dtype"], "shape": entry["shape"], "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for _, data in tensors.values()))


@pytest.mark.parametrize("name", ["gemma3_vision", "llava", "qwen2_5_vl"])
def test_text_part(name, data, read_json, tmp_path):
    """The part alone, as a folder of its own, gives the same."""
    whole = data / "oracles" / name
    config = read_json(f"oracles/{name}/config.json")
    part = config["text_config"] | {"tie_word_embeddings": config["tie_word_embeddings"]}
    (tmp_path / "config.json").write_text(json.dumps(part))
    text = {tensor.removeprefix("language_model."): value for tensor, value in
            tensors_of(whole / "model.safetensors").items() if "vis" not in tensor and "projector" not in tensor}  # fmt: skip
    save(tmp_path / "model.safetensors", text)
    ids = list(range(10, 60))
    found = ondol.Model.load(whole, precision="exact")
    np.testing.assert_array_equal(found.logits(ids), ondol.Model.load(tmp_path, precision="exact").logits(ids))
    assert found.info.architecture == part["model_type"]
    assert found.info.parameters == sum(int(np.prod(entry["shape"])) for entry, _ in text.values())


def test_text_part_of_a_text_model(data, read_json, tmp_path):
    """Against the reference, by nesting what it was made with."""
    oracle = data / "oracles" / "qwen3"
    expected = read_json("oracles/qwen3/expected.json")["cases"][0]
    config = read_json("oracles/qwen3/config.json")
    outer = {"model_type": "seer", "architectures": ["Seer"], "vision_config": {"hidden_size": 8}, "text_config": config}
    (tmp_path / "config.json").write_text(json.dumps(outer))
    save(tmp_path / "model.safetensors", {f"model.language_model.{name.removeprefix('model.')}": value
                                          for name, value in tensors_of(oracle / "model.safetensors").items()})  # fmt: skip
    model = ondol.Model.load(tmp_path, precision="exact", cache_type="f32")
    np.testing.assert_allclose(model.logits(expected["input_ids"])[-1], expected["last_logits"], rtol=0, atol=1e-4)
