"""Layer makers: what adds a layer to a corpus by name, registered by plug-ins, run by `tst-sim label`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from tst_sim.corpus.corpus import Corpus
from tst_sim.corpus.layer_writer import OnSamples, write_layer
from tst_sim.corpus.layers import Layer
from tst_sim.modality import Modality
from tst_sim.registry import Registry, used_plugins


class LayerMaker(Protocol):
    """A network, an algorithm or a person's labels, as a function of frames. Inherit from it for the defaults."""

    rows: Sequence[Modality]
    """The modalities that it adds, of origin `layer`."""
    reads: Sequence[str] = ("rgb",)
    """The modalities that `make` is given."""
    batch_size: int = 16
    """Frames a call, at most."""

    @property
    def maker(self) -> Mapping[str, Any]:
        """JSON values that say who made it: name, sha256 of weights, licence."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """JSON values that the results depend on; nothing by default."""
        return {}

    def make(self, keys: Sequence[str], frames: Sequence[Mapping[str, np.ndarray]]) -> Mapping[str, Sequence[Any]]:
        """Of each row an array of its shape (or a text) for each key, from frames as `Corpus.frame` gives them.

        Equal arguments give equal results: a killed `label` goes on, and its layer is byte for byte the same.
        """
        ...


LAYER_MAKERS: Registry[Callable[[], LayerMaker]] = Registry("layer maker")
"""By the name of the layer that each makes. A maker is created when it is used, so that registering costs nothing."""


def add_layer(corpus: Corpus, name: str, *, on_samples: OnSamples | None = None) -> Layer:
    """Make the layer `name` by its maker, or go on with it; plug-ins used stand in its record.

    UserError for an unknown maker, and as `write_layer`.
    """
    made_by = LAYER_MAKERS.named(name)()
    plugins = [{"name": record["name"], "sha256": record["sha256"]} for record in used_plugins((LAYER_MAKERS, name))]
    maker = {**made_by.maker, **({"plugins": plugins} if plugins else {})}
    return write_layer(
        corpus, name, made_by.rows, maker, made_by.settings, made_by.make,
        reads=made_by.reads, batch_size=made_by.batch_size, on_samples=on_samples,
    )  # fmt: skip
