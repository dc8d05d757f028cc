"""The semantic classes: frozen, versioned, recorded in every corpus manifest.

Class id = position in `CLASSES`. Structure has classes of its own; every other class is an object
type of AI2-THOR's asset database. A change of the list is a new `CLASS_LIST_VERSION`.
"""

from __future__ import annotations

from types import MappingProxyType

CLASS_LIST_VERSION = 1

STRUCTURE = ("Background", "Floor", "Wall", "Ceiling", "Door", "Window")

# fmt: off
OBJECT_TYPES = (
    "AlarmClock", "AluminumFoil", "Apple", "ArmChair", "BaseballBat", "BasketBall", "Bed", "Blinds", "Book",
    "Boots", "Bottle", "Bowl", "Box", "Bread", "ButterKnife", "CD", "Candle", "Cart", "CellPhone", "Chair",
    "Cloth", "ClothesDryer", "CoffeeMachine", "CoffeeTable", "CounterTop", "CreditCard", "Cup", "Desk",
    "DeskLamp", "Desktop", "DiningTable", "DishSponge", "DogBed", "Dresser", "Dumbbell", "Egg", "Faucet",
    "FloorLamp", "Footstool", "Fork", "Fridge", "GarbageBag", "GarbageCan", "HandTowel", "HandTowelHolder",
    "HousePlant", "Kettle", "KeyChain", "Knife", "Ladle", "Laptop", "LaundryHamper", "Lettuce", "LightSwitch",
    "Microwave", "Mug", "Newspaper", "Ottoman", "Painting", "Pan", "PaperTowelRoll", "Pen", "Pencil",
    "PepperShaker", "Pillow", "Plate", "Plunger", "Pot", "Potato", "RemoteControl", "RoomDecor", "Safe",
    "SaltShaker", "ScrubBrush", "ShelvingUnit", "ShowerCurtain", "ShowerHead", "SideTable", "Sink", "SoapBar",
    "SoapBottle", "Sofa", "Spatula", "Spoon", "SprayBottle", "Statue", "Stool", "TVStand", "TableTopDecor",
    "TeddyBear", "Television", "TennisRacket", "TissueBox", "Toaster", "Toilet", "ToiletPaper",
    "ToiletPaperHanger", "Tomato", "Towel", "TowelHolder", "VacuumCleaner", "Vase", "WashingMachine", "Watch",
    "WateringCan", "WineBottle",
)
# fmt: on

CLASSES = STRUCTURE + OBJECT_TYPES
CLASS_IDS = MappingProxyType({name: index for index, name in enumerate(CLASSES)})
