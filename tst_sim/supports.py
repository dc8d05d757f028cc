"""Where things rest inside furniture, measured: heights above the bottom of an asset's bounding box, metres.

The figures are facts of Unity's own meshes, read off public ProcTHOR houses in which Unity's physics had
put things to rest: the bottom of a thing's box, less the 5 mm by which Unity lets it down, less the
5 cm by which ProcTHOR lifts what can break. The top of a box is not listed: `docs/placement.md` says which
houses were read and what is compared. What is not here has the everyday proportions of its type.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MEASURED_SUPPORTS_M: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        # Beds: the mattress; a day bed has a drawer under it.
        "Bed_1": (0.555,),
        "Bed_13": (0.525,),
        "Bed_14": (0.604,),
        "Bed_19": (0.722,),
        "Bed_8": (0.774,),
        "Bed_9": (0.773,),
        "RoboTHOR_bed_kritter": (0.384,),
        "RoboTHOR_hemnes_day_bed": (0.11, 0.616),
        # Seats.
        "Chair_303_1": (0.358,),
        "RoboTHOR_chair_mella": (0.391,),
        "RoboTHOR_office_chair_volmar": (0.48,),
        "RoboTHOR_sofa_vreta": (0.369,),
        "Sofa_206_1": (0.547,),
        "Sofa_221_1": (0.421,),
        "Sofa_223_1": (0.596,),
        # Desks: drawers, the working surface, the boards of a hutch.
        "Desk_305_1": (0.604, 0.729, 1.14),
        "Desk_308_1_1": (0.857,),
        # Drawers.
        "Dresser_210_1_1": (0.108, 0.591),
        "Dresser_218_1": (0.1, 0.531),
        "Dresser_301_1": (0.379, 0.965),
        "Dresser_318_1": (0.065, 0.285, 0.506),
        "RoboTHOR_dresser_aspelund": (0.178,),
        "RoboTHOR_dresser_birkeland": (0.352, 0.618),
        "Side_Table_216_3_1": (0.462,),
        # Boards.
        "Fridge_10": (1.089, 1.579),
        "Fridge_19": (1.404,),
        "Fridge_26": (1.106,),
        "Fridge_27": (0.601, 0.859, 1.32),
        "Fridge_29": (0.942, 1.467),
        "Fridge_3": (1.252,),
        "Fridge_5": (1.277,),
        "Shelving_Unit_219_1": (0.057, 0.556),
        "Shelving_Unit_325_2": (0.184,),
        "TV_Stand_206_3": (0.564,),
        "TV_Stand_211_1": (0.337,),
        "TV_Stand_212_1": (0.025, 0.411),
        "TV_Stand_220_1": (0.089, 0.273),
        # Basins and bins.
        "Sink_20": (0.906,),
        "Sink_26": (0.902,),
        "bin_22": (0.028,),
        "bin_23": (0.021,),
        "bin_30": (0.06,),
    }
)
