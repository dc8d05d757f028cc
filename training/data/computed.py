"""Modalities that follow from another one: computed from its stored array when frames are decoded, never stored."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tst_sim.registry import Registry

COMPUTED: Registry[Callable[[np.ndarray], np.ndarray]] = Registry(
    "computed modality", {"canny": "training.data.canny:canny"}
)
"""Modality name -> function of the source's stored array (h, w[, c]) to the modality's stored array (h, w[, c])."""
