"""Our own engine, by its public face: five modalities in one draw."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.contender import Contender, Frame
from benchmarks.peers.finer import FinerScene
from benchmarks.peers.scene_file import SceneFile
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED, modalities_named


class Ours(Contender):
    """Baked light, textures, gloss; `antialias` smooths the edges in rgb."""

    native = "all five"
    normals = "rendered, smooth"

    def __init__(self, scene: SceneFile, antialias: bool) -> None:
        super().__init__(scene)
        self._simulator = EmbeddedSimulator(FinerScene(scene.levels), antialias=antialias)
        self._simulator.load(House.from_json(scene.house_document, name=scene.name))
        count = len(self._simulator.scene.triangles)
        assert count == len(scene.triangles), f"{count} triangles, not {len(scene.triangles)}"
        self._camera = Intrinsics(scene.size, scene.size, scene.fov_deg)
        self._rows = modalities_named(list(RENDERED))
        self._poses = [Pose(tuple(eye), *angle) for eye, angle in zip(scene.renderer.tolist(), scene.angles.tolist())]

    @property
    def version(self) -> str:
        return f"engine {self._simulator.describe()['engine_version']}"

    def frame(self, pose: int, normals: bool) -> Frame:
        return dict(self._simulator.render([self._poses[pose]], self._rows, intrinsics=self._camera)[0])

    def frames(self, normals: bool) -> None:
        frames = self._simulator.render(self._poses, self._rows, intrinsics=self._camera)
        assert len(frames) == len(self._poses) and np.any(frames[0]["depth"])


def contender(scene: SceneFile, *options: str) -> Contender:
    return Ours(scene, antialias="plain" not in options)
