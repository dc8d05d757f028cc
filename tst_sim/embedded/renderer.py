"""Drawing a stage: one draw call into several render targets gives every modality of one view."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import moderngl
import numpy as np

from tst_sim.embedded.camera import Camera
from tst_sim.embedded.gloss import RoomGloss
from tst_sim.embedded.light.lighting import LightBake
from tst_sim.embedded.scene import Scene
from tst_sim.embedded.solids import Solid
from tst_sim.embedded.stage import Stage
from tst_sim.embedded.targets import Targets
from tst_sim.embedded.textures.shelf import TextureShelf
from tst_sim.embedded.vertex_store import VertexStore
from tst_sim.embedded.visibility import Visibility
from tst_sim.modalities import Modality

LIGHT_RANGE = 2.0
"""Light and emission are stored as the square root of their share of this, in 8 bits."""
MOST_SIZES, MOST_PIXELS_KEPT = 4, 4_000_000
"""Image sizes whose render targets are kept, and their pixels in all, at 32 bytes each."""

VERTEX = np.dtype(
    [
        ("position", "<f4", 3),
        ("normal", "<i2", 3),
        ("finish", "<i2"),
        ("albedo", "u1", 3),
        ("gloss", "u1"),
        ("light", "u1", 3),
        ("metal", "u1"),
        ("chart", "<u2", 2),
        ("uv", "<i2", 2),
        ("label", "<u2", 2),
    ]
)
"""40 bytes; finish is the texture's number and 128 times the room, label the instance, and the class and 256 times
the facet."""
VERTEX_FORMAT = ("3f4 4i2 4f1 4f1 2u2 2i2 2u2", "position", "normal", "albedo", "light", "chart", "uv", "label")
UV_STEPS = 1024
"""Steps to a side of a texture in which its coordinates are stored."""


class Renderer:
    """Holds what a stage shows on the GPU and draws it; not thread-safe."""

    def __init__(self, context: moderngl.Context, *, antialias: bool = False) -> None:
        """`antialias`: smooth edges in `rgb`; all else is as without."""
        self._context = context
        self._antialias = antialias
        self._programs = tuple(_program(context, orthographic) for orthographic in (False, True))
        self._shelf = TextureShelf(context)
        self._shown: _StageOnGpu | None = None
        self._targets: dict[tuple[int, int], Targets] = {}

    def follow(self, stage: Stage) -> None:
        """Bring to the GPU what has changed on the stage since the last time: often nothing."""
        if self._shown is None or self._shown.scene is not stage.scene:
            self._release_stage()
            self._shown = _StageOnGpu(self._context, self._programs, self._shelf, stage)
        self._shown.follow(stage)

    def draw(self, camera: Camera, modalities: Sequence[Modality]) -> dict[str, np.ndarray]:
        """One frame in physical units; only the modalities asked for are read back."""
        assert self._shown is not None, "follow a stage first"
        targets = self._targets_of(camera.width, camera.height)
        self._set_camera(camera, self._shown)
        names = [modality.name for modality in modalities]
        smooth = self._antialias and "rgb" in names
        targets.clear([*names, "instance"] if smooth else names, camera.sky_color)
        self._shown.draw(camera)
        return targets.read(names, antialias=smooth)

    def release(self) -> None:
        """Free what this renderer holds on the GPU; safe to call twice."""
        self._release_stage()
        self._shelf.release()
        for targets in self._targets.values():
            targets.release()
        self._targets.clear()

    def _release_stage(self) -> None:
        if self._shown is not None:
            self._shown.release()
            self._shown = None

    def _targets_of(self, width: int, height: int) -> Targets:
        """Those of the size, made when they are not among the last ones used."""
        targets = self._targets.pop((width, height), None)
        if targets is None:
            while self._targets and not self._room_for(width * height):
                self._targets.pop(next(iter(self._targets))).release()
            targets = Targets(self._context, width, height)
        self._targets[width, height] = targets
        return targets

    def _room_for(self, pixels: int) -> bool:
        kept = sum(width * height for width, height in self._targets)
        return len(self._targets) < MOST_SIZES and kept + pixels <= MOST_PIXELS_KEPT

    def _set_camera(self, camera: Camera, shown: _StageOnGpu) -> None:
        program = self._programs[camera.orthographic]
        across, along = camera.scale
        times, plus, w_times, w_plus = camera.to_clip(shown.farthest_m(camera) if camera.orthographic else 0.0)
        # GL reads matrices column by column, so the rows of world-to-camera are the rotation's columns.
        program["world_to_camera"] = tuple(camera.rotation.ravel().tolist())
        program["eye"] = tuple(camera.eye.tolist())
        program["scale"] = (across, -along)
        program["to_clip"] = (times, plus, w_times, w_plus)
        program["light_gain"] = shown.light_gain
        right, upward, forward = camera.rotation[1].tolist()
        program["up"] = (right, upward, -forward)
        if not camera.orthographic:
            across_px, along_px = 2 / (across * camera.width), 2 / (along * camera.height)
            program["slope"] = (across_px, -along_px, -1 / across, 1 / along)
        if camera.orthographic:
            program["depth_of_z"] = (-(1 + plus) / times, 2 / times)


class _StageOnGpu:
    """One house's vertices and light map, and the instances as they were last shown."""

    def __init__(
        self, context: moderngl.Context, programs: tuple[moderngl.Program, ...], shelf: TextureShelf, stage: Stage
    ) -> None:
        self.scene: Scene = stage.scene
        self._shelf = shelf
        self._gloss = RoomGloss(stage.scene, stage.light)
        self._visibility = Visibility(stage.scene)
        self._store = VertexStore(context, programs, VERTEX_FORMAT, VERTEX)
        self._store.reserve(len(stage.scene.vertices))
        self._solids: tuple[Solid, ...] = ()
        self._map = _light_texture(context, stage.light)
        for program in programs:
            program["light_map"], program["textures"] = 0, 1
            program["room_lamps"] = self._gloss.lamps.tolist()
            program["room_mirrors"] = self._gloss.mirrors.tolist()
        self.light_gain = stage.light_gain

    def follow(self, stage: Stage) -> None:
        """Replace the instances that have changed."""
        self.light_gain = stage.light_gain
        if stage.solids is self._solids:
            return
        known = len(self._solids)
        changed = [
            (number, solid)
            for number, solid in enumerate(stage.solids)
            if number >= known or solid is not self._solids[number]
        ]
        self._shelf.hold(layer for _, solid in changed for layer in np.unique(solid.skin["layer"]).tolist())
        for number, solid in changed:
            label = (number + 1, int(stage.classes[number + 1]))
            packed = pack_vertices(solid, *stage.lit(number), label)
            room = self._gloss.room(number, stage.boxes[number])
            packed["finish"] = solid.skin["layer"].astype(np.int16) + 128 * room
            self._store.put(number, packed, solid.triangles)
        self._solids = stage.solids
        self._visibility.arrange(stage.boxes)

    def farthest_m(self, camera: Camera) -> float:
        return self._visibility.farthest_m(camera)

    def draw(self, camera: Camera) -> None:
        """One draw call over the triangles of what may be seen, objects before the shell that they hide."""
        self._map.use(0)
        self._shelf.use(1)
        self._store.draw(np.flatnonzero(self._visibility.visible(camera))[::-1], program=int(camera.orthographic))

    def release(self) -> None:
        self._store.release()
        self._map.release()


def _program(context: moderngl.Context, orthographic: bool) -> moderngl.Program:
    sources = files("tst_sim.embedded.shaders")
    fragment = (sources / "surface.frag").read_text()
    if orthographic:
        version, rest = fragment.split("\n", 1)
        fragment = f"{version}\n#define ORTHOGRAPHIC\n{rest}"
    return context.program(vertex_shader=(sources / "surface.vert").read_text(), fragment_shader=fragment)


def pack_vertices(solid: Solid, light: np.ndarray, chart: np.ndarray, label: tuple[int, int]) -> np.ndarray:
    """An instance's vertices as they lie in the buffer (see `VERTEX`) but for `finish`; `label`: its id and class."""
    packed = np.zeros(len(solid.vertices), VERTEX)
    packed["position"] = solid.vertices
    packed["normal"] = np.rint(solid.normals * 32767)
    packed["albedo"] = np.rint(np.sqrt(np.clip(solid.colors, 0, 1)) * 255)
    packed["light"] = _coded(light)
    packed["gloss"], packed["metal"] = solid.skin["gloss"], solid.skin["metal"]
    packed["chart"] = np.rint(chart * 65535)
    packed["uv"] = np.rint(np.clip(solid.skin["uv"] * UV_STEPS, -32767, 32767))
    packed["label"] = label
    packed["label"][:, 1] += solid.skin["facet"].astype(np.uint16) << 8
    return packed


def _light_texture(context: moderngl.Context, light: LightBake) -> moderngl.Texture:
    height, width = light.light_map.shape[:2]
    texels = np.full((height, width, 4), 255, np.uint8)
    texels[..., :3] = _coded(light.light_map)
    texture = context.texture((width, height), 4, texels.tobytes())
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    return texture


def _coded(light: np.ndarray) -> np.ndarray:
    return np.rint(np.sqrt(np.clip(light / LIGHT_RANGE, 0, 1)) * 255).astype(np.uint8)
