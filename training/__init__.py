"""Learning from corpora: pre-training, transfer, evaluation, sweeps, reports.

    from training import CorpusDataset, load_encoder

Names are imported when they are first used, as they bring torch with them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.data.dataset import CorpusDataset as CorpusDataset
    from training.encoders.sources import load_encoder as load_encoder

_HOMES = {"CorpusDataset": "training.data.dataset", "load_encoder": "training.encoders.sources"}
__all__ = ["CorpusDataset", "load_encoder"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
