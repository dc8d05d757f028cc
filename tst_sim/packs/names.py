"""How packs are named on the command line and in configs. Light: nothing is opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from tst_sim.errors import UserError, did_you_mean
from tst_sim.registry import Registry

BUILTIN = "builtin"
PACKS: Registry[Callable[[str | None], Any]] = Registry(
    "asset pack",
    {"sweethome3d": "tst_sim.packs.sweethome:open_sweethome3d", "gltf": "tst_sim.packs.gltf_folder:open_gltf"},
)
"""What opens the packs of a kind (`tst_sim.packs.selection.AssetPack`), given their place; plug-ins add theirs."""
EXAMPLES = "builtin, sweethome3d, sweethome3d:PATH.sh3f, gltf:FOLDER"


def pack_names(names: Sequence[str]) -> tuple[str, ...]:
    """The packs in the order in which they are asked, checked, paths made absolute.

    `builtin` has a shape for everything, so it is asked last wherever it is named, and also where it is not.
    UserError for an unknown kind, a missing folder name, or a pack named twice.
    """
    checked = [_checked(name.strip()) for name in names]
    others = tuple(name for name in checked if name != BUILTIN)
    for name in others:
        if others.count(name) > 1:
            raise UserError(f"asset pack {name!r} is named twice; name it once, in the order of preference")
    return (*others, BUILTIN)


def place_of(name: str) -> tuple[str, str | None]:
    """(kind, place) of a pack's name; no place: where the pack is usually installed."""
    kind, colon, place = name.partition(":")
    return kind, place if colon else None


def _checked(name: str) -> str:
    kind, place = place_of(name)
    kinds = (BUILTIN, *PACKS)
    if kind not in kinds:
        raise UserError(f"unknown asset pack {name!r}{did_you_mean(kind, kinds)}, as in {EXAMPLES}")
    if kind == BUILTIN and place is not None:
        raise UserError(f"asset pack {name!r}: builtin has no files; packs are: {EXAMPLES}")
    if place == "" or (kind == "gltf" and place is None):
        raise UserError(f"asset pack {name!r} names no place; packs are: {EXAMPLES}")
    return kind if place is None else f"{kind}:{os.path.abspath(os.path.expanduser(place))}"
