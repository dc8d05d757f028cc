"""Numbers of a report: the matrix, the summary, classes, losses, and what made each number."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from training.report.charts import Bar, Series, bar_chart, line_chart
from training.report.gather import Gathered, methods_of, short_name
from training.sweep.table import Entry, Spread, summary
from tst_sim.config import fingerprint

CLASSES_SHOWN = 24


@dataclass(frozen=True)
class MatrixCell:
    """One cell of the cross-house matrix, ready to be colored."""

    entry: Entry
    home: bool
    best: bool
    shade: int
    """0 to 100: size of the gain, of the largest one that is no oracle's."""
    worse: bool
    """The gain is negative."""


@dataclass(frozen=True)
class MatrixRow:
    """One row: a method pre-trained in some houses, tested in every house (None: not tested there)."""

    method: str
    home: int | None
    added: int
    oracle: bool
    cells: Sequence[MatrixCell | None]


def matrix(gathered: Gathered) -> tuple[list[int], list[MatrixRow]]:
    """(test houses, rows) of the table, shaded by gain over scratch."""
    entries = gathered.entries
    houses = sorted({entry.test_house for entry in entries})
    reach = max((abs(entry.gain.mean) for entry in entries if entry.gain and not entry.oracle), default=0.0)
    best = {house: max((e.miou.mean for e in entries if e.test_house == house and not e.oracle), default=None)
            for house in houses}  # fmt: skip
    grouped: dict[tuple[str, int | None, int], dict[int, Entry]] = defaultdict(dict)
    for entry in entries:
        grouped[(entry.method, entry.home, entry.added)][entry.test_house] = entry
    order = methods_of(gathered)
    rows = []
    for (method, home, added), found in sorted(
        grouped.items(), key=lambda item: (order.index(item[0][0]), item[0][1] or 0, item[0][2])
    ):
        cells = []
        for house in houses:
            entry = found.get(house)
            if entry is None:
                cells.append(None)
                continue
            gain = entry.gain.mean if entry.gain else 0.0
            shade = min(100, round(100 * abs(gain) / reach)) if reach else 0
            is_best = entry.miou.mean == best[house] and not entry.oracle
            cells.append(MatrixCell(entry, home == house, is_best, shade, gain < 0))
        rows.append(MatrixRow(method, home, added, any(e.oracle for e in found.values()), cells))
    return houses, rows


def summary_rows(gathered: Gathered) -> list[dict[str, Any]]:
    """Per method: mIoU, gain and share of the gap at home and away; training cost beside it."""
    order = methods_of(gathered)
    rows = sorted(summary(gathered.entries), key=lambda row: order.index(row["method"]))
    return [{**row, **_cost(gathered, row["method"], row["added"])} for row in rows]


def _cost(gathered: Gathered, method: str, added: int) -> dict[str, Any]:
    """Images seen in pre-training and the minutes that took, mean over the runs of a method."""
    runs = {
        run.path: run
        for item in gathered.measured
        if (item.cell["method"], item.cell["added"]) == (method, added)
        and (run := gathered.pretrained_by(item)) is not None
    }
    images = [_images(run.settings) for run in runs.values()]
    minutes = [
        _images(run.settings) / speed / 60 for run in runs.values() if (speed := _speed(run.metrics())) is not None
    ]
    return {
        "images": round(statistics.fmean(images)) if images else None,
        "minutes": statistics.fmean(minutes) if minutes else None,
    }


def _images(settings: dict[str, Any]) -> int:
    optim = settings["config"]["optim"]
    return optim["steps"] * optim["batch_size"]


def _speed(rows: Sequence[dict[str, Any]]) -> float | None:
    speeds = [speed for row in rows if (speed := row.get("images_per_s", 0)) > 0]
    return statistics.median(speeds) if speeds else None


def gap_chart(gathered: Gathered) -> Markup | None:
    """Each method's share of the gap between scratch and the supervised bound, in its own house."""
    rows = [row for row in summary(gathered.entries) if row["home_gap_share"] is not None]
    order = methods_of(gathered)
    bars = []
    for row in sorted(rows, key=lambda row: order.index(row["method"])):
        label = row["method"] + (f" + {row['added']} houses" if row["added"] else "")
        label += " (oracle)" if row["oracle"] else ""
        share = 100 * row["home_gap_share"]
        bars.append(Bar(label, share, None, order.index(row["method"]), f"{round(share)} %"))
    return (
        bar_chart(bars, title="Share of the gap closed", unit="% of the way from scratch to supervised")
        if bars
        else None
    )


def added_chart(gathered: Gathered) -> Markup | None:
    """mIoU in the test house and in new houses against the number of houses added to pre-training."""
    if len({entry.added for entry in gathered.entries}) < 2:
        return None
    lines: dict[tuple[str, bool], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for entry in gathered.entries:
        if entry.home is not None and not entry.oracle and (entry.new or entry.home == entry.test_house):
            lines[(entry.method, entry.new)][entry.added].append(entry.miou.mean)
    series = []
    for number, ((method, new), points) in enumerate(sorted(lines.items())):
        x = sorted(points)
        label = f"{method}, {'new houses' if new else 'test house'}"
        series.append(Series(label, x, [100 * statistics.fmean(points[key]) for key in x], number))
    return line_chart(
        series, title="Specialization and generalization", x_label="houses added", y_label="mIoU, %", dots=True
    )


def loss_charts(gathered: Gathered) -> list[tuple[str, Markup]]:
    """(title, chart) of pre-training by objective, and of transfer."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for run in gathered.runs_of("pretrain"):
        groups[f"Pre-training, {run.settings['config']['objective']}"].append(run)
    for run in gathered.runs_of("transfer"):
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


def class_table(gathered: Gathered) -> tuple[list[str], list[dict[str, Any]]]:
    """(methods, rows) of per-class IoU in each method's own house (scratch: in all), mean over runs."""
    methods = methods_of(gathered)
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    pixels: dict[str, dict[int, int]] = defaultdict(dict)
    few: dict[str, bool] = {}
    for item in gathered.measured:
        house = item.cell["test_house"]
        for name, count in item.results["class_pixels"].items():
            pixels[name][house] = count
            out = name in item.results["classes_with_too_few_pixels"]
            few[name] = few.get(name, True) and out
            if item.cell["home"] in (house, None) and not out:
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


def few_pixels(gathered: Gathered) -> list[str]:
    """Classes left out of the mean in at least one test house."""
    return sorted({name for item in gathered.measured for name in item.results["classes_with_too_few_pixels"]})


def provenance(gathered: Gathered) -> list[dict[str, Any]]:
    """One row per number: what made it."""
    rows = []
    for item in gathered.measured:
        results = item.results
        transferred = gathered.transferred_by(item)
        rows.append(
            {
                **item.cell,
                "accuracy": results["pixel_accuracy"],
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


def percent_text(share: float | None) -> str:
    """`23.4`, or a dash for nothing."""
    return "–" if share is None else f"{round(100 * share, 1) + 0.0:.1f}"  # no minus before a zero


def spread_text(spread: Spread | None, *, signed: bool = False) -> str:
    """`23.4 ± 0.8` in per cent; the deviation only where there are several seeds."""
    if spread is None:
        return "–"
    mean = round(100 * spread.mean, 1) + 0.0  # no minus before a zero
    text = f"{mean:{'+' if signed else ''}.1f}"
    return text if spread.deviation is None else f"{text} ± {100 * spread.deviation:.1f}"
