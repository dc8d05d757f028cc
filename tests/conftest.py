"""Fixtures of several tests: one simulator for the session, the committed house, the shared one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.thor.two_rooms_client import HOUSE, POSE, SETTINGS, start_player
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.houses import House

DATA = Path(__file__).parent / "data"


SHARED_HOUSE = Path(__file__).parents[2] / "shared" / "houses" / "procthor-schema-1.0.0-studio.json"
"""A real ProcTHOR-10K house, where the checkout has it beside it."""


def read_house(path: Path) -> House:
    """A house of a JSON file, named by its file."""
    return House.from_json(json.loads(path.read_text()), name=f"{path.stem}-000000")


@pytest.fixture(scope="session", autouse=True)
def light_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Baked light is kept in a folder of this session, not in the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def engine() -> Iterator[EmbeddedSimulator]:
    """The embedded engine with no house of its own; every test loads what it looks at."""
    with EmbeddedSimulator() as simulator:
        yield simulator


@pytest.fixture(scope="session", params=["cpu", "gl"])
def each_engine(request: pytest.FixtureRequest) -> Iterator[EmbeddedSimulator]:
    """The embedded engine by each of its renderers."""
    with EmbeddedSimulator(renderer=request.param) as simulator:
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


@pytest.fixture(scope="session")
def thor_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """AI2-THOR's own controller on our player, with a home of its own; see `controller`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        client = start_player(width=300, height=300)
    try:
        yield client
    finally:
        client.stop()


@pytest.fixture
def controller(thor_client: Any) -> Any:
    """The controller in the house of two rooms as it was made, the agent on free floor looking along +z."""
    thor_client.reset(scene=HOUSE, width=300, height=300, **SETTINGS)
    thor_client.step("TeleportFull", **POSE, raise_for_failure=True)
    return thor_client
