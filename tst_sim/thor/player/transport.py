"""Messages to AI2-THOR's client, and the protocol of what transports them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import numpy as np


class Picture(Enum):
    """A kind of image: its field number in a pipe message, its name in a web form."""

    RGB = (4, "image")
    DEPTH = (5, "image_depth")
    NORMALS = (6, "image_normals")
    CLASSES = (8, "image_classes")
    IDS = (9, "image_ids")
    CAMERA_RGB = (10, "image-thirdParty-camera")
    CAMERA_DEPTH = (12, "image_thirdParty_depth")
    CAMERA_NORMALS = (13, "image_thirdParty_normals")
    CAMERA_IDS = (14, "image_thirdParty_image_ids")
    CAMERA_CLASSES = (15, "image_thirdParty_classes")

    @property
    def field(self) -> int:
        """Its name in a FIFO message."""
        return self.value[0]

    @property
    def form_name(self) -> str:
        """Its name in a WSGI form."""
        return self.value[1]


@dataclass(frozen=True)
class Message:
    """One event: its metadata as the line packs them, and raw images, each kind in the order of its cameras."""

    metadata: bytes
    pictures: Sequence[tuple[Picture, bytes]] = ()
    is_patch: bool = False
    """The metadata are laid over those of the message before, whose images stay; pipes alone know this."""


class Transport(Protocol):
    """The way to the client: one message out, one action in, in turn."""

    supports_patches: bool

    def pack(self, metadata: Mapping[str, Any]) -> bytes:
        """Metadata as they travel; TypeError or ValueError for what cannot."""
        ...

    def send(self, message: Message) -> None:
        """Hand an event to the client. BrokenPipeError or ConnectionError when it is gone."""
        ...

    def receive(self) -> bytes | None:
        """The next action as JSON text; None when the client has left."""
        ...


def plain(value: Any) -> Any:
    """A numpy number or array as what MessagePack and JSON can say; TypeError for anything else."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in an event's metadata")
