"""Material names become colors: keywords, the house's own colors, and a shift that stays small."""

from __future__ import annotations

import json

import pytest

from tst_sim.assets import asset_table, procthor_data_file
from tst_sim.embedded.mesh.materials import ROUGHNESS_AND_METALLIC, material_for, srgb_to_linear, surface_material
from tst_sim.errors import UserError


def luminance(color: tuple[float, float, float]) -> float:
    red, green, blue = color
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_srgb_becomes_linear_as_the_standard_says():
    assert srgb_to_linear((0.5, 0.0, 1.0)) == pytest.approx((0.214041, 0.0, 1.0), abs=1e-5)
    assert srgb_to_linear((0.04, 0.04, 0.04)) == pytest.approx((0.04 / 12.92,) * 3)


def test_the_color_in_the_house_wins_over_the_name():
    wall = surface_material("RedBricks", {"r": 0.5, "g": 0.5, "b": 0.5})
    assert wall.color == pytest.approx((0.214041,) * 3, abs=1e-5)
    assert wall.name == "RedBricks"


@pytest.mark.parametrize(
    "color", [{"r": 1, "g": 0}, {"r": 1, "g": 0, "b": 2}, {"r": float("nan"), "g": 0, "b": 0}, {"r": "x"}]
)
def test_an_unusable_color_is_refused_with_its_bounds(color):
    with pytest.raises(UserError, match=r"RedBricks.*from 0 to 1"):
        surface_material("RedBricks", color)


def test_names_say_what_a_surface_is_made_of():
    families = {
        "DarkWoodFloors": "wood",
        "GreyFloor": "wood",
        "RedBricks": "brick",
        "PureWhite": "plaster",
        "CreamMarbleTiles": "tiles",
        "ConcreteFloor": "stone",
        "YellowDrywall": "plaster",
        "CarpetGreen": "fabric",
    }
    assert {name: surface_material(name).family for name in families} == families


def test_names_say_what_color_a_surface_has():
    red, green, blue = surface_material("RedBricks").color
    assert red > 1.5 * green and red > 1.5 * blue
    assert luminance(surface_material("PureWhite").color) > 0.75
    assert luminance(surface_material("DarkWoodFloors").color) < 0.15 < luminance(surface_material("WhiteWood").color)
    assert surface_material("bathroomTilesBlue").color[2] > surface_material("bathroomTilesBlue").color[0]


def test_a_name_looks_the_same_every_time_and_a_variant_differs_a_little():
    plain, again = material_for("Wood", "DarkWoodSmooth2"), material_for("Wood", "DarkWoodSmooth2")
    assert plain == again
    varied = material_for("Wood", "DarkWoodSmooth2", variant="Chair_1")
    assert varied.color != plain.color
    assert luminance(varied.color) == pytest.approx(luminance(plain.color), rel=0.35)


def test_metal_is_metallic_and_glass_is_smooth():
    assert material_for("Metal", "BrushedIron_AlbedoTransparency").metallic > 0.5
    assert material_for("Glass", "Glass_Green_Mat").roughness < 0.2
    assert material_for("Bowl", "Bowl_Mat3 (Glass)").family == "glass"
    assert material_for("Bowl", "Bowl_Mat1 (Ceramic)").family == "ceramic"


def test_every_material_that_procthor_can_name_is_a_color_of_a_known_family():
    database = json.loads(procthor_data_file("material-database.json").read_text())
    named = {(family, name) for family, names in database.items() for name in names}
    named |= {slot for asset in asset_table().values() for slot in asset.materials}
    for family, name in named:
        for material in (material_for(family, name), surface_material(name)):
            assert material.family in ROUGHNESS_AND_METALLIC, name
            assert all(0 <= channel <= 1 for channel in material.color), name
