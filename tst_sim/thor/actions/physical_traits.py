"""Mass and material of object types, as AI2-THOR's metadata gives them.

Source: the metadata recorded in AI2-THOR's own scenes that the `procthor` package ships
(`ai2thor-object-metadata.json`): of each type the most frequent value of a thing that can be moved.
Static things weigh 0 kg there and name no material. Types without a record are given what the most
similar type has.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tst_sim.assets import Asset

OTHER_MASS_KG = 1.0
ON_BY_THEMSELVES = frozenset(("DeskLamp", "FloorLamp", "LightSwitch"))
"""Types whose assets come switched on, as in AI2-THOR's own scenes."""

# fmt: off
_RECORDED = """
AlarmClock 0.8 Metal Plastic Glass; AluminumFoil 0.9 Metal Paper; Apple 0.2 Food; ArmChair 28.3 Fabric;
BaseballBat 0.9 Metal; BasketBall 0.6 Rubber; Bed 30 Wood Fabric; Book 0.5 Paper; Boots 0.7 Plastic;
Bottle 0.2 Glass; Bowl 0.47 Glass; Box 0.3 Paper; Bread 0.7 Food; ButterKnife 0.08 Metal; CD 0.015 Plastic;
Candle 0.2 Wax; Cart 20 Metal; CellPhone 0.16 Metal Glass; Chair 10 Wood; Cloth 0.045 Fabric; ClothesDryer 50 Metal;
CoffeeMachine 5 Plastic; CoffeeTable 11 Wood; CreditCard 0.006 Plastic; Cup 0.4 Glass; Desk 34 Wood;
DeskLamp 2.06 Metal Fabric; Desktop 2.54 Plastic; DiningTable 85 Wood; DishSponge 0.03 Sponge; DogBed 0.98 Fabric;
Dresser 57 Wood; Dumbbell 4.54 Metal; Egg 0.055 Food; FloorLamp 3.93 Metal; Footstool 4 Wood Leather; Fork 0.04 Metal;
GarbageBag 3.5 Plastic; GarbageCan 0.7 Plastic; HandTowel 0.08 Fabric; HousePlant 3 Ceramic Organic;
Kettle 0.8 Metal Plastic; KeyChain 0.075 Metal Plastic; Knife 0.18 Metal Plastic; Ladle 0.08 Metal Plastic;
Laptop 2.3 Metal Plastic Glass; LaundryHamper 1.55 Fabric; Lettuce 0.47 Food; Microwave 7 Metal Glass; Mug 1 Ceramic;
Newspaper 0.2 Paper; Ottoman 10 Wood Fabric; Painting 1 Paper Plastic; Pan 0.67 Metal; PaperTowelRoll 0.22 Paper;
Pen 0.006 Plastic Metal; Pencil 0.006 Wood; PepperShaker 0.14 Metal Glass; Pillow 0.7 Fabric; Plate 0.62 Ceramic;
Plunger 1 Rubber Wood; Pot 0.57 Metal; Potato 0.18 Food; RemoteControl 0.15 Metal Plastic; RoomDecor 2.72 Ceramic
Organic; Safe 10 Metal; SaltShaker 0.4 Metal Glass; ScrubBrush 0.19 Plastic; ShelvingUnit 22 Wood; SideTable 11 Wood;
SoapBar 0.11 Soap; SoapBottle 0.4 Metal Glass; Sofa 104 Fabric; Spatula 0.065 Metal Plastic; Spoon 0.04 Metal;
SprayBottle 0.11 Plastic; Statue 1 Metal; Stool 3.18 Wood; TVStand 11 Wood; TableTopDecor 5.4 Glass;
TeddyBear 0.9 Fabric; Television 9.83 Plastic; TennisRacket 0.31 Metal Plastic; TissueBox 0.35 Paper; Toaster 5 Metal;
ToiletPaper 0.2 Paper; Tomato 0.12 Food; Towel 0.57 Fabric; VacuumCleaner 6.8 Plastic Glass Metal Rubber;
Vase 1 Ceramic; WashingMachine 50 Metal; Watch 0.07 Metal Glass Plastic; WateringCan 1 Plastic; WineBottle 1.2 Glass
"""
# fmt: on


@cache
def _mass_and_materials() -> Mapping[str, tuple[float, tuple[str, ...]]]:
    rows = (row.split() for row in _RECORDED.split(";"))
    return {name: (float(mass), tuple(materials)) for name, mass, *materials in rows}


def can_be_moved(asset: Asset) -> bool:
    """Whether an agent can carry or push it."""
    return asset.primary_property in ("CanPickup", "Moveable")


def mass_kg(asset: Asset) -> float:
    """0 for what cannot be moved."""
    if not can_be_moved(asset):
        return 0.0
    return _mass_and_materials().get(asset.object_type, (OTHER_MASS_KG, ()))[0]


def salient_materials(asset: Asset) -> list[str] | None:
    """None for what cannot be moved."""
    if not can_be_moved(asset):
        return None
    return list(_mass_and_materials().get(asset.object_type, (OTHER_MASS_KG, ()))[1])
