"""Asset packs of the player, as `tst-sim serve --assets` writes them into its command line.

Light until shapes are wanted: `serve --help` reads this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tst_sim.packs.names import BUILTIN, pack_names

if TYPE_CHECKING:
    from tst_sim.embedded.scene.instance_meshes import ShapeCache

OPTION = "--assets"
"""Given once for each pack, as a folder's name may hold any character."""


class Drawn(NamedTuple):
    """Shapes, and what they come from where that is not the catalogue alone."""

    shapes: ShapeCache
    source: Mapping[str, str]
    """Joins the facts that pictures depend on; see `AssetPacks.describe`."""


def drawn_from(names: Sequence[str]) -> Drawn:
    """The shapes of some packs (see `pack_names`). UserError when one is unknown, missing or unusable."""
    from tst_sim.embedded.scene.instance_meshes import ShapeCache

    if pack_names(names) == (BUILTIN,):
        return Drawn(ShapeCache(), {})
    from tst_sim.packs.selection import open_packs

    packs = open_packs(names)
    return Drawn(ShapeCache(packs.build), packs.describe())


def arguments_for(names: Sequence[str]) -> list[str]:
    """What makes a player draw from these packs: nothing for the built-in shapes. UserError for an unknown one."""
    others = [name for name in pack_names(names) if name != BUILTIN]
    return [word for name in others for word in (OPTION, name)]


def named_in(arguments: Sequence[str]) -> list[str]:
    """The packs that a player's arguments name."""
    return [name for option, name in pairwise(arguments) if option == OPTION]
