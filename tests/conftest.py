"""Fixtures of several tests: one simulator for the session, the committed house, the shared one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.houses import House

DATA = Path(__file__).parent / "data"
SHARED_HOUSE = Path(__file__).parents[2] / "shared" / "houses" / "procthor-schema-1.0.0-studio.json"
"""A real ProcTHOR-10K house, where the checkout has it beside it."""


def read_house(path: Path) -> House:
    """A house of a JSON file, named by its file."""
    return House.from_json(json.loads(path.read_text()), name=f"{path.stem}-000000")


@pytest.fixture(scope="session")
def engine() -> Iterator[EmbeddedSimulator]:
    """The embedded engine with no house of its own; every test loads what it looks at."""
    with EmbeddedSimulator() as simulator:
        yield simulator


@pytest.fixture(scope="session")
def two_rooms() -> House:
    """Two rooms of 4 x 5 m side by side along x, joined by an open door in the wall at x = 4."""
    return read_house(DATA / "two_rooms_1.0.0.json")


@pytest.fixture(scope="session")
def shared_house() -> House:
    """The real house of schema 1.0.0; the test is skipped where the file is missing."""
    if not SHARED_HOUSE.exists():
        pytest.skip(f"{SHARED_HOUSE} is not beside this checkout")
    return read_house(SHARED_HOUSE)


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two committed houses, 8 pre-training and 4 evaluation frames each, 64 px; not to be changed."""
    from generators.config import GenerateConfig
    from generators.generate import generate

    config = GenerateConfig(source=str(DATA), frames=8, eval_frames=4, width=64, height=64)
    return generate(config, None, tmp_path_factory.mktemp("small") / "corpus").folder
