"""MuJoCo's own renderer, below its Python `Renderer`: two passes into one set of buffers, and culling by hand."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.peers.contender import Contender, Frame
from benchmarks.peers.derived import NormalsFromDepth
from benchmarks.peers.rasters import Frusta, planar_depth
from benchmarks.peers.scene_file import SceneFile

NEAR_M, FAR_M = 0.02, 60.0
HIDDEN = 5
"""The group of geoms that are not drawn."""


class Mujoco(Contender):
    """A geom per instance in its mean color; no shadows, reflections, fog, sky or multisampling. World: z up."""

    native = "rgb, depth, instance"
    normals = "from depth, numpy"

    def __init__(self, scene: SceneFile) -> None:
        super().__init__(scene)
        self._mujoco: Any = importlib.import_module("mujoco")
        self._model = self._compiled()
        mujoco, model = self._mujoco, self._model
        self._data = mujoco.MjData(model)
        mujoco.mj_forward(model, self._data)
        self._gl = mujoco.GLContext(scene.size, scene.size)
        self._gl.make_current()
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        self._rect = mujoco.MjrRect(0, 0, scene.size, scene.size)
        self._drawn = mujoco.MjvScene(model, maxgeom=model.ngeom + 10)
        for flag in ("SHADOW", "REFLECTION", "SKYBOX", "FOG", "HAZE"):
            self._drawn.flags[getattr(mujoco.mjtRndFlag, f"mjRND_{flag}")] = False
        self._options, self._camera = mujoco.MjvOption(), mujoco.MjvCamera()
        self._camera.type, self._camera.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, 0
        self._frusta = Frusta(scene)
        self._derive = NormalsFromDepth(scene.size, scene.slope)
        self._rgb, self._ids = (np.empty((scene.size, scene.size, 3), np.uint8) for _ in range(2))
        self._depth = np.empty((scene.size, scene.size), np.float32)

    @property
    def version(self) -> str:
        return f"mujoco {self._mujoco.__version__}"

    def _compiled(self) -> Any:
        mujoco, scene = self._mujoco, self.scene
        spec = mujoco.MjSpec()
        spec.compiler.balanceinertia = True
        spec.visual.quality.offsamples = spec.visual.quality.shadowsize = 0
        spec.visual.global_.offwidth = spec.visual.global_.offheight = scene.size
        spec.visual.map.znear, spec.visual.map.zfar, spec.stat.extent = NEAR_M, FAR_M, 1.0
        spec.worldbody.add_camera(name="eye", fovy=scene.fov_deg)
        for number, vertices, triangles, color in scene.parts():
            mesh = spec.add_mesh(name=f"mesh{number}", inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL)
            mesh.uservert = vertices[:, [0, 2, 1]].astype(np.float64).ravel()
            mesh.userface = triangles[:, ::-1].astype(np.int32).ravel()
            rgba = [*color.tolist(), 1.0]
            kind = mujoco.mjtGeom.mjGEOM_MESH
            spec.worldbody.add_geom(type=kind, meshname=mesh.name, rgba=rgba, contype=0, conaffinity=0)
        return spec.compile()

    def frame(self, pose: int, normals: bool) -> Frame:
        mujoco = self._mujoco
        seen = self._frusta.sees(pose)
        self._model.geom_group[:] = np.where(seen, 0, HIDDEN)
        right, up, forward = self.scene.rotations[pose].T[:, [0, 2, 1]]
        self._data.cam_xpos[0] = self.scene.renderer[pose][[0, 2, 1]]
        self._data.cam_xmat[0] = np.stack([right, up, -forward], axis=1).ravel()
        everything = mujoco.mjtCatBit.mjCAT_ALL
        mujoco.mjv_updateScene(self._model, self._data, self._options, None, self._camera, everything, self._drawn)
        self._draw(self._rgb, self._depth, by_id=False)
        self._draw(self._ids, None, by_id=True)
        near, far = self._model.vis.map.znear, self._model.vis.map.zfar
        depth = planar_depth(self._depth[::-1], near, far)
        numbers = np.append(0, np.flatnonzero(seen) + 1).astype(np.uint16)  # geoms are drawn, and counted, in order
        ids = self._ids[::-1]
        instance = np.take(numbers, ids[..., 0] + ids[..., 1] * np.uint16(256))
        frame = {
            "rgb": self._rgb[::-1].copy(),
            "depth": depth,
            "instance": instance,
            "semantic": np.take(self.scene.classes, instance),
        }
        return {**frame, "normal": self._derive(depth)} if normals else frame

    def _draw(self, colors: np.ndarray, depth: np.ndarray | None, *, by_id: bool) -> None:
        flags = self._mujoco.mjtRndFlag
        self._drawn.flags[flags.mjRND_SEGMENT] = self._drawn.flags[flags.mjRND_IDCOLOR] = by_id
        self._mujoco.mjr_render(self._rect, self._drawn, self._context)
        self._mujoco.mjr_readPixels(colors, depth, self._rect, self._context)


def contender(scene: SceneFile) -> Contender:
    return Mujoco(scene)
