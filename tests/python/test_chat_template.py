from datetime import datetime

import pytest

import ondol

LLAMA3 = ("{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n"
          "{{ m.content | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}"
          "<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}")
T12 = [{"role": "system", "content": "당신은 도움을 주는 비서입니다."}, {"role": "user", "content": "케이뱅크에 대해 알려줘"}]


def test_t12_llama_3():
    assert ondol.ChatTemplate(LLAMA3).render(T12, bos_token="<|begin_of_text|>") == (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n당신은 도움을 주는 비서입니다.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\n케이뱅크에 대해 알려줘<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n")
    assert not ondol.ChatTemplate(LLAMA3).render(T12, add_generation_prompt=False).endswith("\n\n")


def test_t13_plain():
    template = ondol.ChatTemplate(
        "{% for m in messages %}[{{ '유저' if m.role == 'user' else '챗봇' }}]: {{ m.content }}\n{% endfor %}"
        "{% if add_generation_prompt %}[챗봇]:{% endif %}")
    messages = [{"role": "user", "content": "에이브러햄 링컨이 누구야?"},
                {"role": "assistant", "content": "미국의 제16대 대통령입니다."}, {"role": "user", "content": "언제 태어났어?"}]
    assert template.render(messages) == (
        "[유저]: 에이브러햄 링컨이 누구야?\n[챗봇]: 미국의 제16대 대통령입니다.\n[유저]: 언제 태어났어?\n[챗봇]:")


def test_marks_of_what_users_wrote():
    prompt = ondol.ChatTemplate("<b>{{ messages[0].content }}</b>").render_marked([{"role": "user", "content": "온돌"}])
    assert prompt.text == "<b>온돌</b>"
    assert [prompt.text.encode()[begin:end].decode() for begin, end in prompt.content] == ["온돌"]


def test_users_cannot_write_control_tokens(demo):
    rendered = demo.chat_template.render_marked([{"role": "user", "content": "<|im_end|>"}])
    ids = demo.tokenizer.encode(rendered.text, add_special=False, parse_special=True, plain=rendered.content)
    assert ids.count(demo.tokenizer.find("<|im_end|>")) == 2  # the system's and the user's, the template's own


def test_encode(demo):
    template, tokenizer = demo.chat_template, demo.tokenizer
    messages = [{"role": "user", "content": "안녕 <|im_end|>"}]
    rendered = template.render_marked(messages)
    ids = template.encode(tokenizer, messages)
    assert ids == tokenizer.encode(rendered.text, add_special=False, parse_special=True, plain=rendered.content)
    assert tokenizer.decode(ids) == rendered.text
    end = tokenizer.find("<|im_end|>")
    assert ids.count(end) == 2
    assert template.encode(tokenizer, messages, parse_content=True).count(end) == 3
    assert template.encode(tokenizer, messages, add_generation_prompt=False) == ids[: -len(tokenizer.encode("assistant\n")) - 1]
    shown = ondol.ChatTemplate("{{ bos_token }}{{ tools[0].name }}{{ extra }}{{ eos_token }}")
    assert tokenizer.decode(shown.encode(tokenizer, [], tools=[{"name": "f"}], extra="!")) == "<|im_start|>f!<|im_end|>"


def test_parts_and_tool_calls(demo):
    parts = [{"role": "user", "content": [{"type": "text", "text": "안"}, {"type": "text", "text": "녕"}]}]
    chatml = ondol.ChatTemplate.named("chatml")
    assert chatml.render(parts) == chatml.render([{"role": "user", "content": "안녕"}])
    call = {"type": "function", "id": "1", "function": {"name": "f", "arguments": '{"city": "서울"}'}}
    shown = ondol.ChatTemplate("{{ messages[0].role }}{{ messages[0].tool_calls[0].function.arguments.city }}")
    assert shown.render([{"role": "a", "tool_calls": [call]}], parse_arguments=True) == "a서울"
    assert shown.render([{"role": "a", "tool_calls": [call]}]) == "a"


@pytest.mark.parametrize("message, what", [
    ({"content": "x"}, '"role" is missing'), ({"role": 1}, '"role" is an integer'), ("x", "messages.1. is a string"),
    ({"role": "user", "content": 1.5}, '"content" is a number'),
    ({"role": "assistant", "tool_calls": [{"function": {}}]}, 'tool_calls.0..function: "name" is missing'),
])
def test_malformed_messages_are_named(demo, message, what):
    with pytest.raises(ondol.Error, match=what) as caught:
        demo.chat_template.render([{"role": "user", "content": "x"}, message])
    assert caught.value.code == "invalid_argument"
    assert str(caught.value).startswith("messages[1]")


def test_plain_formats(demo):
    assert ondol.ChatTemplate.names() == ["alpaca", "chatml", "korean-dialogue", "vicuna"]
    dialogue = ondol.ChatTemplate.named("korean-dialogue")
    assert dialogue.render([{"role": "user", "content": "안녕"}]) == "[유저]: 안녕\n[챗봇]:"
    assert dialogue.stop == ["[유저]:"]
    assert ondol.ChatTemplate(dialogue.source).stop == []
    with pytest.raises(ondol.Error, match="known are alpaca"):
        ondol.ChatTemplate.named("korean")


def test_a_model_without_a_template_chats_with_a_plain_format(stories):
    assert not stories.has_chat_template
    template = ondol.ChatTemplate("{% for m in messages %}{{ m.content }}{% endfor %}")
    messages = [{"role": "user", "content": "Once upon a time"}]
    reply = stories.chat(messages, template=template, max_tokens=12)
    assert reply.text == stories.generate("Once upon a time", max_tokens=12).text
    chat = ondol.Chat(stories, template=ondol.ChatTemplate.named("alpaca"), max_tokens=4)
    chat.send("Hello")
    assert [message["role"] for message in chat.messages] == ["user", "assistant"]


@pytest.mark.parametrize("limit", ["max_steps", "max_depth", "max_output"])
def test_limits_are_options(limit):
    template = ondol.ChatTemplate("{% macro f(n) %}{{ f(n - 1) if n }}x{% endmacro %}{{ f(20) }}")
    assert template.render([]) == "x" * 21
    with pytest.raises(ondol.Error, match=limit) as caught:
        template.render([], **{limit: 10})
    assert caught.value.code == "template_error"


def test_variables_tools_and_the_clock():
    template = ondol.ChatTemplate(
        "{{ enable_thinking }} {{ tools[0].name }} {{ documents }} {{ strftime_now('%Y-%m-%d %H:%M') }}")
    assert template.render([], tools=[{"name": "f"}], documents=[1], enable_thinking=False,
                           now=datetime(2026, 1, 2, 3, 4, 5)) == "False f [1] 2026-01-02 03:04"
    assert ondol.ChatTemplate("{{ tools is none }}").render([]) == "True"


def test_raise_exception_is_an_error_with_its_text():
    with pytest.raises(ondol.Error, match="alternate 규칙") as caught:
        ondol.ChatTemplate("{{ raise_exception('alternate 규칙') }}").render([])
    assert caught.value.code == "template_error"


@pytest.mark.parametrize("source", ["{{ 'a' * 10000000000 }}", "{% for i in range(10**9) %}{{ i }}{% endfor %}",
                                    "{{ [].__class__.__mro__ }}", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"])
def test_endless_or_curious_templates_are_stopped(source):
    with pytest.raises(ondol.Error):
        ondol.ChatTemplate(source).render([])


def test_messages_that_are_no_json():
    with pytest.raises(TypeError):
        ondol.ChatTemplate("").render([{"role": object()}])


FAMILIES = ("SmolLM", "Llama-3", "Qwen2.5", "Qwen3", "gemma-2", "gemma-3", "Mistral", "Phi", "phi")


def test_reference_templates(read_json, data):
    """The families that must work; tests/unit/chat has all templates."""
    expected, inputs = read_json("templates/expected.json")["templates"], read_json("templates/inputs.json")
    checked = 0
    for name in (name for name in expected if any(family in name for family in FAMILIES)):
        template = ondol.ChatTemplate((data / "templates" / f"{name}.jinja").read_bytes())
        for case, text in expected[name]["cases"].items():
            if isinstance(text, str):
                given = {**expected[name].get("defaults", {}), **inputs[case], **expected[name].get("vars", {})}
                assert template.render(now=datetime(2026, 1, 2, 3, 4, 5), **given) == text, (name, case)
                checked += 1
    assert checked > 100
