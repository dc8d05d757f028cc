"""The figures as a table: frames/s of every contender, and how many times as fast ours is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.peers.process import Process

CLOSE_M = 0.01
Columns = Mapping[int, Mapping[str, "Row"]]
"""Rows by contender, by number of triangles."""


@dataclass(frozen=True)
class Row:
    """One contender at one size."""

    version: str
    native: str
    normals: str
    fps: float
    """With normals."""
    bare_fps: float
    """Without normals; of ours, which draws them anyway, the same."""
    same_depth: float
    same_instance: float
    """Shares of pixels that are as in our picture."""


def row_of(
    contender: Process,
    poses: int,
    seconds: Mapping[tuple[str, str], float],
    pictures: Mapping[str, Mapping[str, np.ndarray]],
    reference: str,
) -> Row:
    """A contender's row, of its least seconds for all poses and its pictures beside the reference's."""
    name, about = contender.name, contender.about
    mine, ours = pictures[name], pictures[reference]
    return Row(
        version=about["version"],
        native=about["native"],
        normals=about["normals"],
        fps=poses / seconds[name, "all"],
        bare_fps=poses / seconds[name, "bare"],
        same_depth=float(np.mean(np.abs(mine["depth"] - ours["depth"]) < CLOSE_M)),
        same_instance=float(np.mean(mine["instance"] == ours["instance"])),
    )


def print_table(columns: Columns, ours: Sequence[str]) -> None:
    """A table of Markdown, so that it can be pasted; ratios are to our engine with and without antialiasing."""
    sizes = list(columns)
    heads = ["contender", "version", "gives", "normals"]
    for size in sizes:
        heads += [f"frames/s, {size:,} triangles", "without normals", "ours / it, antialiased", "ours / it, plain"]
    heads += ["same depth", "same instance"]
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for name, row in columns[sizes[0]].items():
        cells = [name, row.version, row.native, row.normals]
        for size in sizes:
            cells += _figures(columns[size], name, ours)
        rows = [columns[size][name] for size in sizes if name in columns[size]]
        cells += [f"{min(row.same_depth for row in rows):.2%}", f"{min(row.same_instance for row in rows):.2%}"]
        print("| " + " | ".join(cells) + " |")


def _figures(rows: Mapping[str, Row], name: str, ours: Sequence[str]) -> list[str]:
    if name not in rows:
        return ["-"] * 4
    row = rows[name]
    bare = "" if name in ours else f"{row.bare_fps:.1f}"
    return [f"{row.fps:.1f}", bare, *(f"{rows[mine].fps / row.fps:.2f}" for mine in ours)]


def print_summary(columns: Columns, ours: Sequence[str]) -> None:
    """Ours over the best peer, at every size."""
    parts = []
    for size, rows in columns.items():
        peers = {name: row.fps for name, row in rows.items() if name not in ours}
        if peers:
            best = max(peers, key=lambda name: peers[name])
            ratios = ", ".join(f"{rows[mine].fps / peers[best]:.2f} ({mine})" for mine in ours)
            parts.append(f"{size:,} triangles: {ratios} times {best}")
    print("ours over the best peer: " + "; ".join(parts))
