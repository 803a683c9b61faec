"""The keys tokenizer.ggml.* of converted files: alone they must give the ids of the folder's own tokenizer."""

import json
import shutil
import struct

import gguf
import numpy as np
import pytest

import ondol

from gguf_from_hf import read_safetensors

OURS = ("tokenizer.huggingface.json", "ondol.sentencepiece_model")
SPARE = 5  # rows of the embedding without a token


def write_folder(to, data, rows):
    """A tiny model whose embedding has `rows` rows."""
    source = data / "oracles" / "llama"
    tensors = dict(read_safetensors(source / "model.safetensors"))
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        tensors[name] = np.random.default_rng(0).normal(size=(rows, tensors[name].shape[1])).astype(np.float32)
    header, offset = {}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [offset, offset + tensor.nbytes]}
        offset += tensor.nbytes
    header = json.dumps(header).encode()
    to.mkdir()
    (to / "model.safetensors").write_bytes(
        struct.pack("<Q", len(header)) + header + b"".join(tensor.tobytes() for tensor in tensors.values()))
    (to / "config.json").write_text(json.dumps(json.loads((source / "config.json").read_text()) | {"vocab_size": rows}))
    return to


def write_without(path, to, left_out=OURS):
    """The metadata of a GGUF file, without some keys."""
    writer = gguf.GGUFWriter(to, "llama")
    for field in gguf.GGUFReader(path).fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", *left_out):
            continue
        array = field.types[0] == gguf.GGUFValueType.ARRAY
        writer.add_key_value(field.name, field.contents(), field.types[0], field.types[-1] if array else None)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return to


class Converted:
    """A folder with the given files of a tokenizer, converted; `keys` is what its tokenizer.ggml.* say."""

    def __init__(self, to, data, files, rows=None):
        probe = to / "files"
        probe.mkdir()
        for name, source in files.items():
            probe.joinpath(name).write_text(source) if isinstance(source, str) else shutil.copy(source, probe / name)
        self.own = ondol.Tokenizer.load(probe)
        self.rows = rows or len(self.own) + SPARE
        self.folder = write_folder(to / "model", data, self.rows)
        for file in probe.iterdir():
            shutil.copy(file, self.folder)
        self.path = to / "model.gguf"
        ondol.convert(self.folder, self.path)
        self.keys = {name: field.contents() for name, field in gguf.GGUFReader(self.path).fields.items()}
        self.stripped = write_without(self.path, to / "keys.gguf")

    def get(self, key):
        return self.keys.get(f"tokenizer.ggml.{key}")

    def alone(self):
        return ondol.Tokenizer.load(self.stripped)


@pytest.fixture(scope="module")
def texts(read_json):
    return read_json("texts/texts.json")


def differing(a, b, texts):
    return {name for name, text in texts.items() if a.encode(text, fit_length=False) != b.encode(text, fit_length=False)}


#: tokenizer -> `tokenizer.ggml.model`, and texts on which the keys cannot say what the tokenizer does
SAID = {
    "gpt2-style": ("gpt2", set()),
    "llama3-style": ("gpt2", set()),
    "qwen-style": ("gpt2", set()),
    "llama2-style": ("llama", set()),
    # "▁▁" in a text is a token of its own there
    "gemma-style": ("llama", {"byte_like"}),
    # a blank in front only of what begins with none
    "metaspace-first": ("llama", {"space", "lead_space"}),
    # the table of characters is applied to whole grapheme clusters there
    "t5-style": ("t5", {"ko_jamo_nfd", "ko_nfd_sentence", "ko_old", "ko_numbers", "marks"}),
    # "▁" inside a word
    "bert-cased-korean": ("bert", {"special_spm", "byte_like"}),
    "bert-trunc-pad": ("bert", {"special_spm", "byte_like"}),
    # words of over 20 characters are unknown there
    "bert-uncased": ("bert", {"long_digits", "ko_no_space", "zero_width", "camel", "repeat", "special_spm", "byte_like"}),
}  # fmt: skip
PRE = {"gpt2-style": "gpt-2", "llama3-style": "llama-bpe", "qwen-style": "qwen2"}


@pytest.mark.parametrize("name", SAID)
def test_tokenizer_json(name, data, texts, tmp_path):
    model = Converted(tmp_path, data, {"tokenizer.json": data / "tokenizers" / name / "tokenizer.json"})
    kind, unsaid = SAID[name]
    assert model.get("model") == kind
    assert model.get("pre") == PRE.get(name)
    assert differing(model.own, model.alone(), texts) == unsaid
    assert differing(model.own, ondol.Tokenizer.load(model.path), texts) == set()


#: models of SentencePiece, and texts likewise
SENTENCE_PIECE = {
    "bpe_byte_fallback": ("llama", set()),
    "unigram_nmt_nfkc": ("t5", {"byte_like"}),  # has "▁▁" as a token that a user defined
}


@pytest.mark.parametrize("name", SENTENCE_PIECE)
def test_sentence_piece_model(name, data, texts, tmp_path):
    file = data / "tokenizers" / "sentencepiece" / f"{name}.model"
    model = Converted(tmp_path, data, {"tokenizer.model": file})
    kind, unsaid = SENTENCE_PIECE[name]
    assert model.get("model") == kind
    assert differing(model.own, model.alone(), texts) == unsaid
    assert differing(model.own, ondol.Tokenizer.load(model.path), texts) == set()
    ondol.convert(model.path, tmp_path / "back")
    assert (tmp_path / "back" / "tokenizer.model").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("name", ["bpe-prefix", "clip-style", "wordlevel", "xlmr-style", "unigram-byte-fallback"])
def test_what_keys_cannot_say(name, data, texts, tmp_path):
    model = Converted(tmp_path, data, {"tokenizer.json": data / "tokenizers" / name / "tokenizer.json"})
    assert model.get("model") == "none"
    assert model.get("tokens") is None
    assert model.keys["llama.vocab_size"] == model.rows  # llama.cpp sizes the embedding by it
    assert differing(model.own, ondol.Tokenizer.load(model.path), texts) == set()
    with pytest.raises(ondol.Error) as error:
        model.alone()
    assert error.value.code == "no_vocabulary"


@pytest.mark.parametrize("name", ["unigram_identity_suffix", "bpe_custom_rule", "char_identity"])
def test_sentence_piece_models_that_keys_cannot_say(name, data, texts, tmp_path):
    model = Converted(tmp_path, data, {"tokenizer.model": data / "tokenizers" / "sentencepiece" / f"{name}.model"})
    assert model.get("model") == "none"
    assert differing(model.own, ondol.Tokenizer.load(model.path), texts) == set()


@pytest.mark.parametrize("name", ["roberta-style", "added-tokens"])
def test_a_splitting_without_a_name(name, data, texts, tmp_path):
    model = Converted(tmp_path, data, {"tokenizer.json": data / "tokenizers" / name / "tokenizer.json"})
    assert (model.get("model"), model.get("pre")) == ("gpt2", None)
    with pytest.raises(ondol.Error, match="no tokenizer.ggml.pre"):
        model.alone()
    ids = model.own.encode(texts["ko_sentence"], add_special=False)
    guess = ondol.Tokenizer.load(model.stripped, pre_tokenizer="gpt-2")
    assert guess.decode(ids) == model.own.decode(ids)


def test_no_tokenizer(data, tmp_path):
    ondol.convert(data / "oracles" / "llama", tmp_path / "model.gguf")
    fields = gguf.GGUFReader(tmp_path / "model.gguf").fields
    assert fields["tokenizer.ggml.model"].contents() == "none"
    assert not ondol.Model.load(tmp_path / "model.gguf").has_tokenizer


def test_vocabulary_files_become_tokenizer_json(data, texts, tmp_path):
    gpt2, bert = data / "tokenizers" / "gpt2-style", data / "tokenizers" / "bert-uncased"
    for kind, files in {"gpt2": [gpt2 / "vocab.json", gpt2 / "merges.txt"], "bert": [bert / "vocab.txt"]}.items():
        to = tmp_path / kind
        to.mkdir()
        model = Converted(to, data, {file.name: file for file in files})
        assert model.get("model") == kind
        assert differing(model.own, ondol.Tokenizer.load(model.path), texts) == set()
        assert differing(model.own, model.alone(), texts) <= SAID["bert-uncased"][1]


def test_as_many_tokens_as_rows(data, tmp_path):
    model = Converted(tmp_path, data, {"tokenizer.json": data / "tokenizers" / "qwen-style" / "tokenizer.json"})
    size = len(model.own)
    tokens, types = model.get("tokens"), model.get("token_type")
    assert tokens[:size] == [model.own.token_text(id) for id in range(size)]
    assert tokens[size:] == [f"[PAD{id}]" for id in range(size, model.rows)]
    assert types[size:] == [gguf.TokenType.UNUSED] * SPARE
    assert len(set(tokens)) == len(tokens)
    assert {id for id in range(size) if types[id] == gguf.TokenType.CONTROL} == {1400, 1401, 1402}
    assert {id for id in range(size) if types[id] == gguf.TokenType.USER_DEFINED} == {1403, 1404, 1405, 1406}


def test_an_embedding_smaller_than_the_vocabulary(data, texts, tmp_path):
    file = data / "tokenizers" / "qwen-style" / "tokenizer.json"
    model = Converted(tmp_path, data, {"tokenizer.json": file}, rows=1403)
    assert len(model.get("tokens")) == len(model.get("token_type")) == 1403
    assert differing(model.own, model.alone(), {name: texts[name] for name in ("plain", "ko_sentence")}) == set()


def test_ids_without_a_token(data, tmp_path):
    json_file = json.loads((data / "tokenizers" / "qwen-style" / "tokenizer.json").read_text())
    json_file["added_tokens"].append(
        {"id": 1410, "content": "<far>", "special": True, "normalized": False, "single_word": False, "lstrip": False, "rstrip": False})
    model = Converted(tmp_path, data, {"tokenizer.json": json.dumps(json_file)})
    assert model.get("tokens")[1407:1411] == ["[PAD1407]", "[PAD1408]", "[PAD1409]", "<far>"]
    assert model.alone().encode("a<far>b", parse_special=True) == model.own.encode("a<far>b", parse_special=True)


def test_phantom_spaces(data, tmp_path):
    model = Converted(tmp_path, data, {"tokenizer.json": data / "tokenizers" / "bert-cased-korean" / "tokenizer.json"})
    for id, token in enumerate(model.get("tokens")[:len(model.own)]):
        own = model.own.token_text(id)
        assert token == (own if model.own.is_special(id) else own[2:] if own.startswith("##") else "▁" + own)
    assert model.get("normalizer.lowercase") is False
    assert model.get("normalizer.strip_accents") is False


def test_merges_and_scores_agree(data, tmp_path):
    """SentencePiece merges what has the highest score; a file of merges goes by their order."""
    model = Converted(tmp_path, data, {"tokenizer.json": data / "tokenizers" / "llama2-style" / "tokenizer.json"})
    merges = json.loads((data / "tokenizers" / "llama2-style" / "tokenizer.json").read_text())["model"]["merges"]
    merged = list(dict.fromkeys("".join(m if isinstance(m, list) else m.split(" ")) for m in merges))
    scores = [model.get("scores")[model.own.find(token)] for token in merged]
    assert scores == sorted(scores, reverse=True)
    assert model.get("token_type").count(gguf.TokenType.BYTE) == 256
    assert model.get("token_type")[model.own.unknown] == gguf.TokenType.UNKNOWN


def test_merges_that_no_scores_can_say(data, tmp_path):
    """A token that its parts do not merge to: scores would make it. The merges go along then, under another name."""
    json_file = json.loads((data / "tokenizers" / "gemma-style" / "tokenizer.json").read_text())
    json_file["model"]["merges"].pop(0)
    model = Converted(tmp_path, data, {"tokenizer.json": json.dumps(json_file)})
    assert (model.get("model"), model.get("pre")) == ("gemma4", "gemma4")
    assert len(model.get("merges")) == len(json_file["model"]["merges"])
    text = "온돌은 따뜻하다.  The floor is   warm 🙂\n\n  x = 1"
    assert model.alone().encode(text) == model.own.encode(text)


@pytest.mark.parametrize("change", [{"byte_fallback": False}, {"fuse_unk": False, "byte_fallback": False}])
def test_characters_without_bytes_have_no_words(change, data, tmp_path):
    """llama.cpp would drop what is no token, or end the process."""
    json_file = json.loads((data / "tokenizers" / "gemma-style" / "tokenizer.json").read_text())
    json_file["model"] |= change
    assert Converted(tmp_path, data, {"tokenizer.json": json.dumps(json_file)}).get("model") == "none"


def test_roles(data, tmp_path):
    files = {
        "tokenizer.json": data / "tokenizers" / "llama3-style" / "tokenizer.json",
        "tokenizer_config.json": json.dumps({
            "bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>", "pad_token": "<|end_of_text|>",
            "mask_token": {"content": "<|start_header_id|>"}, "sep_token": "<|end_header_id|>",
            "chat_template": "{{ messages[0].content }}",
        }),
    }  # fmt: skip
    model = Converted(tmp_path, data, files)
    ids = {role: model.get(f"{role}_token_id") for role in ("bos", "eos", "padding", "mask", "seperator", "eot", "unknown")}
    assert ids == {"bos": 1502, "eos": 1503, "padding": 1503, "mask": 1504, "seperator": 1505, "eot": 1506, "unknown": None}
    assert (model.get("add_bos_token"), model.get("add_eos_token")) == (True, False)
    assert model.keys["tokenizer.chat_template"] == "{{ messages[0].content }}"
    alone = model.alone()
    assert (alone.bos, alone.eos, alone.padding, alone.adds_bos, alone.adds_eos) == (1502, 1503, 1503, True, False)
    assert alone.is_end(1506)


def test_ends_of_the_generation_config(data, tmp_path):
    files = {
        "tokenizer.json": data / "tokenizers" / "gpt2-style" / "tokenizer.json",
        "generation_config.json": json.dumps({"eos_token_id": [0, 77]}),
        "tokenizer_config.json": json.dumps({"eos_token": "<|endoftext|>"}),
    }
    model = Converted(tmp_path, data, files)
    assert (model.get("eos_token_id"), model.get("eot_token_id")) == (0, 77)
    assert [id for id in range(len(model.own)) if model.alone().is_end(id)] == [0, 77]


def test_two_tokens_in_front_are_left_to_the_template(data, tmp_path):
    json_file = json.loads((data / "tokenizers" / "llama3-style" / "tokenizer.json").read_text())
    layout = json_file["post_processor"]["processors"][1]
    start = [{"SpecialToken": {"id": "<|begin_of_text|>", "type_id": 0}}]
    layout["single"] = start + layout["single"]
    model = Converted(tmp_path, data, {"tokenizer.json": json.dumps(json_file)})
    assert model.own.encode("x", add_special=True)[:2] == [1502, 1502]
    assert (model.get("add_bos_token"), model.get("add_eos_token")) == (False, False)


@pytest.mark.parametrize("content", ["{}", "no json", '{"model": {"type": "Surprise", "vocab": {}}}'])
def test_a_tokenizer_that_cannot_be_read_goes_along(content, data, tmp_path):
    folder = write_folder(tmp_path / "model", data, 50)
    (folder / "tokenizer.json").write_text(content)
    ondol.convert(folder, tmp_path / "model.gguf")
    fields = gguf.GGUFReader(tmp_path / "model.gguf").fields
    assert fields["tokenizer.ggml.model"].contents() == "none"
    assert fields["tokenizer.huggingface.json"].contents() == content


def test_token_types(data, tmp_path):
    folder = data / "oracles" / "bert"
    ondol.convert(folder, tmp_path / "model.gguf")
    config = json.loads((folder / "config.json").read_text())
    fields = gguf.GGUFReader(tmp_path / "model.gguf").fields
    assert fields["tokenizer.ggml.token_type_count"].contents() == config["type_vocab_size"]
