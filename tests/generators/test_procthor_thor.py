"""procthor's generator asking an AI2-THOR player, ours, through the real client."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import tst_sim.thor
from generators.config import GenerateConfig
from generators.plan import make_plan
from generators.sources.houses import ProcthorSource, ProcthorThorSource, open_house_source
from tst_sim.errors import SimulatorDied, UserError
from tst_sim.thor.config import OWN_PLAYER, ThorConfig

OURS = ThorConfig(executable=OWN_PLAYER)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A HOME of its own: the client writes into it."""
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def source() -> Iterator[ProcthorThorSource]:
    """Our player answers."""
    opened = ProcthorThorSource("train", OURS)
    yield opened
    opened.close()


def player_of(source: ProcthorThorSource) -> int:
    """The number of the player's process."""
    client = source._controller._client
    assert client is not None
    process = client._process()
    assert process is not None
    return process.pid


def is_running(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def test_the_house_is_the_same_whether_asked_in_process_or_through_the_client(source):
    """House 69 is made from the second seed: the first leaves a room that the agent cannot reach."""
    here = ProcthorSource()
    for index in (11, 69):
        assert source.house(index).document == here.house(index).document
    assert source.refused == here.refused and set(here.refused) == {69}
    assert source.house(11).name == "procthor-thor-train-000011"
    process = player_of(source)
    source.close()
    assert not is_running(process)


def test_a_player_of_another_kind_gets_the_schema_of_today():
    """Our player, not known to be ours: it is told of houses as AI2-THOR 5 reads them, and answers the same."""
    stranger = ProcthorThorSource("val", ThorConfig(executable=tst_sim.thor.executable(), x_display=":0"))
    sent = []
    try:
        stranger.start()
        client = stranger._controller._client
        step = client._controller.step  # type: ignore[union-attr]
        client._controller.step = lambda *words, **named: (sent.append((words, named)), step(*words, **named))[1]  # type: ignore
        assert stranger.house(11).document == ProcthorSource("val").house(11).document
    finally:
        stranger.close()
    houses = [named["house"] for words, named in sent if "CreateHouse" in words or named.get("action") == "CreateHouse"]
    assert houses and {house["metadata"]["schema"] for house in houses} == {"1.0.0"}
    assert all("holePolygon" in door for house in houses for door in house["doors"])
    assert all(named["renderImage"] is False for words, named in sent if words)


def test_a_player_killed_under_a_house_is_replaced_by_the_next(source, monkeypatch):
    source.start()
    process, attempt, count = player_of(source), source._controller.step, iter(range(10**6))

    def step(*words, **named):
        if next(count) == 7:
            os.kill(process, signal.SIGKILL)
        return attempt(*words, **named)

    monkeypatch.setattr(source._controller, "step", step)
    with pytest.raises(SimulatorDied, match="was killed by SIGKILL"):
        source.house(11)
    assert source.house(11).document == ProcthorSource().house(11).document
    assert player_of(source) != process and not is_running(process)


def test_a_player_that_cannot_start_is_one_line_and_not_twenty_attempts():
    absent = ProcthorThorSource("train", ThorConfig(executable="/nonexistent/thor"))
    for ask in (absent.start, lambda: absent.house(11)):
        with pytest.raises(UserError, match=r"thor\.executable /nonexistent/thor does not exist") as caught:
            ask()
        assert "\n" not in str(caught.value) and "gave up" not in str(caught.value)
    absent.close()


def test_who_answered_is_part_of_the_identity_and_no_player_is_needed_to_tell():
    identity = open_house_source("procthor-thor", "val", OURS).identity
    assert identity["source"] == "procthor-thor" and identity["thor"] == {"player": "tst-sim", "ai2thor": "5.0.0"}
    in_process = dict(ProcthorSource("val").identity)
    assert {key: identity[key] for key in in_process if key != "source"} == {
        key: value for key, value in in_process.items() if key != "source"
    }
    build = open_house_source("procthor-thor", thor=ThorConfig(commit_id="abc")).identity["thor"]
    assert build == {"player": "build", "platform": "CloudRendering", "commit_id": "abc", "ai2thor": "5.0.0"}


def test_a_plan_names_the_player_that_answers():
    config = GenerateConfig(source="procthor-thor", thor=OURS)
    plan = make_plan(config, [3])
    assert plan.settings()["source"]["thor"]["player"] == "tst-sim"
    assert plan.house_name(3) == "procthor-thor-train-000003"
    assert (
        make_plan(GenerateConfig(source="procthor", thor=OURS), [3]).settings()
        == make_plan(GenerateConfig(), [3]).settings()
    )
