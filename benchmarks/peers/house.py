"""The house that is drawn, and the cameras in it: made when needed, always the same."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from benchmarks.peers.finer import FinerScene
from benchmarks.peers.scene_file import SceneFile
from generators.sources.houses import open_house_source
from tst_sim.embedded.scene.free_space import free_space
from tst_sim.geometry import Pose
from tst_sim.houses import House

HOUSE = 9
"""Of `procthor`, split `train`: 10 rooms, 76,034 triangles."""
POSES = 24
SIZE = 224
FIELD_OF_VIEW_DEG = 75.0


def the_house() -> House:
    """Made by procthor in some seconds."""
    source = open_house_source("procthor", "train")
    source.start()
    try:
        return source.house(HOUSE)
    finally:
        source.close()


def scene_of(house: House, levels: int, like: SceneFile | None = None) -> SceneFile:
    """The house with each of its triangles cut in four, `levels` times, and eyes at 1.5 m over its free floor.

    `like`: the scene whose eyes are taken over.
    """
    live_scene = FinerScene(levels)
    live_scene.load(house)
    scene = live_scene.scene
    linear = np.clip(scene.colors[scene.triangles].mean(axis=1), 0, 1)
    poses = _poses(free_space(scene, 0.25).positions_m)
    made = SceneFile(
        vertices=scene.vertices,
        triangles=scene.triangles.astype(np.int32),
        instances=scene.export().instances,
        colors=np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32),
        classes=scene.classes,
        renderer=np.array([pose.position_m for pose in poses]),
        rotations=np.stack([pose.rotation() for pose in poses]),
        angles=np.array([(pose.yaw_deg, pose.pitch_deg) for pose in poses]),
        fov_deg=FIELD_OF_VIEW_DEG,
        size=SIZE,
        house=json.dumps(house.document),
        name=house.name,
        levels=levels,
    )
    return made if like is None else replace(made, renderer=like.renderer, rotations=like.rotations, angles=like.angles)


def _poses(places: np.ndarray) -> list[Pose]:
    """Every n-th place, turning by the golden angle, looking a little down."""
    chosen = places[np.linspace(0, len(places) - 1, POSES).astype(int)]
    return [Pose((float(x), 1.5, float(z)), (137.5 * i) % 360, 10.0) for i, (x, _, z) in enumerate(chosen)]
