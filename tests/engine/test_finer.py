"""Houses cut finer for the comparison with other renderers: four times the triangles, the same pictures."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.peers.finer import FinerScene
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED, modalities_named

CAMERA = Intrinsics(96, 96, 75.0)
POSES = [Pose((2.0, 1.5, 2.5), yaw, 10.0) for yaw in (0.0, 90.0, 215.0)]


@pytest.fixture(scope="module")
def pictures(two_rooms: House) -> list[dict[str, np.ndarray]]:
    """All modalities of the house as it is, and cut finer: stacked over the poses."""
    both = []
    for live_scene in (LiveScene(light="baked"), FinerScene(1)):
        with EmbeddedSimulator(live_scene, antialias=False) as simulator:
            simulator.load(two_rooms)
            frames = simulator.render(POSES, modalities_named(list(RENDERED)), intrinsics=CAMERA)
        both.append({name: np.stack([frame[name] for frame in frames]) for name in RENDERED})
    return both


def test_every_triangle_is_cut_in_four_and_stays_with_its_instance(two_rooms: House) -> None:
    plain, fine = LiveScene(light="baked"), FinerScene(1)
    plain.load(two_rooms)
    fine.load(two_rooms)
    assert len(fine.scene.triangles) == 4 * len(plain.scene.triangles)
    np.testing.assert_array_equal(fine.scene.export().instances, np.repeat(plain.scene.export().instances, 4))
    assert len(fine.scene.vertices) < 4 * len(plain.scene.vertices), "corners between two triangles are made once"


def test_depth_and_ids_are_as_before(pictures: list[dict[str, np.ndarray]]) -> None:
    plain, fine = pictures
    assert np.mean(np.abs(plain["depth"] - fine["depth"]) < 1e-3) > 0.999
    for name in ("instance", "semantic"):
        assert np.mean(plain[name] == fine[name]) > 0.999


def test_colors_and_normals_are_as_before(pictures: list[dict[str, np.ndarray]]) -> None:
    plain, fine = pictures
    assert np.mean(np.abs(plain["rgb"].astype(int) - fine["rgb"]) <= 4) > 0.99
    assert np.mean(np.einsum("...k,...k", plain["normal"], fine["normal"]) > 0.999) > 0.99
