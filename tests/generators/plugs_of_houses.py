"""A plug-in file for tests: a house source and an asset pack, each as small as can be."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from generators.sources.house_source import SOURCES
from tst_sim.embedded.catalogue import build_asset
from tst_sim.houses import House
from tst_sim.packs.names import PACKS

HOUSE = Path("@HOUSE@")


class OneHouse:
    """The same house at every index."""

    name, split = "one_house", "train"

    @property
    def identity(self):
        sha256 = hashlib.sha256(HOUSE.read_bytes()).hexdigest()
        return {"source": "one_house", "split": "train", "sha256": sha256}

    def __len__(self):
        return 2

    def house(self, index):
        return House.from_json(json.loads(HOUSE.read_text()), name=f"one_house-train-{index:06d}")

    def start(self): ...

    def close(self): ...


class RedSeats:
    """The built-in chairs and sofas in red."""

    name, digest = "red_seats", "1"

    @property
    def files(self):
        return {}

    def parts(self, asset, *, color=None, openness=None):
        if asset.object_type not in ("Chair", "Sofa", "Bed"):
            return None
        return build_asset(asset, color=(1.0, 0.0, 0.0), openness=openness)

    def credits(self):
        return ()


SOURCES.register("one_house", lambda opening: OneHouse())
PACKS.register("red_seats", lambda place: RedSeats())
