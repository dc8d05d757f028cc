"""Players that are not what ours is, for what the client must cope with: `python odd_player.py <oddity> [text]`.

`unity`: no mark, depth times 0.995, structure named and colored as Unity's game objects are; `stranger`: that, and the
ceilings belong to nothing; `mortal TEXT`: ours, but it dies of an action that has the text in it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import msgpack
import numpy as np

from tst_sim.thor.player import fifo, launch
from tst_sim.thor.player.colors import color_of
from tst_sim.thor.player.transport import Message, Picture


def as_unity(message: Message, *, ceiling: str) -> Message:
    """The same event, as a Unity build would send it."""
    if message.is_patch:
        return message
    metadata = msgpack.loads(message.metadata)
    (agent,) = metadata["agents"]
    renamed = {entry["name"]: unity_name(entry["name"], ceiling) for entry in agent["colors"] or ()}
    agent = {key: value for key, value in agent.items() if key != "tstSim"}
    agent["colors"] = agent["colors"] and [
        {"name": name, "color": list(color_of(name)) if name != entry["name"] else entry["color"]}
        for entry in agent["colors"]
        for name in [renamed[entry["name"]]]
        if "|" in name
    ]
    pictures = [(kind, picture_of(kind, data, renamed)) for kind, data in message.pictures]
    return replace(message, metadata=msgpack.packb({**metadata, "agents": [agent]}), pictures=pictures)


def unity_name(name: str, ceiling: str) -> str:
    """The floor is the room; a wall or ceiling is a game object's name and place."""
    kind, _, rest = name.partition("|")
    if kind == "ceiling":
        return ceiling
    return rest if kind == "floor" else f"{name}|1.5|0|-2.25" if kind == "wall" else name


def picture_of(kind: Picture, data: bytes, renamed: dict[str, str]) -> bytes:
    """Depth scaled, ids in the new names' colors."""
    if kind in (Picture.DEPTH, Picture.CAMERA_DEPTH):
        return (np.frombuffer(data, "<f4") * np.float32(0.995)).tobytes()
    if kind not in (Picture.IDS, Picture.CAMERA_IDS):
        return data
    old = np.frombuffer(data, np.uint8).reshape(-1, 4)
    new = old.copy()
    for before, after in renamed.items():
        if before != after:
            new[(old[:, :3] == color_of(before)).all(axis=1), :3] = color_of(after)
    return new.tobytes()


def become_unity(ceiling: str) -> None:
    send = fifo.FifoTransport.send
    fifo.FifoTransport.send = lambda self, message: send(self, as_unity(message, ceiling=ceiling))


def become_mortal(text: bytes) -> None:
    receive = fifo.FifoTransport.receive

    def die_of(self: fifo.FifoTransport) -> bytes | None:
        action = receive(self)
        if action is not None and text in action:
            os.write(2, b"the roof fell in\n")
            os._exit(3)
        return action

    fifo.FifoTransport.receive = die_of


if __name__ == "__main__":
    if sys.argv[1] == "mortal":
        become_mortal(sys.argv[2].encode())
    else:
        become_unity("Ceiling|0|2.5|0" if sys.argv[1] == "unity" else "Roof|0|2.5|0")
    raise SystemExit(launch.main())
