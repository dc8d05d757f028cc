"""The renderer against an independent ray caster (trimesh on Embree) over the exported triangles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from scipy import ndimage
from trimesh import Trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector

from tst_sim.embedded.scene.scene import Triangles
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED

CAMERA = Intrinsics(160, 120, 75.0)
POSES_PER_HOUSE = 12
MIN_AGREEMENT = 0.995


class Cast(NamedTuple):
    """What the ray caster sees: planar depth (h, w), camera-space normals (h, w, 3), instances (h, w)."""

    depth: np.ndarray
    normal: np.ndarray
    instance: np.ndarray


class Caster:
    """Rays against one-sided triangles: those that turn their back on the eye are left out."""

    def __init__(self, scene: Triangles) -> None:
        self.scene = scene
        self._corners = scene.vertices[scene.triangles].astype(np.float64)
        self._faces = np.cross(self._corners[:, 1] - self._corners[:, 0], self._corners[:, 2] - self._corners[:, 0])

    def cast(self, pose: Pose, camera: Intrinsics) -> Cast:
        eye = np.array(pose.position_m)
        facing = np.flatnonzero(np.einsum("ij,ij->i", self._faces, self._corners[:, 0] - eye) < 0)
        mesh = Trimesh(self.scene.vertices, self.scene.triangles[facing], process=False)
        rays = camera.ray_slopes().reshape(-1, 3) @ pose.rotation().T
        start = np.tile(eye, (len(rays), 1))
        first = RayMeshIntersector(mesh, scale_to_box=False).intersects_first(start, rays)
        hit = np.where(first >= 0, facing[first], -1)
        depth = np.where(hit >= 0, self._along(start, rays, hit), 0.0)
        return self._seen(hit, depth, rays, pose, (camera.height, camera.width))

    def _along(self, start: np.ndarray, rays: np.ndarray, triangle: np.ndarray) -> np.ndarray:
        normal = self._faces[triangle]
        offset = self._corners[triangle, 0] - start
        return np.einsum("ij,ij->i", offset, normal) / np.einsum("ij,ij->i", rays, normal)

    def _seen(self, hit: np.ndarray, depth: np.ndarray, rays: np.ndarray, pose: Pose, shape: tuple[int, int]) -> Cast:
        points = np.array(pose.position_m) + rays * depth[:, None]
        weights = _barycentric(points, self._corners[hit])
        corner_normals = self.scene.normals[self.scene.triangles[hit]]
        normal = np.einsum("ij,ijk->ik", weights, corner_normals) @ pose.rotation() * (1, 1, -1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        instance = np.where(hit >= 0, self.scene.instances[hit], 0)
        return Cast(depth.reshape(shape), normal.reshape(*shape, 3), instance.reshape(shape))


def _barycentric(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = points - corners[:, 0]
    normal = np.cross(a, b)
    area = np.maximum(np.einsum("ij,ij->i", normal, normal), 1e-30)
    v = np.einsum("ij,ij->i", np.cross(p, b), normal) / area
    w = np.einsum("ij,ij->i", np.cross(a, p), normal) / area
    return np.stack([1 - v - w, v, w], axis=1)


def away_from_silhouettes(cast: Cast) -> np.ndarray:
    """Pixels with one instance, no jump in depth and no crease within one pixel around them."""
    ring = np.ones((3, 3), bool)
    same = ndimage.maximum_filter(cast.instance, footprint=ring) == ndimage.minimum_filter(
        cast.instance, footprint=ring
    )
    low, high = (f(cast.depth, footprint=ring) for f in (ndimage.minimum_filter, ndimage.maximum_filter))
    flat = np.ones_like(same)
    for axis in range(3):
        channel = cast.normal[..., axis]
        flat &= ndimage.maximum_filter(channel, footprint=ring) - ndimage.minimum_filter(channel, footprint=ring) < 0.2
    return same & flat & (high - low < 0.05 + 0.1 * low)


def poses_in(engine: EmbeddedSimulator, count: int) -> list[Pose]:
    """Every n-th free point, turning by the golden angle."""
    places = engine.free_space(0.25).positions_m
    chosen = places[np.linspace(0, len(places) - 1, count).astype(int)]
    return [
        Pose((float(x), 1.0 + 0.6 * (i % 3) / 2, float(z)), (137.5 * i) % 360, 20.0 * (i % 4) - 20)
        for i, (x, _, z) in enumerate(chosen)
    ]


@pytest.mark.parametrize("house_fixture", ["two_rooms", "shared_house"])
def test_renderer_and_ray_caster_see_the_same(
    each_engine: EmbeddedSimulator, house_fixture: str, request: pytest.FixtureRequest
) -> None:
    house: House = request.getfixturevalue(house_fixture)
    each_engine.load(house)
    fractions = agreement(each_engine, each_engine.scene.export())
    assert min(fractions.values()) >= MIN_AGREEMENT, fractions


def test_the_comparison_notices_a_house_one_centimetre_off(each_engine: EmbeddedSimulator, two_rooms: House) -> None:
    each_engine.load(two_rooms)
    scene = each_engine.scene.export()
    assert agreement(each_engine, scene._replace(vertices=scene.vertices + np.float32(0.01)))["depth"] < 0.8


def agreement(engine: EmbeddedSimulator, scene: Triangles) -> dict[str, float]:
    """Share of pixels away from silhouettes that agree: 2 mm + 0.2 % in depth, 1 degree, the same instance."""
    caster = Caster(scene)
    poses = poses_in(engine, POSES_PER_HOUSE)
    agreed = {"depth": 0, "normal": 0, "instance": 0}
    compared = 0
    for pose, frame in zip(poses, engine.render(poses, tuple(RENDERED.values()), intrinsics=CAMERA)):
        cast = caster.cast(pose, CAMERA)
        inside = away_from_silhouettes(cast)
        cosine = np.einsum("ijk,ijk->ij", frame["normal"].astype(np.float64), cast.normal)
        compared += int(inside.sum())
        agreed["depth"] += int((np.abs(frame["depth"] - cast.depth) <= 0.002 + 0.002 * cast.depth)[inside].sum())
        agreed["normal"] += int((cosine >= np.cos(np.radians(1.0)))[inside].sum())
        agreed["instance"] += int((frame["instance"] == cast.instance)[inside].sum())
    assert compared > 0.6 * len(poses) * CAMERA.width * CAMERA.height
    return {name: count / compared for name, count in agreed.items()}
