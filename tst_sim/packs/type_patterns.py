"""Which furniture of a catalogue is which object type: patterns over the English names that catalogues give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType


@dataclass(frozen=True)
class NamePattern:
    """What a model must be called to stand for an object type."""

    name: re.Pattern[str]
    """Found in the name, in lower case."""
    never: re.Pattern[str] | None = None
    """Not found in the name."""
    any_front: bool = False
    """Whether it may be turned by a quarter: it looks much the same from every side."""


def _pattern(name: str, never: str = "", *, any_front: bool = False) -> NamePattern:
    return NamePattern(re.compile(rf"\b(?:{name})\b"), re.compile(rf"\b(?:{never})\b") if never else None, any_front)


_TABLE_OF_ITS_OWN = (
    r"bedside|coffee|changing|dressing|bar|side|pool|football|technical|children|table (?:tennis|fan|lamp)"
)

NAME_PATTERNS: Mapping[str, NamePattern] = MappingProxyType(
    {
        "AlarmClock": _pattern(r"(?:alarm )?clock", "cuckoo|wall|grandfather"),
        "Apple": _pattern("apple", "imac|ibook|iphone|computer"),
        "ArmChair": _pattern(r"arm ?chair", "ottoman|teck|beach"),
        "BasketBall": _pattern("basketball", "net|board", any_front=True),
        "Bed": _pattern(r"bed(?: \d+x\d+)?", "bunk|baby|mezzanine|hospital|air|captain's|day|dog|sofa|bedside"),
        "Book": _pattern("book", any_front=True),
        "Boots": _pattern("boots|boot|bootie"),
        "Bottle": _pattern("bottle", "wine|baby|medicine|spray|gas", any_front=True),
        "Bowl": _pattern("bowl", "fruits|salad|toilet", any_front=True),
        "Box": _pattern(r"(?:open )?cardboard box|open box", any_front=True),
        "Bread": _pattern("bread", "box"),
        "Candle": _pattern("candle", "cake", any_front=True),
        "CellPhone": _pattern("iphone|(?:mobile|cell|smart) ?phone"),
        "Chair": _pattern(
            "chair",
            r"arm ?chair|armchair|office|bar|beach|deck|lounge|rocking|wheel|baby|children|child|high|relax|swing",
        ),
        "ClothesDryer": _pattern(r"(?:tumble )?dryer machine|tumble dryer|clothes dryer"),
        "CoffeeMachine": _pattern(r"coffee (?:machine|maker|brewer)"),
        "CoffeeTable": _pattern("coffee table", any_front=True),
        "Cup": _pattern("cup|glass", r"cake|tables?|cupboard|door|coffee|beer|window|cabinet|plate", any_front=True),
        "Desk": _pattern(r"desk(?: table)?", "lamp|chair"),
        "DeskLamp": _pattern(r"(?:desk|table|little) lamp"),
        "Desktop": _pattern("desktop computer|imac"),
        "DiningTable": _pattern("(?:dining |kitchen |oak |black |white )?table", _TABLE_OF_ITS_OWN, any_front=True),
        "DishSponge": _pattern("sponge", any_front=True),
        "Dresser": _pattern(r"dresser|chest of drawers|drawers? chest"),
        "Dumbbell": _pattern("dumbbell", any_front=True),
        "Egg": _pattern("egg", "cup|chair", any_front=True),
        "FloorLamp": _pattern(
            r"floor lamp|lamp|standing lamp",
            "desk|table|little|street|wall|pendant|camping|ceiling|chandelier|outdoor|lava",
        ),
        "Footstool": _pattern(r"footstool|pouf|puff|stool", "bar|step", any_front=True),
        "Fork": _pattern("fork", "plate|lift"),
        "Fridge": _pattern(r"(?:large )?fridge|refrigerator", "chest"),
        "GarbageCan": _pattern(
            r"dustbin|(?:trash|garbage) ?(?:can|bin)|recycling bin|waste ?basket", "park|residential", any_front=True
        ),
        "HandTowel": _pattern("hand towel|towel", "rack|holder|paper|radiator"),
        "HousePlant": _pattern(
            r"(?:house|indoor|decorative|little|spider|succulent)? ?plant|ficus|yucca|bamboo|cactus|spathiphyllum|"
            r"bonsai(?: tree)?|tulips|orchids|white lily",
            "box",
            any_front=True,
        ),
        "Kettle": _pattern(r"(?:electric )?kettle|tea ?pot|boiler"),
        "KeyChain": _pattern("keys|key ?chain"),
        "Knife": _pattern(r"kitchen knife|knife", "stand|block|plate"),
        "Ladle": _pattern("ladle"),
        "Laptop": _pattern(r"laptop|notebook computer|ibook"),
        "LaundryHamper": _pattern(r"(?:clothes|laundry) (?:basket|hamper)", any_front=True),
        "Lettuce": _pattern("lettuce", any_front=True),
        "LightSwitch": _pattern(r"(?:light |wall |square |rounded )(?:double |dimmer )?switch"),
        "Microwave": _pattern("microwave(?: oven)?"),
        "Mug": _pattern("(?:coffee )?mug|coffee cup", any_front=True),
        "Newspaper": _pattern("newspaper", any_front=True),
        "Ottoman": _pattern("ottoman|bench|puff", "armchair|chair|painted|piano|abdominal|work|concrete"),
        "Painting": _pattern(r"painting|picture frame|poster"),
        "Pan": _pattern(r"(?:frying )?pan", "large"),
        "Pen": _pattern("pen|text marker"),
        "Pencil": _pattern("pencil"),
        "PepperShaker": _pattern(r"(?:pepper|salt) (?:shaker|mill)", any_front=True),
        "Pillow": _pattern("pillow|cushion", "chair|sofa|bed"),
        "Plate": _pattern(r"plate|dinner plate", "glass|glasses|cutlery|oval|number", any_front=True),
        "Plunger": _pattern("plunger", any_front=True),
        "Pot": _pattern(r"(?:cooking |sauce )?pot|saucepan", "cosmetics|utensils|plant|flower"),
        "Potato": _pattern("potato", any_front=True),
        "RemoteControl": _pattern(r"(?:tv )?remote control"),
        "Safe": _pattern("safe"),
        "SaltShaker": _pattern(r"salt (?:shaker|mill)", any_front=True),
        "ScrubBrush": _pattern("toilet brush|scrub brush", any_front=True),
        "ShowerCurtain": _pattern("shower curtain"),
        "ShowerHead": _pattern("shower head(?: and faucet)?"),
        "SideTable": _pattern(r"bedside table|night ?stand|side table|end table|round table|cafe table"),
        "SoapBar": _pattern("soap bar|bar of soap"),
        "SoapBottle": _pattern(r"soap|soap (?:bottle|dispenser)"),
        "Sofa": _pattern("sofa|couch|settee", r"corner|convertible|bed|opened|l[ -]shaped"),
        "Spatula": _pattern("spatula"),
        "Spoon": _pattern("spoon", "plate"),
        "SprayBottle": _pattern("spray bottle|sprayer"),
        "Statue": _pattern("statue|sculpture|figurine|deer"),
        "Stool": _pattern("(?:bar |kitchen )?stool|bar chair", "step|foot"),
        "TeddyBear": _pattern("teddy bear"),
        "Television": _pattern(r"tv|television|wall flat tv", "stand|cabinet|remote|antenna|unit"),
        "TennisRacket": _pattern("tennis racket|tennis racquet"),
        "Toaster": _pattern("toaster", any_front=True),
        "Toilet": _pattern(r"toilet|toilets unit|toilet unit|wc", "paper|brush"),
        "ToiletPaperHanger": _pattern(r"toilet paper (?:dispenser|holder|hanger)"),
        "Tomato": _pattern("tomato", any_front=True),
        "Towel": _pattern("towel", "rack|holder|paper|radiator|hand"),
        "TowelHolder": _pattern(r"towel (?:rack|holder|rail)"),
        "VacuumCleaner": _pattern("vacuum cleaner|hoover"),
        "Vase": _pattern("vase|old jar|pottery", "lamp|flowers", any_front=True),
        "WashingMachine": _pattern(r"washing machine"),
        "Watch": _pattern("watch"),
        "WateringCan": _pattern("watering can"),
        "WineBottle": _pattern("wine bottle", any_front=True),
    }
)
"""Object type -> what to look for. Types that are missing here have no likeness in furniture catalogues, or must be
drawn exactly where placement has their parts: doors and windows in their holes, counters, sinks, faucets."""


@lru_cache(4096)
def types_of(name: str) -> tuple[str, ...]:
    """The object types that a piece of furniture of this name may stand for."""
    lower = name.lower()
    return tuple(
        kind
        for kind, wanted in NAME_PATTERNS.items()
        if wanted.name.search(lower) and not (wanted.never and wanted.never.search(lower))
    )
