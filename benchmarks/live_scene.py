"""What a change on the live scene adds to the next picture: moved, new and painted objects, and rays.

`python -m benchmarks.live_scene [house.json]`. Medians of processor time at 224 px, five modalities, one core;
each beside the picture of a house in which nothing changes.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.render import COMMITTED_HOUSE, use_one_core

RUNS = 30
SIDE_PX = 224
NEW_ASSETS = ("Chair_002_1", "Mug_1", "Fridge_1", "Laptop_1", "Bed_1", "Houseplant_10")


def main() -> int:
    """Print one line per kind of change."""
    use_one_core()
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else COMMITTED_HOUSE
    from tst_sim.embedded.simulator import EmbeddedSimulator
    from tst_sim.houses import House

    with EmbeddedSimulator() as simulator:
        simulator.load(House.from_json(json.loads(path.read_text()), name="bench-000000"))
        scene = simulator.scene
        print(f"{path.name}: {len(scene.triangles)} triangles, {len(scene.instances)} instances, {SIDE_PX} px")
        times = {name: _median_ms(change, _draw(simulator)) for name, change in changes(simulator).items()}
        for name, spent in times.items():
            print(f"{name:<28} {spent:7.2f} ms  {spent - times['nothing']:+7.2f} ms")
        for count in (1, 100, 1000):
            print(f"{count:>5} rays {'':<17} {_median_ms(_rays(simulator, count), lambda: None):7.2f} ms")
    return 0


def changes(simulator: Any) -> dict[str, Callable[[int], object]]:
    """What is done before each picture, by name; each gets the number of the run."""
    from tst_sim.embedded.scene.openings import PlacedAsset

    live_scene = simulator.live_scene
    objects = live_scene.scene.placed
    largest = max(
        range(len(objects)), key=lambda i: len(live_scene.meshes[len(live_scene.scene.surfaces) + i].vertices)
    )

    def move(run: int) -> None:
        x, y, z = objects[largest].position
        moved = replace(objects[largest], position=(x + 0.01 * (run + 1), y, z))
        live_scene.set_objects((*objects[:largest], moved, *objects[largest + 1 :]))

    def spawn(run: int) -> None:
        asset = NEW_ASSETS[run % len(NEW_ASSETS)]
        live_scene.set_objects(
            (*objects, PlacedAsset(f"new {run}", asset, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), None, None))
        )

    def paint(run: int) -> None:
        live_scene.set_colors(dict.fromkeys(live_scene.object_ids[1:], (run % 7 / 7, 0.5, 0.5)))

    return {
        "nothing": lambda run: live_scene.set_objects(objects),
        "largest object moved": move,
        "one new object": spawn,
        "everything painted": paint,
    }


def _draw(simulator: Any) -> Callable[[], object]:
    from tst_sim.embedded.camera_spec import CameraSpec
    from tst_sim.modalities import RENDERED

    places = simulator.free_space(0.25).positions_m
    x, _, z = places[len(places) // 2].tolist()
    views = [CameraSpec((x, 1.5, z), (10.0, 40.0, 0.0), 75.0)]
    rows = tuple(RENDERED.values())
    return lambda: simulator.render_views(views, rows, width=SIDE_PX, height=SIDE_PX)


def _rays(simulator: Any, count: int) -> Callable[[int], object]:
    directions = np.stack([np.sin(np.arange(count)), 0.5 * np.cos(3 * np.arange(count)), np.cos(np.arange(count))], 1)
    origin = simulator.free_space(0.25).positions_m[0] + (0.0, 1.4, 0.0)
    return lambda run: simulator.live_scene.cast_rays(origin, directions)


def _median_ms(change: Callable[[int], object], then: Callable[[], object]) -> float:
    spent = []
    for run in range(RUNS):
        start = time.process_time()
        change(run)
        then()
        spent.append(1000 * (time.process_time() - start))
    return statistics.median(spent)


if __name__ == "__main__":
    sys.exit(main())
