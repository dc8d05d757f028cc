"""Charts as inline SVG: no script, no file, readable on light and dark through CSS variables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 14, 44
SERIES_COLORS = 8
"""`--series-0` to `--series-7` are defined in the style sheet."""


@dataclass(frozen=True)
class Series:
    """One line of a chart."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    color: int = 0


@dataclass(frozen=True)
class Bar:
    """One horizontal bar; `spread` draws a whisker of that half-length."""

    label: str
    value: float
    spread: float | None = None
    color: int = 0
    note: str = ""


def line_chart(series: Sequence[Series], *, title: str, x_label: str, y_label: str, dots: bool = False) -> Markup:
    """Lines over a common pair of axes; points beyond 300 are averaged in groups."""
    lines = [_thinned(line) for line in series if len(line.x)]
    if not lines:
        return Markup("<p>No values yet.</p>")
    x_ticks = _ticks(min(min(line.x) for line in lines), max(max(line.x) for line in lines))
    y_ticks = _ticks(min(min(line.y) for line in lines), max(max(line.y) for line in lines))
    body = [_axes(x_ticks, y_ticks, x_label, y_label)]
    for line in lines:
        points = [(_place(x, x_ticks, LEFT, WIDTH - RIGHT), _place(y, y_ticks, HEIGHT - BOTTOM, TOP))
                  for x, y in zip(line.x, line.y)]  # fmt: skip
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        color = f"var(--series-{line.color % SERIES_COLORS})"
        body.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.8" stroke-linejoin="round">'
            f"<title>{escape(line.label)}</title></polyline>"
        )
        if dots:
            body += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{color}"/>' for x, y in points]
    return _figure(body, title, HEIGHT) + _legend(lines)


def bar_chart(bars: Sequence[Bar], *, title: str, unit: str, low: float = 0.0, high: float | None = None) -> Markup:
    """Horizontal bars with their values written beside them."""
    if not bars:
        return Markup("<p>No values yet.</p>")
    reach = [bar.value + (bar.spread or 0) for bar in bars] + [bar.value - (bar.spread or 0) for bar in bars]
    ticks = _ticks(min(low, *reach), max(reach) if high is None else max(high, *reach))
    row, label_width = 30, 190
    height = row * len(bars) + BOTTOM
    body = []
    for tick in ticks:
        x = _place(tick, ticks, label_width, WIDTH - 70)
        body.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{height - BOTTOM + 4}" class="grid"/>')
        body.append(f'<text x="{x:.1f}" y="{height - BOTTOM + 20}" text-anchor="middle">{_number(tick)}</text>')
    body.append(
        f'<text x="{(label_width + WIDTH - 70) / 2}" y="{height - 6}" text-anchor="middle">{escape(unit)}</text>'
    )
    for number, bar in enumerate(bars):
        body.append(_bar(bar, number * row + 6, row - 10, label_width, ticks))
    return _figure(body, title, height)


def _bar(bar: Bar, top: float, thick: float, label_width: float, ticks: Sequence[float]) -> str:
    zero, end = (_place(value, ticks, label_width, WIDTH - 70) for value in (0.0, bar.value))
    middle = top + thick / 2
    parts = [
        f'<text x="{label_width - 8}" y="{middle + 4}" text-anchor="end">{escape(bar.label)}</text>',
        f'<rect x="{min(zero, end):.1f}" y="{top}" width="{abs(end - zero):.1f}" height="{thick}" rx="2" '
        f'fill="var(--series-{bar.color % SERIES_COLORS})"/>',
    ]
    tip = max(zero, end)
    if bar.spread is not None:
        first, last = (_place(bar.value + sign * bar.spread, ticks, label_width, WIDTH - 70) for sign in (-1, 1))
        parts.append(f'<line x1="{first:.1f}" x2="{last:.1f}" y1="{middle}" y2="{middle}" class="whisker"/>')
        tip = max(tip, last)
    text = escape(bar.note or _number(bar.value))
    parts.append(f'<text x="{tip + 6:.1f}" y="{middle + 4}" class="strong">{text}</text>')
    return "".join(parts)


def _figure(body: Sequence[str], title: str, height: float) -> Markup:
    content = "".join(body)
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}" class="chart">'
        f"<title>{escape(title)}</title>{content}</svg>"
    )


def _legend(lines: Sequence[Series]) -> Markup:
    items = "".join(
        f'<li><span class="swatch" style="background:var(--series-{line.color % SERIES_COLORS})"></span>'
        f"{escape(line.label)}</li>"
        for line in lines
    )
    return Markup(f'<ul class="legend">{items}</ul>')


def _axes(x_ticks: Sequence[float], y_ticks: Sequence[float], x_label: str, y_label: str) -> str:
    parts = []
    for tick in y_ticks:
        y = _place(tick, y_ticks, HEIGHT - BOTTOM, TOP)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_number(tick)}</text>')
    for tick in x_ticks:
        x = _place(tick, x_ticks, LEFT, WIDTH - RIGHT)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{_number(tick)}</text>')
    middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text x="{middle_x}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>')
    parts.append(
        f'<text x="12" y="{middle_y}" text-anchor="middle" transform="rotate(-90 12 {middle_y})">'
        f"{escape(y_label)}</text>"
    )
    return "".join(parts)


def _place(value: float, ticks: Sequence[float], start: float, end: float) -> float:
    return start + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (end - start)


def _ticks(low: float, high: float) -> list[float]:
    """About five round values that span the range."""
    if high <= low:
        high = low + (abs(low) or 1.0)
    raw = (high - low) / 4
    unit = 10 ** math.floor(math.log10(raw))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def _number(value: float) -> str:
    if abs(value) >= 10_000:
        return f"{value / 1000:g}k"
    return f"{value:.3g}"


def _thinned(line: Series, most: int = 300) -> Series:
    count = len(line.x)
    if count <= most:
        return line
    cuts = [round(number * count / most) for number in range(most + 1)]
    mean = [(sum(line.x[a:b]) / (b - a), sum(line.y[a:b]) / (b - a)) for a, b in pairwise(cuts) if b > a]
    return Series(line.label, [x for x, _ in mean], [y for _, y in mean], line.color)
