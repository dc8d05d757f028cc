"""The GPU renderer: all modalities of one pose, or of many, by one draw into several render targets.

Many views of one size are the layers of texture arrays. The vertex shader chooses the layer, so every pose has the
viewport, and each pixel the arithmetic, of a draw by itself: frames are the same bytes. (Tiles of one large image would
move pixels to coordinates that round differently; a geometry shader would send all triangles through another stage.)
Each instance is drawn for just those poses that may see it. The GPU packs the images into the bytes of frames, nothing
rounded, and copies them into one of two buffers while it draws the next batch; the CPU takes them one batch later.
"""

from __future__ import annotations

from collections.abc import Sequence

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.gl.camera_uniforms import MAX_POSES
from tst_sim.embedded.drawing.gl.context import describe_context, is_software, shared_context
from tst_sim.embedded.drawing.gl.gpu_scene import GpuScene
from tst_sim.embedded.drawing.gl.pose_batches import BatchedDraws, batches_of
from tst_sim.embedded.drawing.gl.programs import Programs, can_stack
from tst_sim.embedded.drawing.gl.targets import Targets
from tst_sim.embedded.drawing.gl.texture_array import TextureArray
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.modalities import Frame, Modality

MAX_SIZES, MAX_PIXELS_KEPT = 4, 4_000_000
"""Image sizes whose render targets are kept, and their pixels in all, at 32 bytes each."""


class GlRenderer:
    """Holds what a live scene shows on the GPU and draws it; not thread-safe.

    The process's context is current only while a method runs, so other users of OpenGL are left alone.
    """

    def __init__(self, *, antialias: bool = False, max_poses: int | None = None) -> None:
        """`antialias`: smooth edges in `rgb`; all else is as without. UserError without EGL.

        At most `max_poses` share a draw: by default as many as fit on a GPU, and one where the driver draws on the
        CPU, which gains nothing and would have to pack. Without `can_stack`, every pose is a draw of its own.
        """
        assert max_poses is None or 1 <= max_poses <= MAX_POSES
        self._context = shared_context()
        self._antialias = antialias
        self._shown: GpuScene | None = None
        self._targets: dict[tuple[int, int], Targets] = {}
        with self._context:
            wanted = max_poses or (1 if is_software(self._context) else MAX_POSES)
            self._max_poses = wanted if can_stack(self._context) else 1
            self._programs = Programs(self._context)
            self._layers = BatchedDraws(self._context, self._programs)
            self._textures = TextureArray(self._context)

    def sync(self, live_scene: LiveScene) -> None:
        """Bring to the GPU what has changed on the live scene since the last time: often nothing."""
        with self._context:
            if self._shown is None or self._shown.scene is not live_scene.scene:
                self._release_stage()
                self._shown = GpuScene(self._context, self._programs, self._textures, live_scene)
            self._shown.sync(live_scene)

    def draw(self, cameras: Sequence[Camera], modalities: Sequence[Modality]) -> list[Frame]:
        """A frame a camera in physical units; only the modalities asked for are read back."""
        assert self._shown is not None, "sync a live scene first"
        names = list(dict.fromkeys(modality.name for modality in modalities))
        if not names:
            return [{} for _ in cameras]
        smooth = self._antialias and "rgb" in names
        batches = batches_of(cameras, self._max_poses)
        many = [batch for batch in batches if len(batch) > 1]
        frames: dict[int, Frame] = {}
        with self._context:
            groups = ([cameras[number] for number in batch] for batch in many)
            for batch, made in zip(many, self._layers.frames(self._shown, groups, names, smooth=smooth), strict=True):
                frames.update(zip(batch, made, strict=True))
            for number in (batch[0] for batch in batches if len(batch) == 1):
                frames[number] = self._frame(self._shown, cameras[number], names, smooth)
        return [frames[number] for number in range(len(cameras))]

    def describe(self) -> dict[str, str]:
        """The driver's names, which equal frames depend on."""
        with self._context:
            return {"renderer": "gl", **describe_context(self._context)}

    def release(self) -> None:
        """Free what this renderer holds on the GPU; the process keeps its context. Safe to call twice."""
        with self._context:
            self._release_stage()
            self._textures.release()
            self._layers.release()
            self._programs.release()
            for targets in self._targets.values():
                targets.release()
            self._targets.clear()

    def _frame(self, shown: GpuScene, camera: Camera, names: list[str], smooth: bool) -> Frame:
        targets = self._targets_of(camera.width, camera.height)
        targets.clear([*names, "instance"] if smooth else names, camera.sky_color)
        shown.draw(camera)
        return targets.read(names, antialias=smooth)

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
        return len(self._targets) < MAX_SIZES and kept + pixels <= MAX_PIXELS_KEPT
