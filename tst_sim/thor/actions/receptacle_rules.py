"""What belongs where: which types of things AI2-THOR lets an agent put on or in which types of receptacle.

Approximate. A pair that the `procthor` package counted in AI2-THOR's own scenes (`receptacles.json`)
belongs together; so do groups of types that obviously do; what is in neither list of receptacles may
go anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from tst_sim.assets import procthor_data_file

FOOD = frozenset(("Apple", "Bread", "Egg", "Lettuce", "Potato", "Tomato"))
DISHES = frozenset(("Bottle", "Bowl", "Cup", "Mug", "Pan", "Plate", "Pot", "WineBottle"))
CUTLERY = frozenset(("ButterKnife", "Fork", "Knife", "Ladle", "Spatula", "Spoon"))
CLEANING = frozenset(("Cloth", "DishSponge", "ScrubBrush", "SoapBar", "SoapBottle"))
WRITING = frozenset(("Pen", "Pencil"))
RUBBISH = (
    FOOD | CLEANING | WRITING | frozenset(("Bottle", "CD", "Newspaper", "PaperTowelRoll", "TissueBox", "ToiletPaper"))
)
FLOOR_THINGS = frozenset(
    ("BaseballBat", "BasketBall", "Book", "Boots", "Box", "Cloth", "Dumbbell", "Footstool", "Newspaper", "Plunger")
) | frozenset(("RoomDecor", "TeddyBear", "TennisRacket"))
GROUPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "Bowl": FOOD | CUTLERY | CLEANING,
        "Cup": CUTLERY | WRITING,
        "Floor": FLOOR_THINGS,
        "Fridge": FOOD | DISHES,
        "GarbageCan": RUBBISH,
        "LaundryHamper": frozenset(("Cloth", "HandTowel", "Towel")),
        "Microwave": FOOD | DISHES,
        "Mug": CUTLERY | WRITING,
        "Pan": FOOD | CUTLERY,
        "Plate": FOOD | CUTLERY | frozenset(("Mug",)),
        "Pot": FOOD | CUTLERY,
        "Safe": frozenset(("CD", "CellPhone", "CreditCard", "KeyChain", "Watch")),
        "Sink": FOOD | DISHES | CUTLERY | CLEANING,
    }
)
"""Receptacle type -> what belongs there beside what was counted."""
ONLY_FOR: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "CoffeeMachine": frozenset(("Mug",)),
        "HandTowelHolder": frozenset(("HandTowel",)),
        "Toaster": frozenset(("BreadSliced",)),
        "ToiletPaperHanger": frozenset(("ToiletPaper",)),
        "TowelHolder": frozenset(("Towel",)),
    }
)
"""AI2-THOR's ObjectSpecificReceptacles: they take one thing of these types and no other."""
MUST_BE_OPEN = frozenset(("Box", "Fridge", "LaundryHamper", "Microwave"))
"""Receptacles that take things only while they stand open."""


def belongs(object_type: str, receptacle_type: str) -> bool:
    """Whether a thing of the type may be put on or in a receptacle of the other type."""
    if receptacle_type in ONLY_FOR:
        return object_type in ONLY_FOR[receptacle_type]
    counted, grouped = _counted().get(receptacle_type), GROUPS.get(receptacle_type)
    if counted is None and grouped is None:
        return True
    return object_type in (counted or ()) or object_type in (grouped or ())


@cache
def _counted() -> Mapping[str, frozenset[str]]:
    rows = json.loads(procthor_data_file("receptacles.json").read_text())
    return {receptacle: frozenset(children) for receptacle, children in rows.items()}
