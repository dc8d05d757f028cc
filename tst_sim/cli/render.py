"""`tst-sim render --house 17 --out house.png`: pictures of one house, to look at and to show."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tst_sim.cli.one_house import add_one_house, chosen_packs, out_file, read_house
from tst_sim.cli.options import bounded, image_size
from tst_sim.errors import UserError
from tst_sim.modalities import RENDERED, modalities_named

if TYPE_CHECKING:
    import numpy as np

    from tst_sim.embedded.simulator import EmbeddedSimulator
    from tst_sim.geometry import Pose
    from tst_sim.modalities import Modality

VIEW_FOV_DEG, TOUR_FOV_DEG, TOP_FOV_DEG = 75.0, 68.0, 25.0
VIEW_PX, TOUR_PX, TOP_PX = (640, 480), (1280, 720), 1400
PICTURES = (".png", ".jpg", ".jpeg")
COLUMNS, MAX_TILES = 3, 12
FPS = 24
FAR_M = 10_000.0
NOT_WITH = {
    "floor_plan": ("size", "fov", "modalities", "views", "fps"),
    "tour": ("views", "free_space"),
    "top": ("views", "fps", "free_space"),
    "pose": ("views", "fps", "free_space"),
    "": ("fps", "free_space"),
}
"""Options that would change nothing, by what is asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `render`; without --pose, --top, --tour or --floor-plan: good views on one sheet."""
    add_one_house(parser)
    parser.add_argument(
        "--light", metavar="none|fast|baked", default="baked", help="how the house is lit (default: %(default)s)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--pose", metavar="X,Y,Z,YAW,PITCH", help="one view: the eye in metres, degrees; --pose=-1,... for a minus"
    )
    what.add_argument("--top", action="store_true", help="the whole house from above, without its ceilings")
    what.add_argument("--tour", metavar="OUT.mp4", help="a film that walks through every room")
    what.add_argument("--floor-plan", action="store_true", help="a drawn plan; --out ends in .png or .svg")
    parser.add_argument("--out", metavar="FILE", help="the picture: .png or .jpg")
    parser.add_argument("--views", metavar="N", type=bounded("--views", 1, 100), help="how many views on the sheet")
    parser.add_argument("--size", metavar="PX|WxH", help="of one view (default: 640x480; a film 1280x720)")
    parser.add_argument(
        "--fov",
        metavar="DEG",
        help=f"vertical field of view (default: {VIEW_FOV_DEG:g}; a film {TOUR_FOV_DEG:g}, from above {TOP_FOV_DEG:g})",
    )
    parser.add_argument(
        "--modalities",
        metavar="LIST",
        help=f"any of {','.join(RENDERED)}, side by side (default: rgb)",
    )
    parser.add_argument("--fps", metavar="N", type=bounded("--fps", 1, 120), help=f"of the film (default: {FPS})")
    parser.add_argument("--free-space", action="store_true", help="floor plan: show where an agent can stand")


def run(options: argparse.Namespace) -> int:
    """Make the picture, the film or the plan."""
    what = next((name for name in NOT_WITH if name and getattr(options, name)), "")
    for name in NOT_WITH[what]:
        if getattr(options, name):
            raise UserError(f"{_flag(name)} changes nothing {f'with {_flag(what)}' if what else 'on a sheet of views'}")
    names = (options.modalities or "rgb").split(",")
    rows = modalities_named([name.strip() for name in names if name.strip()])
    size = image_size(options.size) if options.size else None
    fov = _number("--fov", options.fov, 10, 150) if options.fov else None
    path = _path(options)
    pose = _pose(options.pose) if options.pose else None
    if options.floor_plan:
        _draw_plan(options, path)
    elif options.tour:
        _film(options, path, rows, size or TOUR_PX, fov or TOUR_FOV_DEG)
    else:
        _save(path, _picture(options, rows, size, fov, pose))
    sys.stdout.write(f"{path}\n")
    return 0


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _path(options: argparse.Namespace) -> Path:
    if options.tour:
        if options.out:
            raise UserError(f"--out {options.out!r} does not go with --tour, which names its file itself")
        return out_file(options.tour, (".mp4",), option="--tour")
    if not options.out:
        raise UserError("where to? give --out FILE.png")
    return out_file(options.out, (".png", ".svg") if options.floor_plan else PICTURES)


def _pose(text: str) -> Pose:
    from tst_sim.geometry import Pose

    words = text.split(",")
    if len(words) != 5:
        raise UserError(f"--pose {text!r} must be five numbers X,Y,Z,YAW,PITCH, e.g. 2.5,1.5,3,90,10")
    x, y, z, yaw, pitch = (_number("--pose", word, -FAR_M, FAR_M, whole=text) for word in words)
    if not -90 <= pitch <= 90:
        raise UserError(f"--pose {text!r}: the pitch {pitch:g} must be between -90 (up) and 90 (down) degrees")
    return Pose((x, y, z), yaw % 360, pitch)


def _number(option: str, text: str, low: float, high: float, *, whole: str | None = None) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        place = f"{option} {text!r}" if whole is None else f"{option} {whole!r}: {text.strip()!r}"
        raise UserError(f"{place} must be a number between {low:g} and {high:g}")
    return value


@contextmanager
def _on_stage(options: argparse.Namespace) -> Iterator[EmbeddedSimulator]:
    """The engine with the house loaded."""
    from tst_sim.backends import open_simulator
    from tst_sim.embedded.simulator import EmbeddedSimulator

    with open_simulator("embedded", assets=chosen_packs(options), light=options.light) as simulator:
        assert isinstance(simulator, EmbeddedSimulator)
        simulator.load(read_house(options))  # after the packs, which may bring assets that the house names
        yield simulator


def _picture(
    options: argparse.Namespace,
    rows: tuple[Modality, ...],
    size: tuple[int, int] | None,
    fov: float | None,
    pose: Pose | None,
) -> np.ndarray:
    from generators.views.house_pictures import panels, top_size, top_view
    from tst_sim.embedded.camera_spec import CameraSpec

    with _on_stage(options) as simulator:
        if options.top:
            width, height = size or top_size(simulator, TOP_PX)
            view = top_view(simulator, aspect=width / height, fov_deg=fov or TOP_FOV_DEG)
        elif pose is not None:
            width, height = size or VIEW_PX
            view = CameraSpec.of(pose, fov or VIEW_FOV_DEG)
        else:
            return _sheet(simulator, rows, size or VIEW_PX, fov or VIEW_FOV_DEG, options.views)
        return panels(simulator, [view], rows, width=width, height=height)[0]


def _sheet(
    simulator: EmbeddedSimulator, rows: tuple[Modality, ...], size: tuple[int, int], fov: float, count: int | None
) -> np.ndarray:
    """The house from above and its best views; with several modalities, one view a row."""
    from generators.views.house_pictures import best_views, panels, sheet, top_view

    width, height = size
    if count is None:
        rooms = len(simulator.scene.house.rooms)
        count = min(MAX_TILES, max(6, COLUMNS * math.ceil((rooms + 4) / COLUMNS))) - 1
    views = best_views(simulator, count, fov_deg=fov, aspect=width / height)
    views.insert(0, top_view(simulator, aspect=width / height))
    tiles = panels(simulator, views, rows, width=width, height=height)
    return sheet(tiles, columns=COLUMNS if len(rows) == 1 else 1)


def _save(path: Path, picture: np.ndarray) -> None:
    from PIL import Image

    from tst_sim.storage import atomic_write

    with atomic_write(path) as file:
        kind = "PNG" if path.suffix.lower() == ".png" else "JPEG"
        Image.fromarray(picture).save(file, kind, **({"quality": 92} if kind == "JPEG" else {}))


def _film(
    options: argparse.Namespace, path: Path, rows: tuple[Modality, ...], size: tuple[int, int], fov: float
) -> None:
    from generators.views.house_pictures import panels
    from generators.views.tour import SPACING_M, plan_tour
    from generators.views.video import write_mp4
    from tst_sim.cli.terminal import console, progress_bar
    from tst_sim.embedded.camera_spec import CameraSpec

    fps = options.fps or FPS
    with _on_stage(options) as simulator:
        house = simulator.scene.house
        tour = plan_tour(simulator.free_space(SPACING_M), fps=fps)
        cuts = f", {tour.cuts} cut{'s' * (tour.cuts > 1)} where no way leads on" if tour.cuts else ""
        console().print(
            f"{house.name}: {len(tour.rooms)} of {len(house.rooms)} rooms, {tour.length_m:.1f} m, "
            f"{len(tour.poses) / fps:.0f} s, {len(tour.poses)} pictures{cuts}",
            markup=False,
            soft_wrap=True,
        )
        began = time.monotonic()
        with progress_bar("pictures", len(tour.poses)) as bar:

            def drawn():
                for number, pose in enumerate(tour.poses, 1):
                    yield panels(simulator, [CameraSpec.of(pose, fov)], rows, width=size[0], height=size[1])[0]
                    rate = number / (time.monotonic() - began)
                    bar.update(bar.task_ids[0], completed=number, rate=f"{rate:.1f}/s")

            write_mp4(path, drawn(), fps=fps)
        console().print(f"{len(tour.poses) / (time.monotonic() - began):.1f} pictures/s", markup=False)


def _draw_plan(options: argparse.Namespace, path: Path) -> None:
    from generators.exporters.floor_plan import write_floor_plan
    from tst_sim.embedded.scene.instance_meshes import ShapeCache
    from tst_sim.embedded.scene.scene import build_scene

    write_floor_plan(build_scene(read_house(options), ShapeCache()), path, show_free=options.free_space)
