"""The kernels of the products against the machine's limits: a table, and a roofline picture for each instruction set.

    cmake --build --preset release --target kernel_products
    python tests/bench/roofline.py --threads 1 2 --svg roofline.svg --json roofline.json
    python tests/bench/roofline.py --isa avx2 --format Q4_0 Q8_0 --shape 131072x4096 --rows 1      # far out of the caches

A point is a product of `rows` rows of activations: multiply-accumulates for each byte that it has to move (packed
weights, activations, results), and how many of them a second. Roofs are measured in the same run; what fits a cache may
lie above the slope, which is that of DRAM.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from speed import limits, report, svg

#: Ondol's instruction sets, and what holds the oneDNN of its float products to them
ISAS = {"avx2": "AVX2", "avxvnni": "AVX2_VNNI", "avx512": "AVX512_CORE", "avx512vnni": "AVX512_CORE_VNNI",
        "neon": "DEFAULT"}
PROGRAM = Path(__file__).parents[2] / "build" / "release" / "tests" / "bench" / "kernel_products"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=PROGRAM, help="kernel_products; default: the release preset's")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--isa", nargs="+", choices=("base", *ISAS), help="default: all that this CPU has but base")
    parser.add_argument("--format", nargs="+", default=[], help="storage types; default: all that have a product")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 8, 512])
    parser.add_argument("--shape", nargs="+", default=["1536x576", "576x1536", "8192x2048"], metavar="OUTPUTSxINPUTS")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--svg", type=Path, metavar="FILE")
    options = parser.parse_args()
    if not options.program.exists():
        parser.error(f"{options.program} is not there: cmake --build --preset release --target kernel_products")
    return options


def collect(options):
    lists = {name: getattr(options, name) for name in ("threads", "format", "rows", "shape")}
    chosen = [f"{name}={','.join(map(str, values))}" for name, values in lists.items() if values]
    result = {"machine": limits.machine(), "limits": limits.limits(options.threads), "figures": []}
    here = {each["isa"] for each in result["limits"][options.threads[0]]["peaks"]}
    for isa in options.isa or [isa for isa in ISAS if isa in here]:
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            subprocess.run([options.program, f"isa={isa}", f"json={file.name}", *chosen], check=True,
                           stdout=subprocess.DEVNULL, env={**os.environ, "ONEDNN_MAX_CPU_ISA": ISAS.get(isa, "SSE41")})
            result["figures"] += json.load(open(file.name))
    return result


def intensity(figure):
    """Multiply-accumulates a byte moved."""
    rows, outputs, columns = figure["rows"], figure["outputs"], figure["columns"]
    return rows * outputs * columns / (figure["weight_bytes"] + 4 * rows * (outputs + columns))


def is_float(figure):
    return figure["format"] == "F32"  # other types multiply as integers


def text(result):
    rows = sorted({figure["rows"] for figure in result["figures"]})
    lines = {}
    for figure in result["figures"]:
        entry = result["limits"][figure["threads"]]
        key = (figure["isa"], figure["format"], f"{figure['outputs']}x{figure['columns']}", figure["threads"])
        most = limits.highest(entry, not is_float(figure), figure["isa"])
        cell = f"{figure['gmacs']:.0f}" + (f" ({100 * figure['gmacs'] / most:.0f} %)" if most else "")
        if figure["rows"] == 1:
            cell = f"{figure['gbs']:.1f} GB/s ({100 * figure['gbs'] / entry['read_gbs']:.0f} %)"
        lines.setdefault(key, {"pack": figure["weight_bytes"] / figure["pack_seconds"] * 1e-9})[figure["rows"]] = cell
    head = ["isa", "type", "outputs x inputs", "threads",
            *(f"M = {row}, GMAC/s" if row > 1 else "M = 1, of DRAM read" for row in rows), "packed, GB/s"]
    table = report.table(head, [[*key, *(cells.get(row, "-") for row in rows), f"{cells['pack']:.1f}"]
                                for key, cells in lines.items()])
    most = [f"{threads} threads at most: {entry['read_gbs']:.1f} GB/s; " + ", ".join(
        f"{each['isa']} {each['arithmetic']} {each['gmacs']:.0f}" for each in entry["peaks"]) + " GMAC/s"
        for threads, entry in result["limits"].items()]
    machine = result["machine"]
    return "\n".join([f"{machine['cpu']}, load {machine['load_average']:.1f}", *most, "", table])


def picture(result):
    panels = []
    for isa, threads in dict.fromkeys((figure["isa"], figure["threads"]) for figure in result["figures"]):
        entry = result["limits"][threads]
        mine = [figure for figure in result["figures"] if (figure["isa"], figure["threads"]) == (isa, threads)]
        series = {}
        for figure in mine:
            series.setdefault(figure["format"], []).append(svg.Point(intensity(figure), figure["gmacs"]))
        low, high = min(map(intensity, mine)) / 1.5, max(map(intensity, mine)) * 1.5
        roofs = {}
        for integer, name in ((True, "integer"), (False, "float")):
            most = limits.highest(entry, integer, isa)
            if not most:
                continue
            edge = min(max(most / entry["read_gbs"], low), high)
            roofs[f"{name} peak and DRAM read"] = [svg.Point(x, min(most, x * entry["read_gbs"]))
                                                  for x in dict.fromkeys((low, edge, high))]
        panels.append(svg.lines(f"{isa}, {threads} threads", "multiply-accumulates a byte", "GMAC/s", series, log_y=True,
                                roofs=roofs, marks_only=True))
    return svg.page("Products of the kernels under the machine's roofs", panels, result["machine"]["cpu"])


def main():
    options = arguments()
    result = collect(options)
    print(text(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    if options.svg:
        options.svg.write_text(picture(result))


if __name__ == "__main__":
    main()
