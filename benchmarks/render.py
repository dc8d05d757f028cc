"""Frames/s of the embedded engine beside MuJoCo's renderer: same house, same triangles, same poses, one core.

`python -m benchmarks.render [house.json]`. Ours gives five modalities at once; MuJoCo gives
color, depth and segmentation in three passes, on EGL, and has no normals. Its
shadows, multisampling and collisions are off. Without MuJoCo, ours is timed alone.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

SIZES = (64, 224)
POSES = 24
ROUNDS = 3
FIELD_OF_VIEW_DEG = 75.0
COMMITTED_HOUSE = Path(__file__).parents[1] / "tests" / "data" / "two_rooms_1.0.0.json"


def main() -> int:
    """Print one line per image size and what is compared."""
    use_one_core()
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else COMMITTED_HOUSE
    from tst_sim.embedded.simulator import EmbeddedSimulator
    from tst_sim.houses import House

    with EmbeddedSimulator() as simulator:
        simulator.load(House.from_json(json.loads(path.read_text()), name="bench-000000"))
        poses = poses_in(simulator)
        scene = simulator.scene
        print(f"{path.name}: {len(scene.triangles)} triangles, {len(scene.instances)} instances, {len(poses)} poses")
        facts = simulator.describe()
        print(f"{facts.get('gl_renderer', facts['renderer'])}, one core, milliseconds of processor time a frame")
        peer = None
        if importlib.util.find_spec("mujoco") is None:
            print("mujoco is not installed (pip install mujoco): ours alone")
        else:
            peer = MujocoHouse(scene)
        print(f"{'pixels':>8} {'what':<28} {'ours':>9} {'MuJoCo':>9} {'ratio':>7} {'ours, frames/s':>15}")
        for size in SIZES:
            compare(simulator, peer, poses, size)
        if peer is not None:
            fraction = peer.agreement(simulator, poses)
            print(f"depth of both at {SIZES[-1]} px is within 1 cm on {fraction:.1%} of pixels")
    return 0


def use_one_core() -> None:
    """Pin this process, and its software rasteriser, to one core; before any OpenGL is loaded."""
    os.environ.setdefault("LP_NUM_THREADS", "0")
    os.environ.setdefault("MUJOCO_GL", "egl")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def poses_in(simulator: Any, count: int = POSES) -> list[Any]:
    """Every n-th free point at eye height, turning by the golden angle."""
    from tst_sim.geometry import Pose

    places = simulator.free_space(0.25).positions_m
    chosen = places[np.linspace(0, len(places) - 1, count).astype(int)]
    return [Pose((float(x), 1.5, float(z)), (137.5 * i) % 360, 10.0) for i, (x, _, z) in enumerate(chosen)]


def compare(simulator: Any, peer: MujocoHouse | None, poses: list[Any], size: int) -> None:
    """Two lines: all that each can give, and depth alone."""
    from tst_sim.geometry import Intrinsics
    from tst_sim.modalities import RENDERED, modalities_named

    camera = Intrinsics(size, size, FIELD_OF_VIEW_DEG)
    for what, names, passes in (
        ("all (MuJoCo: no normals)", list(RENDERED), ("rgb", "depth", "segmentation")),
        ("depth alone", ["depth"], ("depth",)),
    ):
        rows = modalities_named(names)
        contenders: list[Callable[[], object]] = [partial(simulator.render, poses, rows, intrinsics=camera)]
        if peer is not None:
            contenders.append(partial(peer.render, poses, size, passes))
        ours, *theirs = (1000 * seconds / len(poses) for seconds in side_by_side(contenders))
        other = f"{theirs[0]:9.2f} {theirs[0] / ours:6.1f}x" if theirs else f"{'-':>9} {'-':>7}"
        print(f"{size:>8} {what:<28} {ours:9.2f} {other} {1000 / ours:15.0f}", flush=True)


def side_by_side(contenders: list[Callable[[], object]]) -> list[float]:
    """Least processor seconds of each over alternating rounds, after one to warm up."""
    best = [float("inf")] * len(contenders)
    for round_number in range(ROUNDS + 1):
        for index, run in enumerate(contenders):
            start = time.process_time()
            run()
            if round_number:
                best[index] = min(best[index], time.process_time() - start)
    return best


class MujocoHouse:
    """The same triangles as MuJoCo geoms, one per instance. World: x right, y north, z up (right-handed)."""

    def __init__(self, scene: Any) -> None:
        mujoco: Any = importlib.import_module("mujoco")
        spec = mujoco.MjSpec()
        spec.compiler.balanceinertia = True
        spec.visual.quality.offsamples = 0
        spec.visual.quality.shadowsize = 0
        spec.visual.global_.offwidth = spec.visual.global_.offheight = max(SIZES)
        spec.visual.map.znear = 0.001
        spec.worldbody.add_camera(name="eye", fovy=FIELD_OF_VIEW_DEG)
        for row in scene.instances:
            self._add(mujoco, spec, scene, row.id)
        self._model = spec.compile()
        self._data = mujoco.MjData(self._model)
        mujoco.mj_forward(self._model, self._data)
        self._renderers: dict[int, Any] = {}
        self._mujoco = mujoco

    @staticmethod
    def _add(mujoco: Any, spec: Any, scene: Any, number: int) -> None:
        triangles = scene.triangles[scene.first_triangle[number - 1] : scene.first_triangle[number]]
        used, faces = np.unique(triangles, return_inverse=True)
        mesh = spec.add_mesh(name=f"mesh{number}", inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL)
        mesh.uservert = scene.vertices[used][:, [0, 2, 1]].astype(np.float64).ravel()
        mesh.userface = faces.reshape(-1, 3)[:, ::-1].astype(np.int32).ravel()
        color = [*scene.colors[used].mean(axis=0).tolist(), 1.0]
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh.name, rgba=color, contype=0, conaffinity=0
        )

    def render(self, poses: list[Any], size: int, passes: tuple[str, ...]) -> list[dict[str, np.ndarray]]:
        """One dictionary of images a pose."""
        if size not in self._renderers:
            self._renderers[size] = self._mujoco.Renderer(self._model, size, size)
        return [self._frame(self._renderers[size], pose, passes) for pose in poses]

    def _frame(self, renderer: Any, pose: Any, passes: tuple[str, ...]) -> dict[str, np.ndarray]:
        right, up, forward = pose.rotation().T[:, [0, 2, 1]]
        self._data.cam_xpos[0] = np.array(pose.position_m)[[0, 2, 1]]
        self._data.cam_xmat[0] = np.stack([right, up, -forward], axis=1).ravel()
        renderer.update_scene(self._data, camera=0)
        frame = {}
        for name in passes:
            if name == "depth":
                renderer.enable_depth_rendering()
            elif name == "segmentation":
                renderer.enable_segmentation_rendering()
            frame[name] = renderer.render()
            renderer.disable_depth_rendering()
            renderer.disable_segmentation_rendering()
        return frame

    def agreement(self, simulator: Any, poses: list[Any]) -> float:
        """Share of pixels whose depth is the same within a centimetre: that the same thing was drawn."""
        from tst_sim.geometry import Intrinsics
        from tst_sim.modalities import modalities_named

        camera = Intrinsics(SIZES[-1], SIZES[-1], FIELD_OF_VIEW_DEG)
        ours = simulator.render(poses, modalities_named(["depth"]), intrinsics=camera)
        theirs = self.render(poses, SIZES[-1], ("depth",))
        close = [np.abs(a["depth"] - b["depth"]) < 0.01 for a, b in zip(ours, theirs)]
        return float(np.mean(close))


if __name__ == "__main__":
    sys.exit(main())
