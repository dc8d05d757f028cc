"""The appearance of one asset, as shapes are given it: its size, its seeded choices and its materials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tst_sim.assets import Asset
from tst_sim.embedded.mesh.materials import Rgb, family_of, jittered, material_for, painted, swatch
from tst_sim.embedded.mesh.mesh import Material, Mesh, Part, merge
from tst_sim.embedded.mesh.primitives import mirrored
from tst_sim.proportions import asset_choice

Range = tuple[float, float]


@dataclass(frozen=True)
class AssetAppearance:
    """One asset, as it is to be drawn.

    Shapes are drawn with x and z centred and y from 0 at the bottom of the box; `build_asset`
    moves them into the asset's frame.
    """

    asset: Asset
    color: Rgb | None = None
    """sRGB in [0, 1] that the house gives this one object, or None."""
    openness: float | None = None
    """0 (closed) to 1 (open); None draws it as it fills its box."""

    @property
    def size(self) -> tuple[float, float, float]:
        """Width, height and depth of the box, metres."""
        return self.asset.size_m

    @property
    def x(self) -> Range:
        """The box along x."""
        return -self.size[0] / 2, self.size[0] / 2

    @property
    def z(self) -> Range:
        """The box along z; the front is the high end."""
        return -self.size[2] / 2, self.size[2] / 2

    def choice(self, what: str, count: int) -> int:
        """A number in [0, count), always the same for this asset and question."""
        return asset_choice(self.asset, what, count)

    def paint(self, family: str, *swatches: str, what: str = "") -> Material:
        """One of the named colors, chosen and slightly shifted by the asset."""
        color = swatch(swatches[self.choice(f"paint {what}", len(swatches))])
        return painted(family, jittered(color, f"{self.asset.asset_id}/{what}"))

    def material_slot(self, index: int, family: str, *swatches: str) -> Material:
        """The material of the asset's mesh slot, else `paint`; an object's own color wins for slot 0."""
        if self.color is not None and index == 0:
            return painted(family, self.color)
        if index < len(self.asset.materials):
            return self._made_of(index)
        return self.paint(family, *swatches, what=str(index))

    def material_of_family(self, families: tuple[str, ...], family: str, *swatches: str) -> Material:
        """The asset's first material that belongs to one of our families, else `paint`."""
        for index, (theirs, name) in enumerate(self.asset.materials):
            if family_of(theirs, name) in families:
                return self._made_of(index)
        return self.paint(family, *swatches, what=families[0])

    def material_of_name(self, word: str, family: str, *swatches: str) -> Material:
        """The asset's first material whose name has the word, else `paint`."""
        for index, (_, name) in enumerate(self.asset.materials):
            if word in name.lower():
                return self._made_of(index)
        return self.paint(family, *swatches, what=word)

    def has_family(self, *families: str) -> bool:
        """Whether the asset has a material of one of our families."""
        return any(family_of(theirs, name) in families for theirs, name in self.asset.materials)

    def _made_of(self, index: int) -> Material:
        return material_for(*self.asset.materials[index], variant=self.asset.asset_id)


Shape = Callable[[AssetAppearance], list[Part]]
"""Draws one object type: parts in metres, x and z centred, y from 0 at the bottom of the box."""


def part(material: Material, *meshes: Mesh, name: str = "") -> Part:
    """Meshes of one material as one part."""
    return Part(merge(meshes), material, name)


def from_the_front(shape: Shape) -> Shape:
    """A shape that is drawn as a viewer in front of it sees it, x to his right.

    The world's x runs to his left, as he looks towards -z in a left-handed world; so writing,
    clocks and control panels are drawn with this.
    """

    def seen(look: AssetAppearance) -> list[Part]:
        return [replace(piece, mesh=mirrored(piece.mesh)) for piece in shape(look)]

    return seen


def glowing(material: Material, emission: float) -> Material:
    """The material, giving off light of its own color."""
    return replace(material, emission=emission)


def shrunk(interval: Range, margin: float) -> Range:
    """The interval without `margin` at each end."""
    return interval[0] + margin, interval[1] - margin
