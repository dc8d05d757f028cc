"""Randomness is an argument, derived from names: never a global state, never the clock."""

from __future__ import annotations

import hashlib

import numpy as np


def rng_for(seed: int, *names: str | int) -> np.random.Generator:
    """The independent random stream of one named thing, e.g. `rng_for(0, "poses", house_id)`."""
    digest = hashlib.sha256(repr((seed, *names)).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, np.uint32))
