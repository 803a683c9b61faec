"""The C interface from another language, by the header's own declarations."""

import ctypes
import json
import threading

import numpy as np
import pytest

import c_library

c = c_library.load()


class CError(Exception):
    def __init__(self, status, message, offset):
        super().__init__(message)
        self.status = c.ondol_status_name(status).decode()
        self.offset = offset


def call(function, *arguments):
    error = ctypes.c_void_p()
    status = function(*arguments, ctypes.byref(error))
    if status:
        message, offset = c.ondol_error_message(error).decode(), c.ondol_error_offset(error)
        assert c.ondol_error_code(error) == status
        c.ondol_error_free(error)
        raise CError(status, message, offset)
    assert not error


def make(function, *arguments):
    out = ctypes.c_void_p()
    call(function, *arguments, ctypes.byref(out))
    return out


def text(handle):
    data = ctypes.string_at(c.ondol_string_data(handle), c.ondol_string_size(handle))
    c.ondol_string_free(handle)
    return data.decode()


def load(path, **options):
    return make(c.ondol_model_load, None, path.encode(), -1, json.dumps(options).encode(), -1, None)


def prompt(value):
    if isinstance(value, str):
        data = value.encode()
        return make(c.ondol_prompt_text, data, len(data))
    return make(c.ondol_prompt_ids, (ctypes.c_int32 * len(value))(*value), len(value))


def pieces(generation):
    piece = ctypes.c_void_p()
    while True:
        call(c.ondol_generation_next, generation, ctypes.byref(piece))
        if not piece:
            return
        size, count = c.ondol_piece_size(piece), c.ondol_piece_count(piece)
        yield ctypes.string_at(c.ondol_piece_text(piece), size).decode(), c.ondol_piece_ids(piece)[:count]


def generate(model, start, **options):
    return make(c.ondol_model_generate, model, None, prompt(start), json.dumps(options).encode(), -1, None)


@pytest.fixture(scope="module")
def model(stories_path):
    return load(stories_path, threads=2, precision="exact", cache_type="f32")


def test_greedy_ids_are_the_references(model, read_json):
    for case in read_json("stories260K/expected.json")["greedy"]:
        ids = [i for _, new in pieces(generate(model, case["prompt_ids"], max_tokens=case["max_new"])) for i in new]
        assert ids == case["out_ids"], case["name"]


def test_logits_are_the_references(model, read_json):
    row = read_json("stories260K/expected.json")["row_at_position_3"]
    ids = (ctypes.c_int32 * len(row["ids"]))(*row["ids"])
    tensor = make(c.ondol_model_logits, model, ids, len(ids))
    shape = c.ondol_tensor_rows(tensor), c.ondol_tensor_columns(tensor)
    logits = np.ctypeslib.as_array(c.ondol_tensor_data(tensor), shape)[-1].copy()
    c.ondol_tensor_free(tensor)
    assert np.allclose(logits, row["logits"], rtol=0, atol=1e-4)


def test_tokens_are_the_references(model, read_json):
    tokenizer = make(c.ondol_model_tokenizer, model)
    for case in read_json("stories260K/expected.json")["tokens_with_bos"]:
        data = case["text"].encode()
        tokens = make(c.ondol_tokenizer_encode, tokenizer, data, len(data), 1, None, 0)
        ids = c.ondol_tokens_data(tokens)[: c.ondol_tokens_count(tokens)]
        c.ondol_tokens_free(tokens)
        assert ids == case.get("gguf_ids", case["ids"])
    c.ondol_tokenizer_free(tokenizer)


def test_streamed_text_joins_to_the_result(model):
    generation = generate(model, "Once upon a time", max_tokens=40, temperature=0.8, seed=3)
    joined = "".join(new for new, _ in pieces(generation))
    result = make(c.ondol_generation_result, generation)
    told = json.loads(text(make(c.ondol_result_json, result)))
    assert told["text"] == joined
    assert told["seed"] == 3
    assert told["finish"] == "length"


def test_errors_have_name_and_text(model):
    with pytest.raises(CError, match="temperature") as caught:
        generate(model, "x", temprature=1)
    assert caught.value.status == "invalid_argument"
    with pytest.raises(CError, match="/no/such") as caught:
        load("/no/such/model.gguf")
    assert caught.value.status == "not_found"


def test_cancel_from_another_thread(stories_path):
    model = load(stories_path, threads=1, context=8192)
    control = make(c.ondol_control_new)
    generation = make(c.ondol_model_generate, model, None, prompt([403] * 8000), None, 0, control)
    timer = threading.Timer(0.05, lambda: call(c.ondol_control_cancel, control))
    timer.start()
    assert list(pieces(generation)) == []
    timer.join()
    result = make(c.ondol_generation_result, generation)
    assert json.loads(text(make(c.ondol_result_json, result)))["finish"] == "cancelled"


def test_schema_is_json():
    for topic in "runtime", "load", "tokenizer", "render", "generate", "chat":
        schema = json.loads(text(make(c.ondol_options_schema, topic.encode(), -1)))
        assert all({"type", "doc"} <= set(entry) for entry in schema.values())
