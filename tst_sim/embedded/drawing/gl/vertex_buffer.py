"""The triangles of all instances in one vertex buffer, in which any instance can be replaced."""

from __future__ import annotations

from collections.abc import Sequence

import moderngl
import numpy as np

SPARE = 1.5
"""Room is made for this many times what is needed, so that the next few need no more."""
POSE_LAYOUT = ("i4/i", "pose")
_COMMAND = np.dtype([(name, "<u4") for name in ("count", "instances", "first", "base_vertex", "base_instance")])
"""OpenGL's DrawElementsIndirectCommand."""


class VertexBuffer:
    """Vertices by instance number (from 0) and the triangles between them; draws a choice of instances.

    Any program can draw them that reads vertices of `layout` and, for many poses at once, `POSE_LAYOUT`.
    """

    def __init__(
        self,
        context: moderngl.Context,
        layout: tuple[str, ...],
        vertex: np.dtype,
    ) -> None:
        self._context, self._layout, self._vertex = context, layout, vertex
        self._spans: dict[int, tuple[int, int]] = {}
        self._triangles: list[np.ndarray] = []
        self._end = self._capacity = 0
        self._vertices = context.buffer(reserve=vertex.itemsize)
        self._indices, self._resident, self._commands, self._poses = (
            context.buffer(reserve=20, dynamic=True) for _ in range(4)
        )
        self._starts: np.ndarray | None = None
        self._arrays: dict[tuple[int, bool], moderngl.VertexArray] = {}

    def put(self, number: int, vertices: np.ndarray, triangles: np.ndarray) -> None:
        """Instance `number`, with triangles (m, 3) between its own vertices, in place of what it was."""
        while len(self._triangles) <= number:
            self._triangles.append(np.zeros((0, 3), np.uint32))
        first, length = self._spans.pop(number, (0, 0))
        if len(vertices) > length:
            first, length = self._space_for(len(vertices)), len(vertices)
        if len(vertices):
            self._spans[number] = first, length
            self._vertices.write(vertices.tobytes(), offset=first * self._vertex.itemsize)
        self._triangles[number] = triangles.astype(np.uint32) + np.uint32(first)
        self._starts = None

    def reserve(self, count: int) -> None:
        """Make room for as many more vertices; gaps that replaced instances have left are closed."""
        if self._end + count <= self._capacity:
            return
        alive = sum(length for _, length in self._spans.values())
        self._capacity = int(SPARE * (alive + count)) + 1
        size = self._vertex.itemsize
        grown = self._context.buffer(reserve=self._capacity * size)
        self._end = 0
        for number, (first, length) in self._spans.items():
            self._context.copy_buffer(
                grown, self._vertices, length * size, read_offset=first * size, write_offset=self._end * size
            )
            self._triangles[number] = self._triangles[number] - np.uint32(first) + np.uint32(self._end)
            self._spans[number] = self._end, length
            self._end += length
        self._vertices.release()
        self._vertices = grown
        self._starts = None
        self._disconnect()

    def draw(self, numbers: Sequence[int] | np.ndarray, program: moderngl.Program) -> None:
        """One draw call over the triangles of these instances (k,), in this order."""
        chosen = [self._triangles[number] for number in numbers]
        triangles = np.concatenate(chosen) if chosen else np.zeros((0, 3), np.uint32)
        if not len(triangles):
            return
        self._indices = self._written(self._indices, triangles)
        self._array(program, stacked=False).render(moderngl.TRIANGLES, vertices=triangles.size)

    def draw_many(self, seen: np.ndarray, program: moderngl.Program) -> None:
        """One indirect draw of many poses: (poses, instances) says who sees what; from the last instance to the first.

        An instance is one command with as many copies as poses see it. The order within a pose is that of `draw`.
        """
        starts = self._uploaded()
        counts = np.diff(starts)
        backwards = np.flatnonzero(seen.any(axis=0) & (counts > 0))[::-1]
        if not len(backwards):
            return
        viewers = seen[:, backwards].T
        commands = np.zeros(len(backwards), _COMMAND)
        commands["count"], commands["first"] = counts[backwards], starts[:-1][backwards]
        commands["instances"] = viewers.sum(axis=1)
        commands["base_instance"] = np.cumsum(commands["instances"]) - commands["instances"]
        self._poses = self._written(self._poses, np.nonzero(viewers)[1].astype(np.int32))
        self._commands = self._written(self._commands, commands)
        self._array(program, stacked=True).render_indirect(self._commands, moderngl.TRIANGLES, len(commands))

    def release(self) -> None:
        """Free the buffers."""
        self._disconnect()
        for resource in (self._vertices, self._indices, self._resident, self._commands, self._poses):
            resource.release()

    def _uploaded(self) -> np.ndarray:
        """(instances + 1,) where each one's indices begin in the resident buffer, which is made if anything changed."""
        if self._starts is None:
            self._starts = np.cumsum([0, *(triangles.size for triangles in self._triangles)])
            triangles = np.concatenate([np.zeros((0, 3), np.uint32), *self._triangles])
            self._resident = self._written(self._resident, triangles)
        return self._starts

    def _space_for(self, count: int) -> int:
        self.reserve(count)
        first = self._end
        self._end += count
        return first

    def _written(self, buffer: moderngl.Buffer, data: np.ndarray) -> moderngl.Buffer:
        """The buffer with the data in it, or a larger one in its place."""
        if data.nbytes > buffer.size:
            self._disconnect()
            buffer.release()
            buffer = self._context.buffer(reserve=int(SPARE * data.nbytes), dynamic=True)
        if data.nbytes:
            buffer.write(data)
        return buffer

    def _array(self, program: moderngl.Program, *, stacked: bool) -> moderngl.VertexArray:
        """What ties a program to the buffers as they are now."""
        key = program.glo, stacked
        if key not in self._arrays:
            content = [(self._vertices, *self._layout), *([(self._poses, *POSE_LAYOUT)] if stacked else [])]
            indices = self._resident if stacked else self._indices
            self._arrays[key] = self._context.vertex_array(program, content, indices)
        return self._arrays[key]

    def _disconnect(self) -> None:
        for array in self._arrays.values():
            array.release()
        self._arrays.clear()
