"""The rows of the modalities that a model learns from: of the corpus, or computed from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from training.config import modality_names
from tst_sim.classes import CLASSES
from tst_sim.corpus import Corpus
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES, Kind, Modality, Origin


def rows_of(corpus: Corpus, names: Sequence[str]) -> tuple[Modality, ...]:
    """The rows of some modalities of a corpus, stored or computed, in the order of the table, layers last.

    Labels without class names of their own get the corpus's, where these are not the project's. UserError for a name
    that nobody knows and for a modality that the corpus lacks.
    """
    return tuple(_row(corpus, name) for name in modality_names(tuple(names), also=corpus.modalities))


def _row(corpus: Corpus, name: str) -> Modality:
    # Early corpora say less of their rows than the table does; of a layer only the corpus can speak.
    row = MODALITIES[name] if name in MODALITIES and MODALITIES[name].origin is not Origin.LAYER else corpus.row(name)
    needed = row.source if row.origin is Origin.COMPUTED else name
    if needed not in corpus.modalities:
        raise UserError(
            f"corpus {corpus.folder} has no {needed}; it has {', '.join(corpus.modalities)}; "
            "generate it with that modality or choose others"
        )
    if row.kind is Kind.LABELS and not row.classes and not row.target and corpus.classes != CLASSES:
        return replace(row, classes=corpus.classes)
    return row


def layer_digests(corpus: Corpus, rows: Sequence[Modality]) -> dict[str, str]:
    """{layer: sha256} of the layers that rows come from, or are computed from."""
    holders = {corpus.holder(row.source or row.name) for row in rows}
    return {name: corpus.layers[name].sha256 for name in sorted(filter(None, holders))}


def described_rows(rows: Sequence[Modality]) -> dict[str, Any]:
    """{name: description} of the rows that are not the table's own: what a run must keep to be read without them."""
    return {row.name: row.describe() for row in rows if row.name not in MODALITIES or MODALITIES[row.name] != row}


def kept_rows(names: Sequence[str], described: Mapping[str, Any]) -> tuple[Modality, ...]:
    """The rows of a run, of its modalities' names and what `described_rows` kept; UserError for an unknown name."""
    ordered = modality_names(tuple(names), also=tuple(described))
    return tuple(Modality.described(described[name]) if name in described else MODALITIES[name] for name in ordered)
