"""The benchmark against peers, without peers: that its figures are there and its files are valid; no times."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import numpy as np
import pytest

import ondol

BENCH = Path(__file__).parents[1] / "bench"
sys.path.insert(0, str(BENCH))
from speed import limits, models, peers, report, rounds, svg  # noqa: E402

sys.path.remove(str(BENCH))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def measured(stories_path, tmp_path_factory):
    """compare.py run on Ondol alone: (its JSON, its table, its picture)."""
    folder = tmp_path_factory.mktemp("bench")
    done = subprocess.run(
        [sys.executable, BENCH / "compare.py", stories_path, "--short", "--engines", "ondol", "ondol-exact", "--threads",
         "1", "2", "--depth", "8", "--batch", "1", "3", "--json", folder / "out.json", "--svg", folder / "out.svg"],
        capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "out.json").read_text()), done.stdout, (folder / "out.svg").read_text()


def test_all_figures_are_there_and_positive(measured, stories_path):
    result, _, _ = measured
    cases = [(r["case"]["threads"], r["case"]["batch"]) for r in result["results"]]
    assert cases == [(1, 1), (1, 3), (2, 1), (2, 3)]
    for each in result["results"]:
        assert each["not_run"] == {} and each["case"]["model"] == stories_path and each["case"]["depth"] == 8
        for engine in ("ondol", "ondol-exact"):
            assert len(each["runs"][engine]) == 2
            for measure in rounds.MEASURES:
                spread = each["measures"][measure][engine]
                assert 0 < spread["min"] <= spread["median"] <= spread["max"] < float("inf"), (measure, spread)
            for run in each["runs"][engine]:
                assert run["load_seconds"] < run["load_to_first_token_seconds"] < run["process_to_first_token_seconds"]
        for measure in rounds.MEASURES:
            assert set(each["ratios"][measure]) == {"ondol-exact"} and each["ratios"][measure]["ondol-exact"]["min"] > 0


def test_the_limits_are_measured_in_the_same_run(measured):
    result, _, _ = measured
    assert set(result["limits"]) == {"1", "2"} and result["machine"]["cpu"]
    for entry in result["limits"].values():
        assert entry["read_gbs"] > 0 and all(peak["gmacs"] > 0 for peak in entry["peaks"])


def test_the_table_names_every_case_and_the_picture_is_svg(measured):
    result, table, picture = measured
    rows = [line for line in table.splitlines() if line.startswith("| " + result["results"][0]["case"]["model"])]
    assert len(rows) == 4 * 2 + 4  # figures of both engines, ratios of one
    root = xml.fromstring(picture)
    titles = [text.text for text in root.iter(SVG + "text")]
    for title, _, _ in report.COLUMNS.values():
        assert title.rsplit(", ", 1)[0] in titles
    assert len(list(root.iter(SVG + "polyline"))) == len(rounds.MEASURES) * 4  # two engines, two of what is no axis


class Fake:
    """An environment whose engines print figures and keep a diary."""

    def __init__(self, diary, broken=()):
        self.diary, self.broken = diary, broken

    def command(self, engine, file, case):
        if engine.name == "openvino":
            raise peers.NotRun("no wheel for this machine")
        value = {"ondol": 6.0, "llama.cpp": 3.0}.get(engine.name, 1.0)
        figures = {measure: value for measure in rounds.MEASURES} | {"first_token_clock": 0, "version": "1"}
        if engine.name == "ctranslate2":
            figures["prefill_tokens_per_second"] = None
        code = f"open({str(self.diary)!r}, 'a').write('{engine.name}\\n')\n"
        code += "import sys; sys.exit('some words\\nbroken pipe of clay')" if engine.name in self.broken else (
            f"print({json.dumps(json.dumps(figures))})")
        return [sys.executable, "-c", code]

    def variables(self, kind):
        return dict(os.environ)


CASE = rounds.Case("m", 1, 8, 4, 0, 1, "f16")
ALL = [peers.ENGINES[name] for name in ("ondol", "llama.cpp", "ctranslate2", "openvino")]


def test_engines_take_turns_and_none_is_dropped_silently(tmp_path):
    diary = tmp_path / "diary"
    result = rounds.measure(CASE, "file", ALL, Fake(diary), 3, 60)
    order = ["ondol", "llama.cpp", "ctranslate2"]
    assert diary.read_text().split() == order + order[::-1] + order
    assert result["not_run"] == {"openvino": "no wheel for this machine"}
    assert result["ratios"]["decode_tokens_per_second"]["llama.cpp"] == {"min": 2.0, "median": 2.0, "max": 2.0}
    assert set(result["ratios"]["prefill_tokens_per_second"]) == {"llama.cpp"}  # one engine cannot tell
    assert "ctranslate2" not in result["measures"]["prefill_tokens_per_second"]
    whole = {"machine": limits.machine(), "isa": "", "rounds": 3, "results": [result],
             "limits": {1: {"read_gbs": 10.0, "peaks": []}},
             "work": {"m": {"parameters": 1, "step_bytes": 1, "prompt_macs": 1, "float": False}}}
    assert "openvino was not run: no wheel for this machine" in report.text(whole)
    xml.fromstring(report.picture(whole))


@pytest.mark.parametrize("broken", ["llama.cpp", "ondol"])
def test_an_engine_that_fails_is_listed_with_its_reason(tmp_path, broken):
    result = rounds.measure(CASE, "file", ALL[:3], Fake(tmp_path / "diary", [broken]), 2, 60)
    assert result["not_run"] == {broken: "broken pipe of clay"} and broken not in result["runs"]
    ratios = result["ratios"]["decode_tokens_per_second"]
    assert set(ratios) == (set() if broken == "ondol" else {"ctranslate2"})


def test_a_peer_that_does_not_end_is_listed(tmp_path):
    with pytest.raises(peers.NotRun, match="not done after 0.2 s"):
        peers.run([sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ), 0.2)
    with pytest.raises(peers.NotRun, match="signal 9"):
        peers.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], dict(os.environ), 60)


def test_random_weights_are_a_model_of_that_shape(demo_path, tmp_path):
    shape = models.Shape(layers=2, hidden=64, intermediate=96, heads=4, kv_heads=2, context=128)
    path = tmp_path / "random.gguf"
    models.write_random(shape, path, demo_path, "test")
    model = ondol.Model.load(path, threads=1)
    info = model.info
    assert (info.layers, info.hidden_size, info.intermediate_size, info.heads, info.kv_heads, info.context) == (
        2, 64, 96, 4, 2, 128)
    assert model.tokenizer.encode("Hello, 온돌!") == ondol.Tokenizer.load(demo_path).encode("Hello, 온돌!")
    assert np.isfinite(model.logits([1, 2, 3])).all()
    work = models.work(path)
    layer = 64 * 64 * 2 + 64 * 32 * 2 + 64 * 96 * 3
    norms = 64 * 5
    assert work["prompt_macs"] == 2 * layer and work["parameters"] == 2 * layer + norms + info.vocabulary * 64
    assert work["step_bytes"] == 2 * (2 * layer + info.vocabulary * 64) + 4 * norms and not work["float"]


def test_names_of_weights():
    for wrong in ("2b", "smollm2:q0", "1b:q99"):
        with pytest.raises(SystemExit, match=wrong):
            models.resolve(wrong)


def numbers(element, *names):
    return [float(element.get(name)) for name in names]


def test_charts_stay_in_their_frames():
    points = [svg.Point(x, y, y / 2, y * 2) for x, y in ((128, 3), (1024, 500), (16384, 40))]
    panels = [svg.lines("a < b", "x & y", "unit", {"one": points, "two": points[:1]}, log_y=log) for log in (True, False)]
    panels.append(svg.bars("bars", "unit", {"g": {"one": points[0], "two": points[1]}, "h": {"two": points[2]}}))
    panels.append(svg.lines("roof", "x", "y", {"one": points}, log_y=True, marks_only=True, roofs={"peak": points}))
    root = xml.fromstring(svg.page("page", panels))
    assert len(root.findall(SVG + "g")) == 4
    for group in root.findall(SVG + "g"):
        for circle in group.iter(SVG + "circle"):
            x, y = numbers(circle, "cx", "cy")
            assert svg.LEFT <= x <= svg.WIDTH - svg.RIGHT and svg.TOP <= y <= svg.HEIGHT - svg.BOTTOM
        for line in group.iter(SVG + "line"):
            x1, x2, y1, y2 = numbers(line, "x1", "x2", "y1", "y2")
            assert all(0 <= x <= svg.WIDTH for x in (x1, x2)) and all(0 <= y <= svg.HEIGHT for y in (y1, y2))
        for rect in group.iter(SVG + "rect"):
            y, height = numbers(rect, "y", "height")
            assert height >= 0 and y + height <= svg.HEIGHT
    upright = [line for line in root.iter(SVG + "line") if line.get("x1") == line.get("x2")]
    assert len([line for line in upright if line.get("stroke") in svg.COLOURS]) == 4 + 4 + 3  # whiskers of points


@pytest.mark.parametrize("high", [1e-3, 0.07, 1, 3, 17, 99.5, 1234, 7e7])
def test_axes_begin_at_nought_and_hold_the_highest(high):
    axis = svg.Axis([high / 3, high], 300, 20)
    assert axis(0) == 300 and 20 <= axis(high) <= axis(high / 3) and axis.ticks[0] == 0 and axis.ticks[-1] >= high * 0.999
    assert 3 <= len(axis.ticks) <= 9


def test_kernels_against_the_roofs(tmp_path):
    """Of the program where it is built, else of figures as it writes them."""
    sys.path.insert(0, str(BENCH))
    import roofline

    sys.path.remove(str(BENCH))
    if roofline.PROGRAM.exists():
        done = subprocess.run(
            [sys.executable, BENCH / "roofline.py", "--threads", "1", "--format", "Q4_1", "F16", "--shape", "64x64",
             "--rows", "1", "4", "--json", tmp_path / "out.json"], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        result = json.loads((tmp_path / "out.json").read_text())
        result["limits"] = {int(threads): entry for threads, entry in result["limits"].items()}
        assert len(result["figures"]) % 4 == 0
    else:
        figure = {"threads": 1, "isa": "avx2", "format": "Q4_1", "outputs": 64, "columns": 64, "rows": 1, "seconds": 1e-6,
                  "gmacs": 4.1, "weight_bytes": 2560, "gbs": 2.5, "pack_seconds": 1e-5}
        peaks = [{"isa": "avx2", "arithmetic": "i16", "integer": True, "gmacs": 50.0}]
        result = {"machine": limits.machine(), "limits": {1: {"read_gbs": 10.0, "peaks": peaks}},
                  "figures": [figure, {**figure, "rows": 4, "gmacs": 9.0}]}
    assert result["figures"] and all(figure["gmacs"] > 0 and figure["pack_seconds"] > 0 for figure in result["figures"])
    assert "64x64" in roofline.text(result)
    root = xml.fromstring(roofline.picture(result))
    assert len(list(root.iter(SVG + "circle"))) == len(result["figures"])
    figure = {"rows": 2, "outputs": 100, "columns": 50, "weight_bytes": 800}
    assert roofline.intensity(figure) == 2 * 100 * 50 / (800 + 4 * 2 * 150)


def test_the_command_measures_sequences_together(stories_path):
    done = subprocess.run([sys.executable, "-m", "ondol", "bench", stories_path, "--threads", "1", "--prompt", "8",
                           "--generate", "4", "--batch", "3", "--json"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["batch"] == 3 and result["prefill_tokens_per_second"] > 0 and result["decode_tokens_per_second"] > 0


def test_divergence(demo_path, tmp_path):
    done = subprocess.run([sys.executable, BENCH / "divergence.py", demo_path, "--alone", "--positions", "60", "--json",
                           tmp_path / "out.json"], capture_output=True, text=True, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr
    [result] = json.loads((tmp_path / "out.json").read_text())
    assert result["positions"] == 60 and 0 <= result["ondol"]["mean"] < 2.8e-3  # half of llama.cpp 0.3.36's on them
    assert result["ondol"]["mean"] <= result["ondol"]["percentile_99"] and "mean" in done.stdout


def test_loading_and_disturbed(stories_path):
    """The benchmarks of loading, and of threads that lose their cores."""
    done = subprocess.run([sys.executable, BENCH / "loading.py", stories_path, "--rounds", "1"], capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3 and stories_path in done.stdout
    done = subprocess.run([sys.executable, BENCH / "disturbed.py", stories_path, "--prompt", "8", "--generate", "4"],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    cases = [line.split("|")[1].strip() for line in done.stdout.splitlines()[2:]]
    assert cases[:4] == ["free", "half the threads, free", "half the cores", "a busy program on half the cores"]


def test_parts_of_a_forward_pass():
    """Names of functions as a profiler gives them."""
    sys.path.insert(0, str(BENCH))
    import forward_pass

    sys.path.remove(str(BENCH))
    vnni = "ondol::avx512vnni::(anonymous namespace)::"
    for name, part in {
        vnni + "integer::multiply_many<signed char, ondol::Layout{32, 4, 8}>": "products, 8-bit activations",
        vnni + "integer::multiply_tile<8, 2, short, ondol::avx512vnni::": "products, 16-bit activations",
        vnni + "integer::write_out": "results of products",
        vnni + "attention_bodies::tile<12, 2, ondol::": "attention",
        vnni + "integer::round_group<signed char>": "rounding activations",
        "ondol::ThreadPool::run": "waiting",
        "ondol::pack_panel": None,
        "std::function": "other",
    }.items():
        assert forward_pass.part_of(name) == part
