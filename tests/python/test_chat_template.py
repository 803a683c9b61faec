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
