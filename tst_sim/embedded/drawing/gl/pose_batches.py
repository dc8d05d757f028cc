"""Batches of poses that share a draw; each batch is read back while the next one is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import moderngl

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.gl.gpu_scene import GpuScene
from tst_sim.embedded.drawing.gl.layered_targets import LayeredTargets
from tst_sim.embedded.drawing.gl.programs import Programs
from tst_sim.embedded.drawing.gl.readback import LABEL, PendingReadback
from tst_sim.modalities import Frame

MAX_PIXELS = 4_000_000
"""Pixels of all layers: 64 of 224 x 224 fit. Each takes 32 bytes as images, 26 packed and 26 in each of two buffers."""


def batches_of(cameras: Sequence[Camera], max_poses: int) -> list[list[int]]:
    """The numbers of cameras that are to share a draw: of one image size, all orthographic or none, as many as fit."""
    alike: dict[tuple[int, int, bool], list[int]] = {}
    for number, camera in enumerate(cameras):
        alike.setdefault((camera.width, camera.height, camera.orthographic), []).append(number)
    batches = []
    for (width, height, _), numbers in alike.items():
        most = max(1, min(max_poses, MAX_PIXELS // (width * height)))
        batches += [numbers[start : start + most] for start in range(0, len(numbers), most)]
    return batches


class BatchedDraws:
    """Draws batches of poses into layers; keeps the layers of the last image size."""

    def __init__(self, context: moderngl.Context, programs: Programs) -> None:
        self._context, self._programs = context, programs
        self._layered: LayeredTargets | None = None

    def frames(
        self, shown: GpuScene, batches: Iterable[Sequence[Camera]], names: Sequence[str], *, smooth: bool
    ) -> Iterator[list[Frame]]:
        """The frames of each batch; while they are taken from the GPU, it draws the next one."""
        sections = [*names, LABEL] if smooth else list(names)
        waiting: PendingReadback | None = None
        for cameras in batches:
            size = cameras[0].width, cameras[0].height
            targets = self._layered
            if targets is None or not targets.fits(size, len(cameras)):
                if targets is not None and waiting is not None:
                    yield targets.receive(waiting, names)
                    waiting = None
                targets = self._replaced(size, len(cameras))
            targets.clear(sections)
            shown.draw_many(cameras)
            sent = targets.send(len(cameras), sections)
            if waiting is not None:
                yield targets.receive(waiting, names)
            waiting = sent
        if self._layered is not None and waiting is not None:
            yield self._layered.receive(waiting, names)

    def release(self) -> None:
        """Free the layers; safe to call twice."""
        if self._layered is not None:
            self._layered.release()
            self._layered = None

    def _replaced(self, size: tuple[int, int], poses: int) -> LayeredTargets:
        """New layers in place of those there are: a power of two, so that the next batch may be somewhat larger."""
        self.release()
        layers = min(1 << (poses - 1).bit_length(), max(poses, MAX_PIXELS // (size[0] * size[1])))
        self._layered = LayeredTargets(self._context, self._programs, size, layers)
        return self._layered
