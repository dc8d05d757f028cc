"""Assets that a pack brings: a folder's table states type and size, and houses may name them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.packs.test_packs import write_gltf
from tst_sim import assets
from tst_sim.assets import asset_table
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.scene.instance_meshes import ShapeCache
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.houses import House
from tst_sim.packs.gltf_folder import open_gltf
from tst_sim.packs.selection import open_packs


@pytest.fixture(autouse=True)
def own_assets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of this test's own: assets that a pack brings stay known to the process."""
    table = dict(assets.asset_table())
    monkeypatch.setattr(assets, "_table", lambda: table)


def test_a_row_with_type_and_size_brings_an_asset_that_houses_may_name(tmp_path: Path) -> None:
    house = json.loads((Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json").read_text())
    house["objects"][0] |= {"assetId": "objaverse-9f3a", "children": []}
    with pytest.raises(UserError, match="assets 'objaverse-9f3a'; replace them, or bring assets of your own: --assets"):
        House.from_json(house, name="h")
    head = "file,for,licence,type,width,height,depth\n"
    folder = write_gltf(tmp_path / "glb", f"{head}model.glb,objaverse-9f3a,CC-BY 4.0,Chair,0.6,0.9,0.5\n")
    with EmbeddedSimulator(LiveScene(ShapeCache(open_packs([f"gltf:{folder}"]).build), light="none")) as simulator:
        simulator.load(House.from_json(house, name="h"))
        row = next(row for row in simulator.instances() if row.asset_id == "objaverse-9f3a")
    assert row.class_name == "Chair"
    turned = house["objects"][0]["rotation"]["y"] % 180 == 90
    assert row.box_size_m == pytest.approx((0.5, 0.9, 0.6) if turned else (0.6, 0.9, 0.5), abs=1e-3)
    open_packs([f"gltf:{folder}"])  # again, as each worker does
    (folder / "assets.csv").write_text(f"{head}model.glb,objaverse-9f3a,CC0,Chair,0.6,0.9,0.8\n")
    with pytest.raises(UserError, match=r"'objaverse-9f3a' is known already, as Chair of 0\.6 x 0\.9 x 0\.5 m"):
        open_packs([f"gltf:{folder}"])


@pytest.mark.parametrize(
    "row,says",
    [
        ("thing-1,Chaise,1,1,1", "type 'Chaise' of 'thing-1' is no object type; did you mean"),
        ("thing-1,,1,1,1", "type '' of 'thing-1' is no object type"),
        ("thing-1,Chair,1,1,", "depth of 'thing-1' is ''; give metres"),
        ("thing-1,Chair,1,0,1", "height of 'thing-1' is '0'; give metres, above 0 and at most 20"),
        ("thing-1,Chair,wide,1,1", "width of 'thing-1' is 'wide'"),
        ("thing-1,Chair,1e9,1,1", "width of 'thing-1' is '1e9'"),
        ("Chair,Chair,1,1,1", "'Chair' is an object type; a new asset needs an id of its own"),
        ("Mug_1,Mug,1,1,1", "asset 'Mug_1' is known already, as Mug of"),
    ],
)
def test_a_new_asset_that_cannot_be_is_refused(tmp_path: Path, row: str, says: str) -> None:
    name, rest = row.split(",", 1)
    folder = write_gltf(tmp_path / "glb", f"file,for,licence,type,width,height,depth\nmodel.glb,{name},CC0,{rest}\n")
    with pytest.raises(UserError, match=re.escape(says)):
        open_gltf(str(folder))
    assert "thing-1" not in asset_table()
