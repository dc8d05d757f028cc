"""The triangles of all instances in one buffer on the GPU, where any one of them can be replaced."""

from __future__ import annotations

from collections.abc import Sequence

import moderngl
import numpy as np

SPARE = 1.5
"""Room is made for this many times what is needed, so that the next few need no more."""


class VertexStore:
    """Vertices by instance number (from 0) and the triangles between them; draws a choice of instances.

    Any of `programs` can draw them: all read vertices of the same `layout`.
    """

    def __init__(
        self,
        context: moderngl.Context,
        programs: Sequence[moderngl.Program],
        layout: tuple[str, ...],
        vertex: np.dtype,
    ) -> None:
        self._context, self._programs, self._layout, self._vertex = context, programs, layout, vertex
        self._spans: dict[int, tuple[int, int]] = {}
        self._triangles: list[np.ndarray] = []
        self._end = self._capacity = 0
        self._vertices = context.buffer(reserve=vertex.itemsize)
        self._indices = context.buffer(reserve=12, dynamic=True)
        self._arrays: list[moderngl.VertexArray] = []
        self._connect()

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
        self._connect()

    def draw(self, numbers: Sequence[int] | np.ndarray, *, program: int = 0) -> None:
        """One draw call over the triangles of these instances, in this order, by one of the programs."""
        chosen = [self._triangles[number] for number in numbers]
        triangles = np.concatenate(chosen) if chosen else np.zeros((0, 3), np.uint32)
        if not len(triangles):
            return
        if triangles.nbytes > self._indices.size:
            self._indices.release()
            self._indices = self._context.buffer(reserve=int(SPARE * triangles.nbytes), dynamic=True)
            self._connect()
        self._indices.write(triangles)
        self._arrays[program].render(moderngl.TRIANGLES, vertices=triangles.size)

    def release(self) -> None:
        """Free the buffers."""
        for resource in (*self._arrays, self._vertices, self._indices):
            resource.release()

    def _space_for(self, count: int) -> int:
        self.reserve(count)
        first = self._end
        self._end += count
        return first

    def _connect(self) -> None:
        """Tie the programs to the buffers as they are now."""
        for array in self._arrays:
            array.release()
        content = [(self._vertices, *self._layout)]
        self._arrays = [self._context.vertex_array(program, content, self._indices) for program in self._programs]
