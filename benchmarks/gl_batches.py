"""Frames/s of the OpenGL renderer for 1, 8 and 64 poses a draw, with the driver's name: where a GPU is, the GPU's.

`python -m benchmarks.gl_batches [house.json]`. All five modalities at 224 px, read back into numpy; wall clock, the
best of a few rounds in turn. `smooth`: the edges of rgb are smoothed too, which this CPU does frame by frame. On a
software driver the figures are that driver's, of fewer poses. Frames are the same bytes whatever the number a draw.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.render import COMMITTED_HOUSE, FIELD_OF_VIEW_DEG, poses_in

SIZE = 224
POSES_A_DRAW: tuple[int, ...] = (1, 8, 64)
DRAWS, ROUNDS = 4, 4
"""Full draws of the most poses in a call, so that copying and drawing overlap; rounds, after one to warm up."""


def main() -> int:
    """Print one line per number of poses a draw."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else COMMITTED_HOUSE
    from tst_sim.embedded.camera_spec import CameraSpec
    from tst_sim.embedded.drawing.camera import Camera
    from tst_sim.embedded.drawing.gl.context import is_software, shared_context
    from tst_sim.embedded.simulator import EmbeddedSimulator
    from tst_sim.errors import UserError
    from tst_sim.houses import House

    try:
        with shared_context() as context:
            software = is_software(context)
    except UserError as error:
        print(f"not measured: {error}")
        return 0
    count = POSES_A_DRAW[-1] * (1 if software else DRAWS)
    with EmbeddedSimulator(renderer="cpu") as simulator:
        simulator.load(House.from_json(json.loads(path.read_text()), name="bench-000000"))
        poses = poses_in(simulator, count)
        views = [CameraSpec.of(pose, FIELD_OF_VIEW_DEG) for pose in poses]
        triangles = len(simulator.scene.triangles)
        figures = measure(
            simulator.live_scene, [Camera.of(view, SIZE, SIZE) for view in views], 1 if software else ROUNDS
        )
    print(f"{path.name}: {triangles} triangles, {count} poses a call, {SIZE} px, five modalities")
    print(f"{figures['driver']}: {'software, these are no figures of a GPU' if software else 'the GPU'}")
    print(f"{'poses a draw':>13} {'frames/s':>10} {'to 1':>7} {'CPU ms/frame':>13} {'smooth':>10} {'to 1':>7}")
    plain, smooth = figures[False], figures[True]
    for most in POSES_A_DRAW:
        rates = [count / kind[most][0] for kind in (plain, smooth)]
        ratios = [kind[1][0] / kind[most][0] for kind in (plain, smooth)]
        cpu_ms = 1000 * plain[most][1] / count
        print(f"{most:>13} {rates[0]:10.0f} {ratios[0]:6.2f}x {cpu_ms:13.2f} {rates[1]:10.0f} {ratios[1]:6.2f}x")
    return 0


def measure(live_scene: Any, cameras: list[Any], rounds: int) -> dict[Any, Any]:
    """For plain and smooth (False, True), by poses a draw: (least seconds, processor seconds then) of a call."""
    from tst_sim.embedded.drawing.gl.renderer import GlRenderer
    from tst_sim.modalities import RENDERED

    figures: dict[Any, Any] = {}
    for smooth in (False, True):
        renderers = {most: GlRenderer(antialias=smooth, max_poses=most) for most in POSES_A_DRAW}
        best: dict[int, tuple[float, float]] = dict.fromkeys(POSES_A_DRAW, (float("inf"), 0.0))
        for round_number in range(rounds + 1):
            for most, renderer in renderers.items():
                renderer.sync(live_scene)
                start, processor = time.perf_counter(), time.process_time()
                renderer.draw(cameras, tuple(RENDERED.values()))
                if round_number:
                    spent = time.perf_counter() - start, time.process_time() - processor
                    best[most] = min(best[most], spent)
        figures[smooth] = best
        figures["driver"] = next(iter(renderers.values())).describe()["gl_renderer"]
        for renderer in renderers.values():
            renderer.release()
    return figures


if __name__ == "__main__":
    sys.exit(main())
