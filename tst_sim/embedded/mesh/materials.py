"""Materials: AI2-THOR's material names as plausible colors and roughness.

The names carry the meaning (`DarkWoodFloors`, `RedBricks`, `BrushedIron`): keywords decide family
and color, and what they leave open is drawn from a palette by a hash of the name, so that a name
looks the same in every house. The rest of the engine sees `Material` alone, which leaves room for
textures. Colors are written as sRGB here, as designers do, and handed out as linear RGB.
"""

from __future__ import annotations

import colorsys
import hashlib
import re
from collections.abc import Mapping

import numpy as np

from tst_sim.embedded.mesh.mesh import Material
from tst_sim.errors import UserError

Rgb = tuple[float, float, float]

# fmt: off
SWATCHES = {
    "white": 0xF0EEE9, "ivory": 0xE9E1CF, "cream": 0xE3D5B8, "sand": 0xCDB793, "beige": 0xC9B59A, "tan": 0xB8956A,
    "light grey": 0xBDBDBA, "grey": 0x8B8C8C, "dark grey": 0x515456, "charcoal": 0x33363A, "black": 0x1C1C1E,
    "white wood": 0xDDD7CC,
    "birch": 0xD8BF98, "oak": 0xBE9763, "honey": 0xB67F45, "teak": 0x97623A, "walnut": 0x6D4A31, "mahogany": 0x5B2E20,
    "wenge": 0x3B2A21, "wicker": 0xB48F5C, "red": 0xB3262A, "brick": 0x9A4A36, "terracotta": 0xB9653F,
    "orange": 0xDB7A2B,
    "amber": 0xD89A3A, "yellow": 0xE3C044, "lime": 0x9CB84A, "green": 0x4F7F46, "leaf": 0x3F7A38, "dark leaf": 0x2C5A30,
    "olive": 0x75763F, "forest": 0x2F4F3A, "sage": 0x9CAE93, "mint": 0xA9CDB9, "teal": 0x2F7C7C, "turquoise": 0x58B3B0,
    "sky": 0x8DB7D6, "blue": 0x3C67A5, "navy": 0x27364F, "purple": 0x6B4C80, "lavender": 0xA79CBF, "pink": 0xD9A0A6,
    "rose": 0xB96B74, "maroon": 0x6A2530, "brown": 0x6C4B37, "chocolate": 0x4A3023, "cardboard": 0xB48A5C,
    "steel": 0xC3C6C9, "aluminium": 0xCBCCCD, "chrome": 0xD6D9DC, "iron": 0x7A7B7C, "dark metal": 0x424447,
    "brass": 0xC4A052, "gold": 0xD0AA50, "copper": 0xB87450, "bronze": 0x77593A, "porcelain": 0xF1F0EC,
    "marble": 0xE1DEDA, "granite": 0x6E6C6B, "concrete": 0x9D9B97, "paper": 0xECE8DD,
    "daylight": 0x9DADB8, "wax": 0xEFE6CF,
    "glass": 0xC3D6D8,
    "dark glass": 0x3A4144, "screen": 0x121418, "skin": 0xC99C77, "soil": 0x3A2B20,
}

ROUGHNESS_AND_METALLIC = {
    "wood": (0.6, 0.0), "fabric": (0.95, 0.0), "leather": (0.5, 0.0), "metal": (0.35, 0.9), "painted metal": (0.4, 0.2),
    "plastic": (0.45, 0.0), "rubber": (0.85, 0.0), "glass": (0.08, 0.0), "ceramic": (0.25, 0.0), "stone": (0.5, 0.0),
    "plaster": (0.9, 0.0), "brick": (0.9, 0.0), "tiles": (0.35, 0.0), "paper": (0.9, 0.0), "wax": (0.6, 0.0),
    "leaf": (0.7, 0.0), "food": (0.6, 0.0), "screen": (0.15, 0.0), "lampshade": (0.9, 0.0), "soil": (0.95, 0.0),
}

_PALETTES = {
    "wood": ("birch", "oak", "honey", "teak", "walnut", "wenge", "white"),
    "fabric": ("charcoal", "grey", "beige", "navy", "teal", "maroon", "sage", "brown", "sand", "rose", "blue", "ivory"),
    "leather": ("chocolate", "brown", "black", "tan"),
    "metal": ("steel", "aluminium", "iron"),
    "painted metal": ("white", "steel", "black", "red", "cream", "teal"),
    "plastic": ("white", "light grey", "charcoal", "black", "red", "blue"),
    "rubber": ("charcoal", "blue", "grey"),
    "glass": ("glass",),
    "ceramic": ("white", "ivory", "sky", "sage", "terracotta", "grey", "navy"),
    "stone": ("marble", "granite", "concrete"),
    "plaster": ("white", "ivory", "beige", "light grey"),
    "brick": ("brick",), "tiles": ("ivory", "beige", "light grey"), "paper": ("paper",), "wax": ("wax",),
    "leaf": ("leaf", "green", "dark leaf", "olive"), "food": ("tan",), "screen": ("screen",),
    "lampshade": ("ivory", "cream", "white", "sand", "sky", "rose"), "soil": ("soil",),
}

_FAMILY_OF_AI2THOR = {
    "Wood": "wood", "Metal": "metal", "Plastic": "plastic", "Glass": "glass", "Fabric": "fabric", "Wall": "plaster",
    "Sofa": "fabric", "Pillow": "fabric", "Bed": "fabric", "ArmChair": "fabric", "OfficeChair": "fabric",
    "Wax": "wax", "Paper": "paper", "Apple": "food", "Bread": "food", "Lettuce": "food", "Potato": "food",
    "Bowl": "ceramic", "Plate": "ceramic", "Cup": "ceramic", "Statue": "ceramic", "HousePlant": "leaf", "Pan": "metal",
    "Pot": "metal", "Fridge": "painted metal", "Microwave": "painted metal", "Toaster": "painted metal",
    "CoffeeMachine": "plastic", "Dresser": "wood", "Desk": "wood", "DiningTable": "wood", "CoffeeTable": "wood",
    "SideTable": "wood", "ShelvingUnit": "wood", "Chair": "wood", "Basketball": "rubber",
}
"""Our family for AI2-THOR's (`Asset.materials`); a family that is missing here is plastic."""

_FAMILY_WORDS = (
    (r"leather", "leather"), (r"fabric|carpet|cloth|rug|velvet|blanket|cushion|cusion|sheet|mattress|pillow", "fabric"),
    (r"wicker", "wood"), (r"brick(?!.*tile)", "brick"), (r"tiles|firep|irregularglass", "tiles"),
    (r"shade", "lampshade"),
    (r"marble|granite|concrete|countertop", "stone"),
    (r"porcelain|ceramic|brownpot|pot_primary\d[ab]?_mat$", "ceramic"),
    (r"\(glass\)|pan_glass|pot_glass|window_mat|glass_|interior.*glass", "glass"),
    (r"\(plastic|plastic|_detail_mat", "plastic"), (r"rubber", "rubber"), (r"\(paper", "paper"),
    (r"couchlegs|darkwood|wood", "wood"), (r"metal|steel|iron|aluminum|brass|copper|chrome|gold|foil|silver", "metal"),
    (r"interior", "plastic"), (r"leaves", "leaf"), (r"plant_misc", "soil"),
)

_COLOR_WORDS = (
    (r"whitebread", "honey"), (r"honeybread", "teak"), (r"grainbread", "walnut"), (r"bumpybread", "tan"),
    (r"pureblack|blackwood|blackf|blacks|blackp|_black|^black", "black"),
    (r"redbrick|brick.*(new|round)|placebricktex$", "brick"),
    (r"whitebrick|bricktexwhite", "white"), (r"firepl", "grey"),
    (r"roughnone|hammeredmetal_dark|dark_?metal", "dark metal"),
    (r"floors?cross.*red|woodfinedark.*red", "mahogany"),
    (r"woodfine.*white|whitepaint|whitewood", "white wood"),
    (r"white|whilemarble|porcelain_off", "white"), (r"woodfine0050.*pale", "birch"), (r"woodfine0050.*rich", "teak"),
    (r"woodfine.*dark|darkwoodpl", "wenge"), (r"woodfine0031", "oak"), (r"woodfine0038", "teak"),
    (r"woodfine0044", "honey"),
    (r"woodfine0050", "oak"), (r"greyfloor|wornwood|beams", "grey"), (r"cream_?wood", "ivory"),
    (r"robinegg", "turquoise"),
    (r"darkwoodfl|darkwood|wood_brown", "walnut"), (r"mediumwood|smoothwoodwood3", "teak"),
    (r"smoothwoodwood2", "walnut"),
    (r"lightwoodcabinets", "birch"), (r"lightwoodcounters\s?[23]", "oak"), (r"lightwood", "birch"),
    (r"orange(cab|wood)", "honey"),
    (r"wicker", "wicker"), (r"woodgrain_brown|brownmetal", "bronze"), (r"woodgrain_tan", "tan"),
    (r"woodgrains", "honey"),
    (r"bedroomfloor|woodfloorscross|woodslash", "oak"), (r"metalmat4|chrome", "chrome"), (r"brass", "brass"),
    (r"gold", "gold"),
    (r"copper", "copper"), (r"castiron|brushediron|^iron", "iron"), (r"alumin.*blue", "sky"),
    (r"alumin|foil|silver", "aluminium"),
    (r"stainless|steel", "steel"), (r"hammeredmetal|^metal|_metal|metalmat", "steel"), (r"couchlegs", "wenge"),
    (r"darkgranite|grey_?granite", "granite"), (r"greengran|greencounter", "forest"),
    (r"pinkmarble|pinkconc|rosegran", "pink"),
    (r"brownmarble", "brown"), (r"marblebase|marble", "marble"), (r"concrete", "concrete"),
    (r"creamm|creame|cream", "cream"),
    (r"beige|eggshell", "ivory"), (r"yellow", "yellow"), (r"orange", "orange"), (r"red", "red"), (r"pink|rose", "pink"),
    (r"maroon", "maroon"), (r"turquoise|aqua", "turquoise"), (r"teal", "teal"), (r"light_?blue", "sky"),
    (r"blue", "blue"),
    (r"darkgreen", "forest"), (r"green", "green"), (r"purple", "purple"), (r"tan\d?$", "tan"), (r"sand", "sand"),
    (r"brown", "brown"), (r"dark|tinted", "charcoal"), (r"gr[ae]y", "light grey"), (r"frosted|clear|lit_", "glass"),
    (r"mattress|fittedsheet$|fittedsheet1ao$", "white"),
    (r"kitchenfloor|smalltiles|ceramictiles|subway|hextiles|kitchen", "ivory"),
)

_NUMBERED = {
    "primary": ("white", "charcoal", "red", "steel", "black", "teal"),
    "secondary": ("light grey", "black", "ivory", "dark grey", "steel", "navy"),
    "readout": ("red", "green", "sky", "amber", "white", "orange"),
    "shade": ("ivory", "cream", "white", "sand", "light grey"),
    "interior": ("white", "ivory", "light grey"), "wax": ("wax", "rose", "sage", "sky", "red"),
    "bin_primary": ("steel", "charcoal", "white", "red", "teal", "black"),
    "pot_primary": ("terracotta", "white", "charcoal", "sand", "teal"),
    "leaves": ("leaf", "green", "dark leaf", "olive"),
    "apple": ("red", "lime", "yellow"), "lettuce": ("lime", "green", "sage"), "bread": ("tan", "honey", "teak",
    "wicker"),
    "potato": ("tan", "wicker", "rose"), "plate": ("white", "ivory", "sky", "sage", "rose"),
    "bowl": ("white", "terracotta", "glass", "sky", "teal", "yellow"), "cup": ("glass", "glass", "white", "sand",
    "red", "white"),
}
# fmt: on

_MAX_LIGHTNESS_JITTER = 0.06


def srgb_to_linear(color: Rgb) -> Rgb:
    """Linear RGB of an sRGB color, both in [0, 1] (IEC 61966-2-1)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color)
    return red, green, blue


def linear_to_srgb(color: np.ndarray) -> np.ndarray:
    """sRGB of linear RGB, any shape: the inverse of `srgb_to_linear` (IEC 61966-2-1), cut off at 0 and 1."""
    fraction = np.clip(color, 0, 1)
    return np.where(fraction <= 0.0031308, 12.92 * fraction, 1.055 * fraction ** (1 / 2.4) - 0.055)


def swatch(name: str) -> Rgb:
    """The sRGB color, in [0, 1], of a name in `SWATCHES`."""
    code = SWATCHES[name]
    return (code >> 16) / 255, (code >> 8 & 255) / 255, (code & 255) / 255


def painted(family: str, color: Rgb, *, name: str = "", emission: float = 0.0) -> Material:
    """A material of one of our families in an sRGB color."""
    roughness, metallic = ROUGHNESS_AND_METALLIC[family]
    return Material(name or family, family, srgb_to_linear(color), roughness, metallic, emission)


def material_for(family: str, name: str, *, variant: str = "") -> Material:
    """The material that AI2-THOR calls `name` in its `family`, e.g. ("Wood", "DarkWoodSmooth2").

    `variant` (an asset id, say) shifts the lightness by at most 6 %, so that two things of one
    material can be told apart; without it, a name always looks the same.
    """
    ours = family_of(family, name)
    return painted(ours, jittered(_named_color(ours, name), f"{name}/{variant}"), name=name)


def surface_material(name: str, color: Mapping[str, float] | None = None) -> Material:
    """The material of a wall, floor or ceiling.

    `color` is the house JSON's {r, g, b}, sRGB in [0, 1], and wins over the name. UserError where
    it has other keys or values.
    """
    wooden = re.search(r"wood|(?<!concrete)(?<!kitchen)(?<!marble )floor|wicker|cabinet", name, re.IGNORECASE)
    textile = re.search(r"carpet|rug|fabric", name, re.IGNORECASE)
    family = family_of("Fabric" if textile else "Wood" if wooden else "Wall", name)
    if color is None:
        return painted(family, jittered(_named_color(family, name), name), name=name)
    try:
        rgb = (float(color["r"]), float(color["g"]), float(color["b"]))
    except (KeyError, TypeError, ValueError):
        rgb = (-1.0, -1.0, -1.0)
    if not all(0 <= channel <= 1 for channel in rgb):
        raise UserError(f"color {color!r} of material {name!r} is unusable; give r, g and b, each from 0 to 1")
    return painted(family, rgb, name=name)


def family_of(family: str, name: str) -> str:
    """Our family (a key of `ROUGHNESS_AND_METALLIC`) of an AI2-THOR material."""
    if family == "Glass":
        return "glass"
    lower = name.lower()
    if family in ("Metal", "Plastic", "Wood") and "(" not in lower:
        return "rubber" if "rubber" in lower else _FAMILY_OF_AI2THOR[family]
    found = next((ours for pattern, ours in _FAMILY_WORDS if re.search(pattern, lower)), None)
    return found or _FAMILY_OF_AI2THOR.get(family, "plastic")


def _named_color(family: str, name: str) -> Rgb:
    lower = name.lower()
    for key, swatches in sorted(_NUMBERED.items(), key=lambda item: -len(item[0])):
        found = re.search(rf"{key}(\d+)", lower)
        if found and not re.search(r"steel|alumin|iron|copper", lower):
            return swatch(swatches[(int(found[1]) - 1 + _tail_number(lower, key)) % len(swatches)])
    for pattern, color in _COLOR_WORDS:
        if re.search(pattern, lower):
            return swatch(color)
    palette = _PALETTES[family]
    suite = re.sub(r"frame|cushions|cusions", "", lower)
    return swatch(palette[drawn_number(suite) % len(palette)])


def _tail_number(lower: str, key: str) -> int:
    """The number that numbers variants within one of AI2-THOR's foods: 3 in `Apple1_Mat3`."""
    found = re.search(r"mat(\d+)", lower) if key in ("apple", "bread", "potato") else None
    return int(found[1]) - 1 if found else 0


def jittered(color: Rgb, key: str) -> Rgb:
    """The sRGB color, lighter or darker by up to 6 %, as a hash of the key has it."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*color)
    shift = (drawn_number(key) % 2001 / 1000 - 1) * _MAX_LIGHTNESS_JITTER
    return colorsys.hls_to_rgb(hue, min(max(lightness * (1 + shift), 0.0), 0.97), saturation)


def drawn_number(text: str) -> int:
    """A number that the text decides, the same on every machine: what is left open is drawn with it."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "little")
