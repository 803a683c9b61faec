"""Chat templates in Ondol beside Jinja2 (compiled once, in transformers' environment): alternating runs, medians.

    python tests/bench/templates.py                     # microseconds a prompt, from Python's messages to Python's text
    python tests/bench/templates.py --rounds 25 --json result.json
"""

import argparse
import json
import platform
import statistics
import sys
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "python"))
import test_template_fuzz as reference

import ondol

NAMES = ["meta-llama-Llama-3.1-8B-Instruct", "Qwen-Qwen3-0.6B", "openai-gpt-oss-120b"]
VARIABLES = {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}
TOOLS = [{"type": "function", "function": {
    "name": f"get_weather_{i}", "description": "The weather of a city, now or in the days to come.",
    "parameters": {"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "Name of the city, as people there write it"},
        "days": {"type": "integer", "description": "How many days ahead"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}}}} for i in range(4)]


def conversation(turns):
    messages = [{"role": "system", "content": "당신은 도움을 주는 비서입니다. Answer briefly."}]
    for i in range(turns):
        if i:
            messages.append({"role": "assistant", "content": f"서울은 오늘 맑고 {i}도입니다. Tomorrow it will rain in the afternoon."})
        messages.append({"role": "user", "content": f"오늘 서울 날씨 어때? And tomorrow, in {i} words, please? " * 3})
    return messages


def timed(call, seconds=0.02):
    """Seconds a call, over as many as take a while."""
    count = 1
    while True:
        start = time.perf_counter()
        for _ in range(count):
            call()
        spent = time.perf_counter() - start
        if spent >= seconds:
            return spent / count
        count = max(2 * count, int(count * seconds / max(spent, 1e-9)))


def compare(ours, theirs, rounds):
    """Medians of both, who goes first alternates."""
    calls = {"ondol": ours, "jinja2": theirs}
    found = {name: [] for name in calls}
    for i in range(rounds):
        for name in list(calls)[:: 1 if i % 2 == 0 else -1]:
            found[name].append(timed(calls[name]))
    return {name: statistics.median(values) for name, values in found.items()}


def cpu():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data" / "templates")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    env = reference.environment()
    now = datetime(2026, 1, 2, 3, 4, 5)
    env.globals["strftime_now"] = now.strftime
    results = []
    print(f"{cpu()}; microseconds a prompt\n{'template':34} {'turns':>5} {'tools':>5} {'ondol':>9} {'jinja2':>9} {'ratio':>6}")
    for name in NAMES:
        source = (options.data / f"{name}.jinja").read_text(encoding="utf-8")
        theirs, ours = env.from_string(source), ondol.ChatTemplate(source)
        for turns in (1, 100):
            for tools in (None, TOOLS):
                messages = conversation(turns)
                given = {"messages": messages, "tools": tools, "documents": None, "add_generation_prompt": True, **VARIABLES}
                assert ours.render(messages, tools, now=now, **VARIABLES) == theirs.render(**given)
                found = compare(lambda: ours.render(messages, tools, now=now, **VARIABLES),
                                lambda: theirs.render(**given), options.rounds)
                results.append({"template": name, "turns": turns, "tools": bool(tools), **found})
                print(f"{name:34} {turns:5} {len(tools or []):5} {found['ondol'] * 1e6:9.1f} {found['jinja2'] * 1e6:9.1f} "
                      f"{found['jinja2'] / found['ondol']:6.2f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"cpu": cpu(), "results": results}, indent=1))


if __name__ == "__main__":
    main()
