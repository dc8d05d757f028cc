"""Analyses: the questions that a sweep can ask, one file each.

What an analysis must offer is stated in `analysis.py`. A further one is a file here and a row in `ANALYSES`, or a
plug-in's `ANALYSES.register(name, analysis)`.
"""

from __future__ import annotations

from training.sweep.analyses.analysis import Analysis
from tst_sim.registry import Registry

ANALYSES: Registry[Analysis] = Registry(
    "experiment",
    {
        "cross_house": "training.sweep.analyses.cross_house:CROSS_HOUSE",
        "specialization_generalization": "training.sweep.analyses.specialization:SPECIALIZATION",
        "drop_one": "training.sweep.analyses.drop_one:DROP_ONE",
        "add_one": "training.sweep.analyses.add_one:ADD_ONE",
    },
)
"""By the name that a sweep's `experiment` gives."""
