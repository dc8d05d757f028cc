"""Messages over two named pipes: AI2-THOR's FIFO server type.

A field is a type byte, a big-endian length and a body; a field of type 255 ends the message.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgpack

from tst_sim.thor.player.transport import Message, plain

METADATA, ACTION, METADATA_PATCH, END = 1, 2, 11, 255
HEADER = struct.Struct("!BI")
END_OF_MESSAGE = HEADER.pack(END, 0)
PIPE_BYTES = 1 << 20
"""What an unprivileged process may ask for on Linux; the default of 64 KiB doubles the time of large images."""

MAX_BUFFERS = 1024
"""What Linux takes in one write (IOV_MAX)."""


class FifoTransport:
    """`Transport` over pipes that the client has made."""

    supports_patches = True

    def __init__(self, server_pipe: int, client_pipe_path: str) -> None:
        self._out = server_pipe
        self._in_path = client_pipe_path
        self._in = -1
        with suppress(OSError):
            fcntl.fcntl(self._out, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def pack(self, metadata: Mapping[str, Any]) -> bytes:
        """MessagePack. Half characters, which JSON can bring in and no text can hold, become question marks."""
        packed = msgpack.packb(metadata, default=plain, unicode_errors="replace")
        assert packed is not None
        return packed

    def send(self, message: Message) -> None:
        """One write for the whole message, as a rule, and no copy of it."""
        kind = METADATA_PATCH if message.is_patch else METADATA
        pieces = [HEADER.pack(kind, len(message.metadata)), message.metadata]
        for picture, data in message.pictures:
            pieces += [HEADER.pack(picture.field, len(data)), data]
        pieces.append(END_OF_MESSAGE)
        left = [memoryview(piece) for piece in pieces]
        while left:
            written = os.writev(self._out, left[:MAX_BUFFERS])
            while left and written >= len(left[0]):
                written -= len(left.pop(0))
            if written:
                left[0] = left[0][written:]

    def receive(self) -> bytes | None:
        """Fields other than the action are read and left alone."""
        if self._in < 0:
            # The client opens its end when it has read the first message: earlier, both would wait.
            self._in = os.open(self._in_path, os.O_RDONLY)
        action = b""
        while True:
            header = self._read(HEADER.size)
            if header is None:
                return None
            kind, length = HEADER.unpack(header)
            if kind == END:
                return action
            body = self._read(length)
            if body is None:
                return None
            if kind == ACTION:
                action = body

    def _read(self, size: int) -> bytes | None:
        pieces = []
        while size > 0:
            piece = os.read(self._in, min(size, PIPE_BYTES))
            if not piece:
                return None
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)
