"""Charts as SVG: bars with whiskers, and lines on linear or logarithmic axes."""

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 84
COLOURS = ("#c0392b", "#2c6fbb", "#2e8b57", "#8e44ad", "#d68910", "#16a085", "#7f8c8d", "#34495e",
           "#e377c2", "#8c564b", "#9acd32", "#00b4d8", "#ff6f3c", "#5b2c6f", "#b8a000", "#1f3b70")


@dataclass
class Point:
    """A figure with the least and the most that was seen of it."""

    x: float
    y: float
    low: float = None
    high: float = None


def _text(x, y, text, anchor="middle", size=11, extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {extra}>{escape(str(text))}</text>'


def _line(x1, y1, x2, y2, colour="#ddd", extra=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {extra}/>'


def _number(value):
    """128, 1k, 16k, 0.5"""
    if value >= 1e9:
        return f"{value / 1e9:.3g}G"
    if value >= 1e6:
        return f"{value / 1e6:.3g}M"
    if value >= 1024 and value % 1024 == 0:
        return f"{value / 1024:.0f}k"
    return f"{value:,.0f}" if value >= 1e4 else f"{value:.4g}"


class Axis:
    """Values to pixels, and where its ticks are."""

    def __init__(self, values, begin, end, log=False, ticks=None):
        self.begin, self.end, self.log = begin, end, log
        if log:
            low, high = min(values), max(values)
            self.low, self.high = math.log(low), math.log(high if high > low else low * 2)
            powers = (2.0**i for i in range(math.floor(math.log2(low)), math.ceil(math.log2(max(high, low * 2))) + 1))
            self.ticks = ticks or [power for power in powers if low * 0.999 <= power <= high * 1.001]
            if not ticks and len(self.ticks) > 12:
                self.ticks = self.ticks[::len(self.ticks) // 8]
        else:
            self.low, self.high = 0.0, max(max(values), 1e-30)
            step = 10 ** math.floor(math.log10(self.high))
            step = next(step * part for part in (0.1, 0.2, 0.25, 0.5, 1, 2) if self.high / (step * part) <= 7)
            self.high = math.ceil(self.high / step - 1e-9) * step
            self.ticks = ticks or [step * i for i in range(round(self.high / step) + 1)]

    def __call__(self, value):
        value = math.log(value) if self.log else value
        return self.begin + (self.end - self.begin) * (value - self.low) / (self.high - self.low)


def _frame(title, y_axis, y_label):
    parts = [_text(LEFT, 20, title, "start", 13, 'font-weight="bold"')]
    for tick in y_axis.ticks:
        parts += [_line(LEFT, y_axis(tick), WIDTH - RIGHT, y_axis(tick)),
                  _text(LEFT - 6, y_axis(tick) + 4, _number(tick), "end")]
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return parts + [_text(16, middle, y_label, extra=f'transform="rotate(-90 16 {middle:.1f})"')]


def _whisker(x, axis, point, colour):
    if point.low is None or point.low == point.high:
        return []
    return [_line(x, axis(point.low), x, axis(point.high), colour)]


def _legend(names):
    parts, x, y = [], LEFT, HEIGHT - BOTTOM + 48
    for i, name in enumerate(names):
        wide = 24 + 6 * len(name)
        if x + wide > WIDTH and x > LEFT:
            x, y = LEFT, y + 14
        parts += [f'<rect x="{x:.1f}" y="{y - 9:.1f}" width="10" height="10" fill="{COLOURS[i % len(COLOURS)]}"/>',
                  _text(x + 14, y, name, "start", 10)]
        x += wide
    return parts


def lines(title, x_label, y_label, series, log_x=True, log_y=False, roofs=None, marks_only=False):
    """A panel of {name: [Point]}; roofs: {name: [Point]} drawn thin and grey beneath."""
    everything = [p for points in [*series.values(), *(roofs or {}).values()] for p in points]
    xs = sorted({p.x for p in everything})
    few = sorted({p.x for points in series.values() for p in points})
    x_axis = Axis(xs, LEFT + 10, WIDTH - RIGHT - 10, log_x, few if not roofs and len(few) <= 12 else None)
    y_axis = Axis([v for p in everything for v in (p.y, p.low, p.high) if v], HEIGHT - BOTTOM, TOP, log_y)
    parts = _frame(title, y_axis, y_label)
    for tick in x_axis.ticks:
        parts += [_line(x_axis(tick), HEIGHT - BOTTOM, x_axis(tick), HEIGHT - BOTTOM + 4, "#888"),
                  _text(x_axis(tick), HEIGHT - BOTTOM + 16, _number(tick))]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 32, x_label))
    path = lambda points: " ".join(f"{x_axis(p.x):.1f},{y_axis(p.y):.1f}" for p in points)
    for name, points in (roofs or {}).items():
        parts += [f'<polyline points="{path(points)}" fill="none" stroke="#888" stroke-dasharray="4 3"/>',
                  _text(x_axis(points[-1].x), y_axis(points[-1].y) - 4, name, "end", 9)]
    for i, (name, points) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        if not marks_only:
            parts.append(f'<polyline points="{path(points)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for p in points:
            parts += _whisker(x_axis(p.x), y_axis, p, colour)
            parts.append(f'<circle cx="{x_axis(p.x):.1f}" cy="{y_axis(p.y):.1f}" r="3" fill="{colour}"/>')
    return parts + _legend(series)


def bars(title, y_label, groups):
    """A panel of {group: {name: Point}}; what a group lacks stays empty."""
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    y_axis = Axis([v for group in groups.values() for p in group.values() for v in (p.y, p.high) if v],
                  HEIGHT - BOTTOM, TOP)
    parts = _frame(title, y_axis, y_label)
    wide = (WIDTH - LEFT - RIGHT) / len(groups)
    bar = 0.8 * wide / len(names)
    for i, (label, group) in enumerate(groups.items()):
        begin = LEFT + wide * (i + 0.1)
        for j, name in enumerate(names):
            if name not in group:
                continue
            x, y = begin + bar * j, y_axis(group[name].y)
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{bar * 0.92:.1f}" height="{HEIGHT - BOTTOM - y:.1f}" '
                         f'fill="{COLOURS[j % len(COLOURS)]}"/>')
            parts += _whisker(x + bar * 0.46, y_axis, group[name], "#222")
        parts.append(_text(begin + 0.4 * wide, HEIGHT - BOTTOM + 16, label, size=min(11, max(6, 1.6 * wide / len(label)))))
    return parts + _legend(names)


def page(title, panels, note=""):
    """A document of panels, two beside each other."""
    rows = -(-len(panels) // 2)
    width, height = WIDTH * min(2, max(1, len(panels))), HEIGHT * rows + 60
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
             f'<rect width="{width}" height="{height}" fill="white"/>', _text(20, 24, title, "start", 16),
             _text(20, 44, note, "start", 10, 'fill="#555"')]
    for i, panel in enumerate(panels):
        parts += [f'<g transform="translate({WIDTH * (i % 2)} {60 + HEIGHT * (i // 2)})">', *panel, "</g>"]
    return "\n".join([*parts, "</svg>", ""])
