"""Numbers of a report: the matrix, the summary, classes, losses, and what made each number."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from training.report.charts import Bar, Series, bar_chart, line_chart
from training.report.collect import ReportData, median_speed, methods_of, short_name
from training.sweep.analyses.analysis import Figure
from training.sweep.table import Spread, TableCell, summary
from training.tasks.results import score_label
from tst_sim.config import fingerprint

CLASSES_SHOWN = 24


@dataclass(frozen=True)
class MatrixCell:
    """One cell of the matrix, ready to be colored."""

    cell: TableCell
    is_own_house: bool
    is_best: bool
    shade: int
    """0 to 100: size of the gain, of the largest one that is no oracle's."""
    is_worse: bool
    """The gain is negative."""


@dataclass(frozen=True)
class MatrixRow:
    """One row: a method pre-trained in some houses, tested in every house (None: not tested there)."""

    method: str
    own_house: int | None
    axes: str
    """Its place on the analysis's axes, in words."""
    oracle: bool
    cells: Sequence[MatrixCell | None]


def matrix(data: ReportData) -> tuple[list[int], list[MatrixRow]]:
    """(test houses, rows) of the table, shaded by gain over scratch."""
    houses = sorted({cell.tested_in for cell in data.table})
    largest = max((abs(cell.gain.mean) for cell in data.table if cell.gain and not cell.oracle), default=0.0)
    best = {house: _best([cell for cell in data.table if cell.tested_in == house]) for house in houses}
    grouped: dict[tuple[str, int | None, str], dict[int, TableCell]] = defaultdict(dict)
    for cell in data.table:
        grouped[(cell.method, cell.own_house, axes_text(cell.axes))][cell.tested_in] = cell
    order = methods_of(data)
    rows = []
    for (method, own_house, axes), found in sorted(
        grouped.items(), key=lambda item: (order.index(item[0][0]), item[0][1] or 0)
    ):
        cells = [_matrix_cell(found.get(house), best[house], largest) for house in houses]
        rows.append(MatrixRow(method, own_house, axes, any(cell.oracle for cell in found.values()), cells))
    return houses, rows


def _best(cells: Sequence[TableCell]) -> float | None:
    """The best mean of a column, oracles left out."""
    means = [cell.value.mean for cell in cells if not cell.oracle]
    if not means:
        return None
    return max(means) if cells[0].higher_is_better else min(means)


def _matrix_cell(cell: TableCell | None, best: float | None, largest_gain: float) -> MatrixCell | None:
    if cell is None:
        return None
    gain = cell.gain.mean if cell.gain else 0.0
    shade = min(100, round(100 * abs(gain) / largest_gain)) if largest_gain else 0
    is_best = cell.value.mean == best and not cell.oracle
    return MatrixCell(cell, cell.own_house == cell.tested_in, is_best, shade, gain < 0)


def axes_text(axes: Mapping[str, str | int]) -> str:
    """A place on an analysis's axes in words: `added 2`, `left out depth`; empty for the place where all begins."""
    parts = [f"{name.replace('_', ' ')} {value}" for name, value in axes.items() if value not in (0, "nothing")]
    return ", ".join(parts)


def summary_rows(data: ReportData) -> list[dict[str, Any]]:
    """Per method and place on the axes: value, gain and gap closed in the own house and in others, and what it cost."""
    order = methods_of(data)
    rows = sorted(summary(data.table), key=lambda row: order.index(row["method"]))
    return [{**row, "axes": axes_text(row["axes"]), **_cost(data, row["method"], row["axes"])} for row in rows]


def comparison_rows(data: ReportData) -> list[dict[str, Any]]:
    """Comparisons of methods with their place on the axes in words, in the order of the methods."""
    order = methods_of(data)
    found = sorted(data.comparisons, key=lambda item: order.index(item.method))
    return [{**item.describe(), "axes": axes_text(item.axes)} for item in found]


def _cost(data: ReportData, method: str, axes: Mapping[str, str | int]) -> dict[str, Any]:
    """Images seen in pre-training and the minutes that took, mean over the runs of a method."""
    runs = {
        run.path: run
        for item in data.measured
        if (item.cell["method"], item.cell["axes"]) == (method, axes) and (run := data.pretrained_by(item)) is not None
    }
    images = [_images(run.settings) for run in runs.values()]
    speeds = [(run, median_speed(run.metrics())) for run in runs.values()]
    minutes = [_images(run.settings) / speed / 60 for run, speed in speeds if speed is not None]
    return {
        "images": round(statistics.fmean(images)) if images else None,
        "minutes": statistics.fmean(minutes) if minutes else None,
    }


def _images(settings: dict[str, Any]) -> int:
    optim = settings["config"]["optim"]
    return optim["steps"] * optim["batch_size"]


def gap_chart(data: ReportData) -> Markup | None:
    """The fraction of the gap between scratch and the supervised bound that each method closes in its own house."""
    rows = [row for row in summary(data.table) if row["own_house_gap_closed"] is not None]
    order = methods_of(data)
    bars = []
    for row in sorted(rows, key=lambda row: order.index(row["method"])):
        percent = 100 * row["own_house_gap_closed"]
        bars.append(Bar(_labelled(row), percent, None, order.index(row["method"]), f"{round(percent)} %"))
    title = "Fraction of the gap closed"
    return bar_chart(bars, title=title, unit="% of the way from scratch to supervised") if bars else None


def _labelled(row: Mapping[str, Any]) -> str:
    axes = axes_text(row["axes"])
    return row["method"] + (f", {axes}" if axes else "") + (" (oracle)" if row["oracle"] else "")


def analysis_chart(data: ReportData, figure: Figure | None) -> Markup | None:
    """The figure of an analysis: its primary score along one of its axes; None where nothing varies along it."""
    if figure is None or len({cell.axes.get(figure.axis) for cell in data.table}) < 2:
        return None
    return _curve(data, figure) if figure.kind == "curve" else _bars(data, figure)


def _curve(data: ReportData, figure: Figure) -> Markup:
    """A line per method, in its own house and in new houses."""
    lines: dict[tuple[str, bool], dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for cell in data.table:
        if cell.own_house is not None and not cell.oracle and (cell.is_new_house or cell.own_house == cell.tested_in):
            place = float(cell.axes.get(figure.axis, 0))
            lines[(cell.method, cell.is_new_house)][place].append(cell.value.mean)
    series = []
    for number, ((method, is_new), points) in enumerate(sorted(lines.items())):
        x = sorted(points)
        label = f"{method}, {'new houses' if is_new else 'test house'}"
        series.append(Series(label, x, [_shown(statistics.fmean(points[key]), data) for key in x], number))
    return line_chart(series, title=figure.title, x_label=figure.label, y_label=score_text(data), dots=True)


def _bars(data: ReportData, figure: Figure) -> Markup:
    """A bar per method and name on the axis: the mean over the own houses."""
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for cell in data.table:
        if cell.own_house == cell.tested_in and not cell.oracle:
            groups[(cell.method, str(cell.axes.get(figure.axis, "")))].append(cell.value.mean)
    order = methods_of(data)
    bars = []
    for (method, name), values in groups.items():
        value = _shown(statistics.fmean(values), data)
        bars.append(Bar(f"{method}, {figure.label}: {name}", value, None, order.index(method), f"{value:.1f}"))
    return bar_chart(bars, title=figure.title, unit=score_text(data))


def score_text(data: ReportData) -> str:
    """The primary score with its unit: `mIoU, %`."""
    if not data.table:
        return ""
    name = score_label(data.table[0].score)
    return f"{name}, %" if is_percent(data) else name


def is_percent(data: ReportData) -> bool:
    """Whether all values lie between 0 and 1, and so are shown per cent."""
    return all(0 <= cell.value.mean <= 1 for cell in data.table)


def _shown(value: float, data: ReportData) -> float:
    return 100 * value if is_percent(data) else value


def loss_charts(data: ReportData) -> list[tuple[str, Markup]]:
    """(title, chart) of pre-training by objective, and of transfer."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for run in data.runs_of("pretrain"):
        groups[f"Pre-training, {run.settings['config']['objective']}"].append(run)
    for run in data.runs_of("transfer"):
        groups["Transfer"].append(run)
    charts = []
    for title, runs in groups.items():
        chosen = runs[:: -(-len(runs) // 8)]
        series = [
            Series(short_name(run.path), [row["step"] for row in rows], [row["loss"] for row in rows], number)
            for number, run in enumerate(chosen)
            if (rows := run.metrics())
        ]
        left = len(runs) - len(chosen)
        charts.append(
            (
                title + (f" ({left} more runs not drawn)" if left else ""),
                line_chart(series, title=f"Loss: {title}", x_label="step", y_label="loss"),
            )
        )
    return charts


def class_table(data: ReportData) -> tuple[list[str], list[dict[str, Any]]]:
    """(methods, rows) of per-class IoU in each method's own house (scratch: in all), mean over runs."""
    methods = methods_of(data)
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    pixels: dict[str, dict[int, int]] = defaultdict(dict)
    few: dict[str, bool] = {}
    for item in data.measured:
        house = item.cell["tested_in"]
        for name, count in item.results.get("class_pixels", {}).items():
            pixels[name][house] = count
            out = name in item.results["classes_with_too_few_pixels"]
            few[name] = few.get(name, True) and out
            if item.cell["own_house"] in (house, None) and not out:
                values[name][item.cell["method"]].append(item.results["class_iou"][name])
    total = sum(sum(houses.values()) for houses in pixels.values())
    order = sorted(pixels, key=lambda name: (-sum(pixels[name].values()), name))
    rows = [
        {
            "name": name,
            "share": sum(pixels[name].values()) / max(1, total),
            "iou": [statistics.fmean(found) if (found := values[name][method]) else None for method in methods],
        }
        for name in order
        if not few[name]
    ]
    return methods, rows[:CLASSES_SHOWN]


def few_pixels(data: ReportData) -> list[str]:
    """Classes left out of the mean in at least one test house."""
    found = (item.results.get("classes_with_too_few_pixels", ()) for item in data.measured)
    return sorted({name for names in found for name in names})


def provenance(data: ReportData) -> list[dict[str, Any]]:
    """One row per number: what made it."""
    rows = []
    for item in data.measured:
        results = item.results
        transferred = data.transferred_by(item)
        rows.append(
            {
                **item.cell,
                "axes": axes_text(item.cell["axes"]),
                "frames": results["frames"],
                "run": Path(results["run"]).name,
                "pretrained": Path(results["pretrained"].get("run", "")).name or "none",
                "config": fingerprint(results["config"]),
                "precision": results["precision"],
                "commit": results["training_commit"][:12] or (transferred and transferred.settings["code"]["version"]),
                "evaluated": results["code"]["commit"][:12] or results["code"]["version"],
            }
        )
    return rows


def value_text(value: float | None, percent: bool) -> str:
    """`23.4`, of a fraction in per cent, or a dash for nothing."""
    if value is None:
        return "–"
    return f"{round(100 * value, 1) + 0.0:.1f}" if percent else f"{value + 0.0:.3g}"  # no minus before a zero


def spread_text(spread: Spread | None, percent: bool, *, signed: bool = False) -> str:
    """`23.4 ± 0.8`; the deviation only where there are several seeds."""
    if spread is None:
        return "–"
    text = value_text(spread.mean, percent)
    text = f"+{text}" if signed and not text.startswith("-") else text
    return text if spread.deviation is None else f"{text} ± {value_text(spread.deviation, percent)}"
