"""Rays that die or cannot be joined, each of its own: one line, and what was finished is kept."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator

import pytest
from ray import cloudpickle

from generators.config import GenerateConfig
from generators.generate import generate
from tests.cluster.ray_processes import end_server
from tests.conftest import DATA
from training.sweep.steps import Step, run_steps
from tst_sim.cluster import address
from tst_sim.cluster.faults import ClusterLost
from tst_sim.cluster.start import running
from tst_sim.errors import UserError

SMALL = GenerateConfig(source=str(DATA), frames=2, eval_frames=0, width=64, height=64, light="none")
cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Ray is named and no token given, as with most users."""
    for name in ("RAY_ADDRESS", "RAY_AUTH_TOKEN", "RAY_AUTH_MODE", "RAY_TMPDIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def deaf() -> Iterator[str]:
    """The address of something that listens, takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """An address at which nothing listens any more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def nap(seconds: float) -> None:
    """A task that takes its time."""
    time.sleep(seconds)


@pytest.mark.parametrize("named", ["head-node", "6379", "127.0.0.1:", "127.0.0.1:70000", "http://127.0.0.1:8265"])
def test_an_address_that_names_no_cluster_is_refused_with_the_forms_there_are(named, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", named)
    with pytest.raises(UserError, match=f"^RAY_ADDRESS={named} names no cluster: it must be HOST:PORT"):
        generate(SMALL, None, tmp_path / "corpus", workers=2)


@pytest.mark.parametrize("prefix", ["", "ray://"])
def test_an_address_where_nothing_listens_is_refused_at_once(prefix, closed, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", prefix + closed)
    began = time.monotonic()
    with pytest.raises(UserError, match=r"nothing listens there \(Connection refused\); mend RAY_ADDRESS, or unset it"):
        run_steps([Step("any", "verb", {})], {}, tmp_path, workers=2)
    assert time.monotonic() - began < 5 + address.CONNECT_S


def test_a_machine_that_nobody_knows_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "no-such-head.invalid:6379")
    with pytest.raises(UserError, match=r"RAY_ADDRESS=.*: no machine is called no-such-head\.invalid"):
        generate(SMALL, None, tmp_path / "corpus", workers=2)


def test_what_listens_but_is_no_ray_is_not_waited_for_for_ever(deaf, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", deaf)
    monkeypatch.setattr(address, "PROBE_S", 3.0)
    with pytest.raises(UserError, match="what listens there does not let a driver in within 3 s"):
        generate(SMALL, None, tmp_path / "corpus", workers=2)


@pytest.mark.parametrize(
    ("server", "words"),
    [("raylet", "its server on this machine (raylet) ended"), ("gcs_server", "its head ended")],
)
def test_a_ray_that_dies_ends_the_run_in_one_line(server, words, capfd):
    kept = "what is finished is kept: run the same command again"
    with pytest.raises(ClusterLost, match=kept) as raised, running(1) as cluster:
        reference = cluster.remote(nap, num_cpus=0, max_retries=0).remote(600)
        cluster.wait_for_place(num_cpus=0)
        end_server(server)
        while cluster.next([reference], working=True) is None:
            pass
        cluster.result(reference)
    assert words in str(raised.value) and "\n" not in str(raised.value)
    assert "Traceback" not in capfd.readouterr().out, "Ray prints its servers' logs there"
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_when_ray_ends_every_worker_for_memory_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_memory_usage_threshold", "0.01")
    monkeypatch.setenv("RAY_memory_monitor_refresh_ms", "100")
    words = r"memory ran out: .* in use, its threshold is 1\.0%; free memory, or lower --workers"
    with pytest.raises(UserError, match=words):
        generate(SMALL, None, tmp_path / "corpus", workers=2)
