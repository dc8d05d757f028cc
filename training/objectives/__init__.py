"""Objectives of pre-training: one file and one row each; `objective.py` says what an objective offers.

Light: an objective is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tst_sim.registry import Registry

if TYPE_CHECKING:
    from training.objectives.objective import Objective

OBJECTIVES: Registry[type[Objective]] = Registry(
    "objective",
    {
        "mm": "training.objectives.multimae:MultiMaeObjective",
        "mae": "training.objectives.mae:MaeObjective",
    },
)
