"""The packs that a run draws from, asked one after the other; what they are goes into plans and manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from tst_sim.assets import Asset, asset_table
from tst_sim.embedded.catalogue import build_asset
from tst_sim.embedded.mesh.materials import Rgb
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.packs.library import Credit
from tst_sim.packs.names import BUILTIN, PACKS, pack_names, place_of


class AssetPack(Protocol):
    """Drawn shapes for some assets."""

    @property
    def name(self) -> str:
        """As in `--assets`."""
        ...

    @property
    def files(self) -> Mapping[str, str]:
        """File name -> sha256; which files they are, not where they lie."""
        ...

    @property
    def digest(self) -> str:
        """Of everything the shapes follow from."""
        ...

    def parts(
        self, asset: Asset, *, color: Rgb | None = None, openness: float | None = None
    ) -> tuple[Part, ...] | None:
        """The parts of an asset, as `tst_sim.embedded.catalogue.build_asset` gives them: they fill its real box, the
        front at +z. None: this pack has no shape for it. The same answer to the same question, always."""
        ...

    def credits(self) -> tuple[Credit, ...]:
        """Author and licence of every model that may be drawn."""
        ...


class AssetPacks:
    """Packs in the order in which they are asked; the built-in shapes answer for the rest."""

    def __init__(self, packs: Sequence[AssetPack]) -> None:
        self.packs = tuple(packs)

    def build(self, asset: Asset, *, color: Rgb | None = None, openness: float | None = None) -> tuple[Part, ...]:
        """The parts of an asset from the first pack that has them; see `build_asset`."""
        stated = asset.asset_id in asset_table() and asset.supports_m != asset_table()[asset.asset_id].supports_m
        # A model has no board where only this one house has things lie; the built-in shape draws one.
        for pack in () if stated else self.packs:
            parts = pack.parts(asset, color=color, openness=openness)
            if parts is not None:
                return parts
        return build_asset(asset, color=color, openness=openness)

    def identities(self) -> tuple[str, ...]:
        """`name digest` of each pack, `builtin` last: what shards depend on, free of paths."""
        return (*(f"{pack.name} {pack.digest}" for pack in self.packs), BUILTIN)

    def describe(self) -> dict[str, str]:
        """For a simulator's `describe()`; empty for the built-in shapes alone, which its engine version covers."""
        return {"assets": ", ".join(self.identities())} if self.packs else {}

    def record(self) -> list[dict[str, Any]]:
        """For a corpus manifest: each pack's files and whose models may be seen, with their licences."""
        rows = [
            {
                "name": pack.name,
                "digest": pack.digest,
                "files": dict(pack.files),
                "credits": [asdict(credit) for credit in pack.credits()],
            }
            for pack in self.packs
        ]
        return [*rows, {"name": BUILTIN}]


def open_packs(names: Sequence[str]) -> AssetPacks:
    """The packs of some names (see `pack_names`), opened; UserError when one is missing or unusable."""
    return AssetPacks([_opened(name) for name in pack_names(names) if name != BUILTIN])


def _opened(name: str) -> AssetPack:
    kind, place = place_of(name)
    return PACKS[kind](place)
