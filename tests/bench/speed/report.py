"""Results as tables (Markdown) and as a picture."""

from . import svg
from .limits import highest
from .peers import ENGINES
from .rounds import MEASURES

#: name in a table, unit's scale, digits
COLUMNS = {
    "prefill_tokens_per_second": ("prefill, tokens/s", 1, 0),
    "decode_tokens_per_second": ("decode, tokens/s", 1, 1),
    "load_seconds": ("load, ms", 1e3, 0),
    "load_to_first_token_seconds": ("load to first token, ms", 1e3, 0),
    "process_to_first_token_seconds": ("process to first token, ms", 1e3, 0),
    "peak_bytes": ("peak memory, MB", 1e-6, 0),
}


def table(head, rows):
    """Markdown, aligned."""
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    line = lambda row: "| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |"
    return "\n".join([line(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)])


def _spread(spread, scale=1, digits=2):
    if spread is None:
        return "-"
    low, middle, high = (f"{spread[name] * scale:.{digits}f}" for name in ("min", "median", "max"))
    return middle if low == high else f"{middle} ({low} .. {high})"


def _varied(results):
    """Parameters of the cases that are not all alike; the model is always named."""
    return [name for name in results[0]["case"]
            if name == "model" or len({result["case"][name] for result in results}) > 1]


def _share(value, limit):
    if value is None:
        return "-"
    return f"{value:.1f} ({100 * value / limit:.0f} %)" if limit else f"{value:.1f}"


def shares(result, work, limits, isa=""):
    """{engine: (GMAC/s of the prompt, GB/s of weights in the decode)}, each with its share of what this run's limits say

    for as many threads. GMAC/s count the layers' products alone, GB/s the file's bytes.
    """
    case, found = result["case"], {}
    peak = highest(limits, not work["float"], isa)
    for engine in result["runs"]:
        prefill = result["measures"]["prefill_tokens_per_second"].get(engine)
        gmacs = prefill["median"] * work["prompt_macs"] * 1e-9 if prefill else None
        steps = result["measures"]["decode_tokens_per_second"][engine]["median"] / case["batch"]
        gbs = steps * work["step_bytes"] * 1e-9 if ENGINES[engine].kind.keeps_types else None
        found[engine] = (_share(gmacs, peak), _share(gbs, limits["read_gbs"]))
    return found


def text(report):
    """All of it: the machine, its limits, figures, ratios, and what did not run."""
    machine, results, isa = report["machine"], report["results"], report["isa"]
    same = {name: value for name, value in results[0]["case"].items() if name not in _varied(results)}
    versions = {engine: runs[0]["version"] for result in results for engine, runs in result["runs"].items()}
    lines = [f"{machine['cpu']}, {machine['cores']} cores, {' '.join(machine['flags'])}; "
             f"load {machine['load_average']:.1f} when begun" + (f"; held to {isa}" if isa else ""),
             "; ".join(f"{engine} {version}" for engine, version in versions.items()),
             f"{report['rounds']} rounds of fresh processes, median (least .. most); "
             + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in same.items()), ""]
    for threads, entry in report["limits"].items():
        lines.append(f"{threads} threads at most: {entry['read_gbs']:.1f} GB/s read, "
                     f"{highest(entry, True, isa):.0f} integer and {highest(entry, False, isa):.0f} float GMAC/s")
    figures, ratios, reasons = [], [], []
    varied = _varied(results)
    for result in results:
        case = [result["case"][name] for name in varied]
        limits = report["limits"][result["case"]["threads"]]
        share = shares(result, report["work"][result["case"]["model"]], limits, isa)
        for engine in result["runs"]:
            figures.append([*case, engine,
                            *(_spread(result["measures"][name].get(engine), scale, digits)
                              for name, (_, scale, digits) in COLUMNS.items()),
                            *share[engine]])
            if any(engine in result["ratios"][name] for name in COLUMNS):
                ratios.append([*case, engine, *(_spread(result["ratios"][name].get(engine)) for name in COLUMNS)])
        for engine, reason in result["not_run"].items():
            figures.append([*case, engine, "not run", *["-"] * (len(COLUMNS) + 1)])
            reasons.append(f"- {', '.join(map(str, case))}: {engine} was not run: {reason}")
    head = [name.replace("_", " ") for name in varied]
    titles = [title for title, _, _ in COLUMNS.values()]
    lines += ["", table([*head, "engine", *titles, "prefill, GMAC/s (of peak)", "decode, GB/s (of read)"], figures)]
    if ratios:
        lines += ["", "Ondol's figure / the other engine's, in the same round:", "",
                  table([*head, "Ondol / ...", *(title.split(",")[0] for title in titles)], ratios)]
    if reasons:
        lines += ["", *reasons]
    return "\n".join(lines)


def picture(report):
    """SVG: lines over the parameter that takes the most values (else over the models' sizes), else bars."""
    results, work = report["results"], report["work"]
    varied = _varied(results)
    count = {name: len({result["case"][name] for result in results}) for name in ("threads", "prompt", "depth", "batch")}
    sizes = {model: those["parameters"] for model, those in work.items()}
    x_name = max(count, key=count.get)
    if count[x_name] == 1:
        x_name = "parameters" if len(set(sizes.values())) > 2 else None
    several = [name for name in varied if name != x_name
               and (name != "model" or len(work) > 1 and x_name != "parameters")]
    label = lambda case: [f"{case[name]} {name}" if isinstance(case[name], int) else case[name] for name in several]
    panels = []
    for measure in MEASURES:
        title, scale, _ = COLUMNS[measure]
        groups = {}
        for result in results:
            case = result["case"]
            for engine, found in result["measures"][measure].items():
                x = sizes[case["model"]] if x_name == "parameters" else case[x_name] if x_name else 0
                point = svg.Point(x, *(found[name] * scale for name in ("median", "min", "max")))
                if x_name:
                    groups.setdefault(", ".join([engine, *label(case)]), {})[x] = point
                else:
                    groups.setdefault(", ".join(label(case)) or case["model"], {})[engine] = point
        if not groups:
            continue
        name, unit = title.rsplit(", ", 1)
        if x_name:
            series = {name: sorted(points.values(), key=lambda p: p.x) for name, points in groups.items()}
            log = all(p.x > 0 for points in series.values() for p in points)
            panels.append(svg.lines(name, x_name, unit, series, log_x=log, log_y=x_name == "parameters"))
        else:
            panels.append(svg.bars(name, unit, groups))
    return svg.page("Ondol and its peers", panels,
                    f"{report['machine']['cpu']}, {report['rounds']} rounds; medians, whiskers: least and most")
