"""Models written as GGUF files and as folders again, and with smaller weights."""

import json

import gguf
import numpy as np
import pytest

import ondol

from test_estimate import ENCODERS, PAIRS
from test_oracles import DECODERS, tolerance


def load(path):
    return ondol.Model.load(path, precision="exact", cache_type="f32")


def metadata(path):
    return {entry.key: entry.value for entry in ondol.inspect(path).metadata}


@pytest.fixture(scope="module", params=DECODERS)
def oracle(request, data, read_json, tmp_path_factory):
    folder = data / "oracles" / request.param
    return request.param, folder, read_json(f"oracles/{request.param}/expected.json"), tmp_path_factory.mktemp("convert")


def test_gguf_and_back(oracle):
    name, folder, expected, to = oracle
    ondol.convert(folder, to / "model.gguf")
    ondol.convert(to / "model.gguf", to / "back")
    models = [load(folder), load(to / "model.gguf"), load(to / "back")]
    for case in expected["cases"]:
        for model in models:
            found = model.logits(case["input_ids"])[-1]
            np.testing.assert_allclose(found, case["last_logits"], rtol=0, atol=tolerance(expected), err_msg=case["name"])


def test_q8_0(oracle):
    name, folder, expected, to = oracle
    ondol.convert(folder, to / "q8.gguf", type="q8_0")
    tensors = ondol.inspect(to / "q8.gguf").tensors
    assert {tensor.type for tensor in tensors} <= {"Q8_0", "F16", "F32"}
    for tensor in tensors:
        if tensor.name.endswith(("attn_q.weight", "ffn_down.weight", "token_embd.weight")):
            assert tensor.type == ("Q8_0" if tensor.shape[0] % 32 == 0 else "F16"), tensor.name
    ondol.convert(to / "q8.gguf", to / "dequantised", type="f32")
    ids = next(case for case in expected["cases"] if case["name"] == "long")["input_ids"]
    exact = load(to / "dequantised").logits(ids)
    centred = lambda x: x - x.mean(axis=1, keepdims=True)
    distance = lambda x: np.sqrt(np.mean(centred(x - exact) ** 2) / np.mean(centred(exact) ** 2))
    assert distance(load(to / "q8.gguf").logits(ids)) <= 0.01
    assert distance(ondol.Model.load(to / "q8.gguf").logits(ids)) <= 0.05


def shapes(folder):
    """Names and shapes of all tensors of a folder."""
    found = {}
    for path in sorted(folder.glob("*.safetensors")):
        with open(path, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        found |= {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}
    return found


@pytest.mark.parametrize("name", [*DECODERS, *ENCODERS, *PAIRS, "bert_mlm", "bert_qa", "bert_reranker", "roberta_ner", "reward_llama",
                                  "modernbert_mlm", "xlm_roberta_classifier", "embedding_gemma", "qwen3_embedding"])  # fmt: skip
def test_names_and_shapes(name, data, read_json, tmp_path):
    """What the library that a folder comes from finds again: as it was."""
    folder = data / "oracles" / name
    ondol.convert(folder, tmp_path / "model.gguf")
    ondol.convert(tmp_path / "model.gguf", tmp_path / "back")
    prefix = "transformer." if name in ("gpt2", "bloom_alibi") else ""  # published without, and saved with
    plain = lambda tensors: {tensor.removeprefix(prefix): shape for tensor, shape in tensors.items()}
    assert plain(shapes(tmp_path / "back")) == plain(shapes(folder))
    assert json.loads((tmp_path / "back" / "config.json").read_text()) == read_json(f"oracles/{name}/config.json")


def test_folder_of_a_foreign_file(demo_path, tmp_path):
    """Of a GGUF file from elsewhere: names and parameters as Llama's folders have them."""
    ondol.convert(demo_path, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    usual = {"model_type": "llama", "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
             "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152, "tie_word_embeddings": True,
             "max_position_embeddings": 8192, "rope_theta": 100000.0, "bos_token_id": 1, "eos_token_id": 2}  # fmt: skip
    assert config | usual == config
    assert config["rms_norm_eps"] == pytest.approx(1e-5)
    layer = {f"model.layers.29.{name}.weight" for name in (
        "input_layernorm", "post_attention_layernorm", "mlp.down_proj", "mlp.gate_proj", "mlp.up_proj",
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")}  # fmt: skip
    tensors = shapes(tmp_path)
    assert {name for name in tensors if ".29." in name} == layer
    assert {name for name in tensors if ".layers." not in name} == {"model.embed_tokens.weight", "model.norm.weight"}


def foreign(path, to):
    """A GGUF file without the keys that only Ondol writes."""
    reader = gguf.GGUFReader(path)
    writer = gguf.GGUFWriter(to, reader.fields["general.architecture"].contents())
    for field in reader.fields.values():
        if not field.name.startswith(("GGUF.", "ondol.", "general.architecture")):
            array = field.types[0] == gguf.GGUFValueType.ARRAY
            writer.add_key_value(field.name, field.contents(), field.types[0], field.types[-1] if array else None)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# Families and variants that llama.cpp's keys can say; the others are written as ondol.<model type>.
PLAIN = {
    "llama": "llama", "llama3_rope": "llama", "llama_yarn": "llama", "llama_linear_rope": "llama", "mistral_sliding": "llama",
    "qwen2": "qwen2", "qwen3": "qwen3", "gemma": "gemma", "gemma2": "gemma2", "gemma3": "gemma3", "phi3": "phi3",
    "olmo2": "olmo2", "granite": "granite", "glm4": "glm4", "exaone4": "exaone4", "ernie4_5": "ernie4_5",
    "seed_oss": "seed_oss", "arcee": "arcee", "phi": "phi2", "gpt2": "gpt2", "gpt_neox": "gptneox", "falcon": "falcon",
    "falcon_mqa": "falcon", "bloom_alibi": "bloom", "mpt_alibi": "mpt", "starcoder2": "starcoder2", "stablelm": "stablelm", "stablelm_12b": "stablelm", "qwen2_sliding": "qwen2",
    "cohere": "command-r", "cohere2": "cohere2", "nemotron": "nemotron",
    "mixtral": "llama", "olmoe": "olmoe", "granitemoe": "granitemoe", "deepseek_v2": "deepseek2",
    "mamba": "mamba", "mamba2": "mamba2", "bamba": "granitehybrid", "granitemoehybrid": "granitehybrid", "jamba": "jamba",
    "deepseek_v2_lite": "deepseek2", "deepseek_v3": "deepseek2", "glm4_moe": "glm4moe", "ernie4_5_moe": "ernie4_5-moe",
}  # fmt: skip


# Of which config.json cannot be written yet from the keys alone, and what the error says.
REFUSED = {"llama3_rope": "rope_freqs", "falcon": "falcon", "mamba2": "mamba2", "bamba": "bamba",
           "granitemoehybrid": "granitemoehybrid"}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_foreign_file_and_its_folder(name, data, tmp_path):
    """What only keys and tensors say comes back as config.json says it, or is refused."""
    ondol.convert(data / "oracles" / name, tmp_path / "model.gguf")
    foreign(tmp_path / "model.gguf", tmp_path / "foreign.gguf")
    if name in REFUSED:
        with pytest.raises(ondol.Error, match=REFUSED[name]) as error:
            ondol.convert(tmp_path / "foreign.gguf", tmp_path / "back")
        assert error.value.code == "unsupported"
        return
    ondol.convert(tmp_path / "foreign.gguf", tmp_path / "back")
    ids = list(range(3, 90, 7))
    np.testing.assert_allclose(load(tmp_path / "back").logits(ids), load(tmp_path / "foreign.gguf").logits(ids), atol=1e-4)


def test_llama3_scaling_of_a_foreign_file(data, read_json, tmp_path):
    """As Llama 3.1 has it: its parameters are found from the divisors."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").symlink_to(data / "oracles" / "llama3_rope" / "model.safetensors")
    config = read_json("oracles/llama3_rope/config.json")
    config["rope_parameters"] |= {"original_max_position_embeddings": 8192, "rope_theta": 500000.0}
    (folder / "config.json").write_text(json.dumps(config))
    ondol.convert(folder, tmp_path / "model.gguf")
    foreign(tmp_path / "model.gguf", tmp_path / "foreign.gguf")
    ondol.convert(tmp_path / "foreign.gguf", tmp_path / "back")
    scaling = json.loads((tmp_path / "back" / "config.json").read_text())["rope_scaling"]
    assert scaling == {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                       "original_max_position_embeddings": 8192.0}  # fmt: skip
    ids = list(range(3, 90, 7))
    np.testing.assert_allclose(load(tmp_path / "back").logits(ids), load(folder).logits(ids), atol=1e-4)


@pytest.mark.parametrize("name", PLAIN)
def test_keys_that_llama_cpp_knows(name, data, tmp_path):
    ondol.convert(data / "oracles" / name, tmp_path / "model.gguf")
    assert metadata(tmp_path / "model.gguf")["general.architecture"] == PLAIN[name]


# What published models of a family have in common, and llama.cpp takes for granted.
USUAL = {
    "gpt_oss": ("gpt-oss", {"swiglu_limit": 7.0}),
    "phimoe": ("phimoe", {"router_jitter_noise": 0.01}),
    "llama4": ("llama4", {"attention_chunk_size": 8192, "floor_scale": 8192, "attn_scale": 0.1,
                          "no_rope_layers": [1, 1, 1, 0],
                          "layer_types": ["chunked_attention"] * 3 + ["full_attention"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", USUAL)
def test_parameters_that_llama_cpp_takes_for_granted(name, data, tmp_path):
    architecture, usual = USUAL[name]
    source = data / "oracles" / name
    folder = tmp_path / "usual"
    folder.mkdir()
    (folder / "model.safetensors").symlink_to(source / "model.safetensors")
    config = json.loads((source / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | usual))
    ondol.convert(folder, tmp_path / "model.gguf")
    assert metadata(tmp_path / "model.gguf")["general.architecture"] == architecture
    ids = list(range(3, 150, 7))
    np.testing.assert_array_equal(load(tmp_path / "model.gguf").logits(ids), load(folder).logits(ids))


def test_tokenizer_and_template_go_along(data, tmp_path):
    folder = tmp_path / "model"
    ondol.convert(data / "oracles" / "llama", tmp_path / "plain.gguf")
    ondol.convert(tmp_path / "plain.gguf", folder)
    words = {f"w{i}": i for i in range(160)}
    tokenizer = {"model": {"type": "WordLevel", "vocab": words, "unk_token": "w0"},
                 "pre_tokenizer": {"type": "WhitespaceSplit"}}  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "w7", "chat_template": "{{ messages[0].content }}"}))
    ondol.convert(folder, tmp_path / "model.gguf")
    ondol.convert(tmp_path / "model.gguf", tmp_path / "back")
    for path in (folder, tmp_path / "model.gguf", tmp_path / "back"):
        model = ondol.Model.load(path)
        assert model.tokenizer.encode("w3 w5 다른") == [3, 5, 0]
        assert model.tokenizer.eos == 7


def test_smaller_gguf_from_gguf(data, tmp_path):
    source = data / "stories260K" / "stories260K.gguf"
    ondol.convert(source, tmp_path / "small.gguf", type="Q4_0")
    before, after = ondol.inspect(source), ondol.inspect(tmp_path / "small.gguf")
    assert after.tensor_bytes < before.tensor_bytes / 2
    keys = metadata(source)
    keys.pop("general.file_type", None)
    assert {k: metadata(tmp_path / "small.gguf")[k] for k in keys} == keys
    text = ondol.Model.load(tmp_path / "small.gguf").generate("Once upon a time", max_tokens=20).text
    assert text and text.isprintable()


def test_wrong_calls(data, tmp_path):
    source = data / "oracles" / "llama"
    with pytest.raises(ondol.Error, match="type: 'q9' is not known; known are f32, f16") as error:
        ondol.convert(source, tmp_path / "x.gguf", type="q9")
    assert error.value.code == "invalid_argument"
    with pytest.raises(ondol.Error, match="would replace the input"):
        ondol.convert(source, source)
    with pytest.raises(ondol.Error, match="none"):
        ondol.convert(tmp_path / "none", tmp_path / "x.gguf")
    with pytest.raises(ondol.Error, match="safetensors files hold no Q4_0"):
        ondol.convert(source, tmp_path / "folder", type="q4_0")
    assert not list(tmp_path.glob("*.gguf*"))


def test_pickles_are_refused_with_the_reason(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x02")
    with pytest.raises(ondol.Error, match="runs code when it is read") as error:
        ondol.Model.load(tmp_path)
    assert error.value.code == "unsupported"
