import pytest

import ondol

CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "서울", "days": 2}}\n</tool_call>'


def test_the_reference_cases(read_json):
    reference = read_json("replies/cases.json")
    for case in reference["cases"]:
        prefix = "<think>\n" if case.get("thinking_open") else ""
        reply = ondol.parse_reply(case["text"], format=case["format"], prefix=prefix, tools=reference["tools"])
        assert reply == case["expected"], case["name"]
        assert reply.incomplete == case.get("truncated", False), case["name"]
        parser = ondol.ReplyParser(case["format"], prefix, reference["tools"])
        deltas = [parser.add(bytes([byte])) for byte in case["text"].encode()] + [parser.finish()]
        assert parser.reply == reply, case["name"]
        assert "".join(delta.content for delta in deltas) == reply.content
        assert "".join(delta.reasoning for delta in deltas) == (reply.reasoning or "")
        assert [call for delta in deltas for call in delta.tool_calls] == reply.tool_calls
    assert len(reference["cases"]) == 75


def test_a_call_as_a_mapping_and_by_attributes():
    reply = ondol.parse_reply("찾아볼게요.\n" + CALL, format="hermes")
    assert reply["content"] == reply.content == "찾아볼게요."
    assert reply["reasoning"] is reply.reasoning is None
    (call,) = reply["tool_calls"]
    assert call == {"name": "get_weather", "arguments": {"city": "서울", "days": 2}}
    assert (call.name, call.arguments["days"], call.id) == ("get_weather", 2, "")
    assert ondol.parse_reply("[TOOL_CALLS]f[CALL_ID]a1[ARGS]{}", "mistral").tool_calls[0].id == "a1"


def test_broken_calls_are_text():
    broken = CALL[:60]
    reply = ondol.parse_reply(broken, format="hermes")
    assert (reply.content, reply.tool_calls, reply.incomplete) == (broken, [], True)


def test_reasoning_and_answer():
    text = "<think>\n2+2는 4다.\n</think>\n\n4입니다."
    expected = {"content": "4입니다.", "reasoning": "2+2는 4다.", "tool_calls": []}
    assert ondol.parse_reply(text, format="hermes") == expected
    prompt = "<|im_start|>assistant\n<think>\n"
    assert ondol.parse_reply(text[len("<think>\n"):], format="hermes", prefix=prompt) == expected


def test_thought_action_and_final_answer():
    text = "Thought: 날씨를 찾아야 한다.\nAction: search\nAction Input: 오늘 서울 날씨\nObservation:"
    reply = ondol.parse_reply(text, format="react")
    assert reply.reasoning == "날씨를 찾아야 한다."
    assert reply.tool_calls == [{"name": "search", "arguments": {"input": "오늘 서울 날씨"}}]
    answer = ondol.parse_reply(" 맑음, 22도\nThought: 이제 알았다.\nFinal Answer: 맑고 22도입니다.", "react", prefix=text)
    assert answer == {"content": "맑고 22도입니다.", "reasoning": "이제 알았다.", "tool_calls": []}


def test_an_unknown_format_is_refused_with_the_known_ones():
    with pytest.raises(ondol.Error) as caught:
        ondol.parse_reply("", format="gpt")
    assert caught.value.code == "invalid_argument"
    for name in ondol.reply_formats():
        assert name in str(caught.value)
    with pytest.raises(ondol.Error, match="name"):
        ondol.ReplyParser("hermes", tools=[{}])
