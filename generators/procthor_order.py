"""procthor made deterministic and quiet for the time of one house, without touching its files."""

from __future__ import annotations

import contextlib
import io
import logging
import random
from collections.abc import Iterator
from types import ModuleType
from unittest import mock

import numpy as np


@contextlib.contextmanager
def tamed_procthor() -> Iterator[ModuleType]:
    """`procthor.generation`, while global random state, caches, sets and output are taken care of."""
    with contextlib.redirect_stdout(io.StringIO()):
        import procthor.generation as generation
        from procthor import databases
    databases.get_spawnable_asset_group_info.cache_clear()
    python_state, numpy_state = random.getstate(), np.random.get_state()
    logging_level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.ExitStack() as stack, contextlib.redirect_stdout(io.StringIO()):
            yield generation
    finally:
        logging.disable(logging_level)
        random.setstate(python_state)
        np.random.set_state(numpy_state)
