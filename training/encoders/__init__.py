"""Encoders: one file and one row for each architecture; `encoder.py` says what an encoder offers.

Light: an architecture is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tst_sim.registry import Registry

if TYPE_CHECKING:
    from training.encoders.encoder import Encoder

ENCODERS: Registry[type[Encoder]] = Registry("encoder", {"vit": "training.encoders.vit:VitEncoder"})
