"""Many poses at once: which of them share a draw, and the draws one after the other, each read back one draw later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import moderngl

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.gl.gpu_scene import StageOnGpu
from tst_sim.embedded.drawing.gl.layered_targets import Stack
from tst_sim.embedded.drawing.gl.programs import Programs
from tst_sim.embedded.drawing.gl.readback import LABEL, Reading
from tst_sim.modalities import Frame

MAX_PIXELS = 4_000_000
"""Pixels of all layers: 64 of 224 x 224 fit. Each takes 32 bytes as images, 26 packed and 26 in each of two buffers."""


def batches_of(cameras: Sequence[Camera], most_poses: int) -> list[list[int]]:
    """The numbers of cameras that are to share a draw: of one image size, all orthographic or none, as many as fit."""
    alike: dict[tuple[int, int, bool], list[int]] = {}
    for number, camera in enumerate(cameras):
        alike.setdefault((camera.width, camera.height, camera.orthographic), []).append(number)
    batches = []
    for (width, height, _), numbers in alike.items():
        most = max(1, min(most_poses, MAX_PIXELS // (width * height)))
        batches += [numbers[start : start + most] for start in range(0, len(numbers), most)]
    return batches


class Layers:
    """Draws batches of poses into layers; keeps the layers of the last image size."""

    def __init__(self, context: moderngl.Context, programs: Programs) -> None:
        self._context, self._programs = context, programs
        self._stack: Stack | None = None

    def frames(
        self, shown: StageOnGpu, batches: Iterable[Sequence[Camera]], names: Sequence[str], *, smooth: bool
    ) -> Iterator[list[Frame]]:
        """The frames of each batch; while they are taken from the GPU, it draws the next one."""
        sections = [*names, LABEL] if smooth else list(names)
        waiting: Reading | None = None
        for cameras in batches:
            size = cameras[0].width, cameras[0].height
            stack = self._stack
            if stack is None or not stack.fits(size, len(cameras)):
                if stack is not None and waiting is not None:
                    yield stack.receive(waiting, names)
                    waiting = None
                stack = self._replaced(size, len(cameras))
            stack.clear(sections)
            shown.draw_many(cameras)
            sent = stack.send(len(cameras), sections)
            if waiting is not None:
                yield stack.receive(waiting, names)
            waiting = sent
        if self._stack is not None and waiting is not None:
            yield self._stack.receive(waiting, names)

    def release(self) -> None:
        """Free the layers; safe to call twice."""
        if self._stack is not None:
            self._stack.release()
            self._stack = None

    def _replaced(self, size: tuple[int, int], poses: int) -> Stack:
        """New layers in place of those there are: a power of two, so that the next batch may be somewhat larger."""
        self.release()
        layers = min(1 << (poses - 1).bit_length(), max(poses, MAX_PIXELS // (size[0] * size[1])))
        self._stack = Stack(self._context, self._programs, size, layers)
        return self._stack
