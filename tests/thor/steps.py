"""Actions one after the other, each expected to succeed or to be refused; for tests of actions."""

from __future__ import annotations

import json
from pathlib import Path

from tst_sim.assets import asset_table
from tst_sim.thor.actions.engine import ActionEngine

HOUSE = json.loads((Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json").read_text())
AT_TABLE = {
    "position": {"x": 4.75, "y": 0.901, "z": 1.5}, "rotation": {"x": 0, "y": 90, "z": 0}, "horizon": 30,
    "standing": True,
}  # fmt: skip


class Steps:
    """An engine whose actions succeed unless a failure is expected."""

    def __init__(self) -> None:
        self.engine = ActionEngine()
        self("CreateHouse", house=HOUSE)
        self("TeleportFull", **AT_TABLE)

    def __call__(self, action: str, **arguments) -> dict:
        event = self.engine.run(action, arguments)
        assert event["lastActionSuccess"], (action, arguments, event["errorMessage"])
        return event

    def refused(self, action: str, **arguments) -> str:
        """The message of a failure that must have left everything as it was."""
        before = self.state()
        world = self.engine.world
        event = self.engine.run(action, arguments)
        assert not event["lastActionSuccess"] and event["errorMessage"], (action, arguments)
        assert self.engine.world is world and self.state() == before
        return event["errorMessage"]

    def state(self) -> str:
        return json.dumps(self.engine.run("Pass", {})["objects"], sort_keys=True)

    def __getitem__(self, object_id: str) -> dict:
        return next(item for item in self.engine.run("Pass", {})["objects"] if item["objectId"] == object_id)

    def spawn(self, object_type: str, name: str, **arguments) -> str:
        asset = next(asset_id for asset_id, asset in asset_table().items() if asset.object_type == object_type)
        self("SpawnAsset", assetId=asset, generatedId=name, **arguments)
        return name

    @property
    def version(self) -> int:
        return self.engine.world.version


def vector(x: float, y: float, z: float) -> dict[str, float]:
    return {"x": x, "y": y, "z": z}


def bottom(item: dict) -> float:
    box = item["axisAlignedBoundingBox"]
    return box["center"]["y"] - box["size"]["y"] / 2


def top(item: dict) -> float:
    box = item["axisAlignedBoundingBox"]
    return box["center"]["y"] + box["size"]["y"] / 2
