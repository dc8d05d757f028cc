"""Pictures of a report: frames of the corpora, reconstructions, predictions; rows are labelled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from training.evaluate import PANELS
from training.pictures import class_colors, colorise, data_uri, stacked
from training.report.collect import LeftOut, Measurement, ReportData, methods_of, short_name
from training.tasks.results import score_label
from tst_sim.corpus import Corpus, read_record
from tst_sim.errors import UserError, shortened

FRAMES_SHOWN = 6
CORPORA_SHOWN = 3
GRIDS_SHOWN = 6
LEGEND_SHOWN = 18
PARTS = ("seen", "predicted", "truth")


@dataclass(frozen=True)
class ImageGrid:
    """A picture whose rows are labelled."""

    title: str
    rows: Sequence[str]
    uri: str
    width: int
    height: int
    """Pixels of the picture."""
    note: str = ""


def frame_grids(data: ReportData) -> list[ImageGrid]:
    """Sample frames of the corpora, every modality in a row of its own, from different houses."""
    strips = []
    for folder in data.corpora()[:CORPORA_SHOWN]:
        try:
            corpus = Corpus(folder)
            keys = _spread_keys(corpus)
            rows = [
                stacked([colorise(name, corpus.frame(key, [name])[name]) for key in keys], axis=1)
                for name in corpus.modalities
            ]
        except UserError as error:
            data.left_out.append(LeftOut(folder.name, str(error)))
            continue
        width, height = corpus.size
        note = f"{len(corpus.house_names)} houses, {width} x {height} pixels; {folder.name}"
        strips.append(strip(", ".join(_houses_shown(corpus)), corpus.modalities, stacked(rows, axis=0), note))
    return strips


def _spread_keys(corpus: Corpus) -> list[str]:
    houses = _houses_shown(corpus)
    keys = []
    for number in range(FRAMES_SHOWN):
        house = houses[number * len(houses) // FRAMES_SHOWN]
        frame_set = "pretrain" if read_record(corpus.folder, "pretrain", house) else "eval"
        all_keys = corpus.frames_of(frame_set, house).keys
        keys.append(all_keys[(number * 7919) % len(all_keys)])
    return keys


def _houses_shown(corpus: Corpus) -> list[str]:
    return list(corpus.house_names[:FRAMES_SHOWN])


def reconstruction_grids(data: ReportData) -> list[ImageGrid]:
    """`reconstructions.png` of a run of each objective and house, first seeds first."""
    strips = []
    for run in data.runs_of("pretrain"):
        path = run.path / "reconstructions.png"
        if _can_be_shown(path, data):
            rows = [f"{name}: {part}" for name in run.settings["config"]["modalities"] for part in PARTS]
            oracle = "oracle: ground truth among its modalities" if run.settings["oracle"] else ""
            strips.append(strip(short_name(run.path), rows, path, oracle))
    firsts = [item for item in strips if "seed" not in item.title or item.title.endswith("seed0")]
    return (firsts or strips)[:GRIDS_SHOWN]


def _can_be_shown(path: Path | None, data: ReportData) -> bool:
    """Whether a picture is there and whole; one that is damaged is left out, with the reason."""
    if path is None or not path.is_file():
        return False
    try:
        with Image.open(path, formats=("PNG",)) as image:
            image.load()
    except Exception as error:  # Pillow raises many types for damaged files
        place = path.relative_to(data.folder).as_posix()
        data.left_out.append(LeftOut(place, f"{path} is no readable picture ({shortened(str(error))})"))
        return False
    return True


def strip(title: str, rows: Sequence[str], picture: Path | np.ndarray, note: str = "") -> ImageGrid:
    """A labelled picture from a PNG file or pixels (h, w, 3)."""
    if isinstance(picture, Path):
        with Image.open(picture) as image:
            width, height = image.size
    else:
        height, width = picture.shape[:2]
    return ImageGrid(title, rows, data_uri(picture), width, height, note)


def prediction_grids(data: ReportData) -> list[tuple[str, list[ImageGrid]]]:
    """(house, strips of every method at home, or anywhere, with the lowest seed)."""
    houses: dict[int, list[Measurement]] = defaultdict(list)
    for item in data.measured:
        if _can_be_shown(item.panels, data):
            houses[item.cell["tested_in"]].append(item)
    order = methods_of(data)
    shown = []
    for house, items in sorted(houses.items())[:CORPORA_SHOWN]:
        best: dict[str, Measurement] = {}
        for item in sorted(items, key=lambda item: (item.cell["own_house"] not in (house, None), item.cell["seed"])):
            best.setdefault(item.cell["method"], item)
        strips = [
            strip(_prediction_title(best[name]), ("input", "predicted", "truth"), best[name].folder / PANELS)
            for name in order
            if name in best
        ]
        shown.append((f"House {house}", strips))
    return shown


def _prediction_title(item: Measurement) -> str:
    cell, value = item.cell, item.cell["value"]
    where = "" if cell["own_house"] is None else f", house {cell['own_house']}"
    oracle = " (oracle)" if cell["oracle"] else ""
    shown = (
        ""
        if value is None
        else f": {score_label(cell['score'])} " + (f"{100 * value:.1f} %" if 0 <= value <= 1 else f"{value:.3g}")
    )
    return f"{cell['method']}{where}, seed {cell['seed']}{oracle}{shown}"


def legend(data: ReportData) -> list[tuple[str, str]]:
    """(class, color) of the classes with the most pixels in the test houses."""
    pixels: dict[str, int] = defaultdict(int)
    ids: dict[str, int] = {}
    for item in data.measured:
        ids |= {name: number for number, name in enumerate(item.results["classes"])}
        for name, count in item.results.get("class_pixels", {}).items():
            pixels[name] += count
    chosen = sorted(pixels, key=lambda name: (-pixels[name], name))[:LEGEND_SHOWN]
    return [(name, "#" + class_colors(np.array([ids[name]])).tobytes().hex()) for name in chosen]
