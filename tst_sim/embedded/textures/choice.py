"""The texture of a material and its size in the world, by AI2-THOR's names and our families."""

from __future__ import annotations

import re
from typing import NamedTuple

from tst_sim.embedded.mesh.materials import drawn_number
from tst_sim.embedded.mesh.mesh import Material, Part
from tst_sim.embedded.textures.library import NUMBER, VARIANTS


class TextureChoice(NamedTuple):
    """A layer, laid on in metres (`period_m` of the world to a side) or, without a period, once over a part."""

    layer: int
    period_m: float | None
    glows: float = 0.0
    """Emission of what shines by itself."""


# fmt: off
_SHELL = (
    (r"carpet|rug(?!.*brick)|fabric_mat", "carpet", 1.0), (r"brick(?!.*tile)", "bricks", 1.0),
    (r"checker", "checkerboard", 1.2), (r"subway", "subway", 0.6), (r"hextile", "hexagons", 0.6),
    (r"small.*tile|mosaic", "small_tiles", 0.6), (r"irregular|firep", "irregular_tiles", 1.0),
    (r"bathroomtiles|kitchentiles|kitchenwalls", "tiles", 0.8), (r"marble.*tile|granitetile", "marble_tiles", 1.2),
    (r"ceramictiles|^tiles|darktiles|kitchenfloor", "floor_tiles", 0.9), (r"tiles", "tiles", 0.8),
    (r"marble", "marble", 1.6), (r"granite|countertop", "granite", 0.7), (r"concreteboard", "concrete_boards", 1.6),
    (r"concrete", "concrete", 2.0), (r"porcelain|purewhite|pvc|lightwhite", "plain", 1.0),
    (r"floorscross|slashhatch", "cross_parquet", 1.0), (r"planks.*paint|whitewood", "painted_planks", 1.6),
    (r"wornwood|beams", "worn_wood", 1.4), (r"planks|floors|bedroomfloor|greyfloor|darkwood2|wood 1$", "planks", 1.5),
    (r"wicker", "wicker", 0.5), (r"cream_?wood|robinegg|pureblack|finewhite|_white", "painted_planks", 1.6),
    (r"counters|woodgrain|smooth|orange", "strips", 1.6), (r"wood|cabinet", "planks", 1.4),
)
"""What a floor's, wall's or ceiling's name says, first come first served; what is left is plaster."""

_NAMES = (
    (r"wicker", "wicker", 0.3), (r"leather", "leather", 0.35), (r"hammered", "hammered", 0.25),
    (r"wornwood", "worn_wood", 0.8), (r"marble", "marble", 0.9), (r"granite|countertop", "granite", 0.5),
    (r"brick", "bricks", 1.0), (r"carpet|rug|towel", "carpet", 0.45), (r"bark|trunk", "worn_wood", 0.3),
    (r"whitewood|cream_?wood|wood_white|woodfine.*white|blackwood|pureblack|whitepaint", "painted_wood", 0.8),
)
_FAMILIES = {
    "wood": ("grain", 0.8), "fabric": ("weave", 0.35), "leather": ("leather", 0.35), "metal": ("brushed", 0.35),
    "stone": ("marble", 0.8), "brick": ("bricks", 1.0), "tiles": ("tiles", 0.6), "leaf": ("foliage", 0.18),
    "food": ("crumbs", 0.15), "soil": ("crumbs", 0.12), "lampshade": ("weave", 0.3), "wax": ("plain", 1.0),
}
"""A family's layer and its size in metres; the rest is smooth."""
# fmt: on

_PICTURES = ("landscape", "abstract", "expression", "still_life")
_BEDDING = ("striped", "checked", "dotted", "quilted")
_SHOWN: dict[tuple[str, str], tuple[tuple[str, ...], float | None, float]] = {
    ("Painting", "picture"): (_PICTURES, None, 0.0),
    ("Television", "screen"): (("broadcast",), None, 0.55),
    ("Laptop", "screen"): (("desktop",), None, 0.6),
    ("Desktop", "screen"): (("desktop",), None, 0.6),
    ("CellPhone", "screen"): (("phone",), None, 0.4),
    ("Book", "cover"): (("cover",), None, 0.0),
    ("Box", "box"): (("parcel",), 0.4, 0.0),
    ("Bed", "blanket"): (_BEDDING, 0.9, 0.0),
    ("Bed", "upper mattress"): (_BEDDING, 0.9, 0.0),
    ("Pillow", "pillow"): ((*_BEDDING, "ornament"), 0.45, 0.0),
    ("ShowerCurtain", "curtain"): (_BEDDING, 0.9, 0.0),
    ("Towel", "towel"): (("striped", "checked"), 0.5, 0.0),
    ("Cloth", "cloth"): (("checked", "striped", "dotted"), 0.4, 0.0),
    ("DogBed", "pad"): (("checked", "quilted"), 0.5, 0.0),
}
"""By object type and part: kinds of content, their size in metres (None: once over the part) and their glow."""


def texture_for_structure(material: Material) -> TextureChoice:
    """The cover of a floor, wall or ceiling."""
    name = material.name.lower()
    for pattern, layer, period in _SHELL:
        if re.search(pattern, name):
            return TextureChoice(NUMBER[layer], period)
    return TextureChoice(NUMBER["plaster"], 1.2)


def texture_for(part: Part, object_type: str, asset_id: str) -> TextureChoice:
    """The cover of a part of an asset; what it shows is chosen by the asset's id."""
    shown = _SHOWN.get((object_type, part.name))
    if shown is not None:
        kinds, period, glows = shown
        kind = kinds[drawn_number(f"kind {asset_id}") % len(kinds)]
        which = drawn_number(f"which {asset_id}") % VARIANTS[kind][1]
        return TextureChoice(NUMBER[f"{kind} {which}"], period, glows)
    return texture_for_material(part.material)


def texture_for_material(material: Material) -> TextureChoice:
    """The cover of a material on an object."""
    name = material.name.lower()
    if material.family in ("wood", "fabric", "leather", "metal", "stone", "brick"):
        for pattern, layer, period in _NAMES:
            if re.search(pattern, name):
                return TextureChoice(NUMBER[layer], period)
    layer, period = _FAMILIES.get(material.family, ("plain", 1.0))
    return TextureChoice(NUMBER[layer], period)
