"""The sweep's engine: order, each step once, resuming, failures, Ray."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ray import cloudpickle

from training.sweep.steps import Step, finished_result, in_order, run_steps


def count(settings, inputs, folder: Path):
    """A verb that adds up what it needs and leaves a trace of having run."""
    with open(folder.parents[1] / "trace.txt", "a") as file:
        file.write(f"{folder.name.rsplit('-', 1)[0]}\n")
    if settings.get("fail") and not (folder.parents[1] / "mended").exists():
        raise RuntimeError("deliberate")
    return {"sum": settings["value"] + sum(item["sum"] for item in inputs.values())}


VERBS = {"count": count}
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def diamond(fail: bool = False) -> list[Step]:
    top = Step("top", "count", {"value": 1})
    left = Step("left", "count", {"value": 10, "fail": fail}, {"a": top})
    right = Step("right", "count", {"value": 100}, {"a": top})
    return [Step("bottom", "count", {"value": 1000}, {"a": left, "b": right})]


def trace(root: Path) -> list[str]:
    return (root / "trace.txt").read_text().split()


def test_needed_steps_come_first_and_shared_ones_once():
    assert [step.name for step in in_order(diamond() + diamond())] == ["top", "left", "right", "bottom"]


@pytest.mark.parametrize("workers", [0, 2])
def test_results_flow_along_the_graph(tmp_path, workers):
    steps = diamond()
    reports = run_steps(steps, VERBS, tmp_path, workers=workers)
    assert [report.message for report in reports] == [""] * 4
    assert {report.status for report in reports} == {"done"}
    assert finished_result(steps[0], tmp_path) == {"sum": 1112}
    assert sorted(trace(tmp_path)) == ["bottom", "left", "right", "top"]


def test_a_second_run_does_nothing(tmp_path):
    run_steps(diamond(), VERBS, tmp_path)
    before = trace(tmp_path)
    reports = run_steps(diamond(), VERBS, tmp_path)
    assert {report.status for report in reports} == {"kept"}
    assert trace(tmp_path) == before


def test_a_changed_setting_redoes_only_what_depends_on_it(tmp_path):
    run_steps(diamond(), VERBS, tmp_path)
    top = Step("top", "count", {"value": 1})
    left = Step("left", "count", {"value": 20, "fail": False}, {"a": top})
    right = Step("right", "count", {"value": 100}, {"a": top})
    reports = run_steps([Step("bottom", "count", {"value": 1000}, {"a": left, "b": right})], VERBS, tmp_path)
    assert [report.step.name for report in reports if report.status == "done"] == ["left", "bottom"]


def test_a_failed_step_stops_only_what_needs_it_and_is_tried_again(tmp_path):
    by_name = {report.step.name: report for report in run_steps(diamond(fail=True), VERBS, tmp_path)}
    assert {name: report.status for name, report in by_name.items()} == {
        "top": "done",
        "left": "failed",
        "right": "done",
        "bottom": "skipped",
    }
    assert by_name["left"].message == "RuntimeError: deliberate"
    assert by_name["bottom"].message == "needs left, which failed"
    (tmp_path / "mended").touch()
    again = run_steps(diamond(fail=True), VERBS, tmp_path)
    assert [(r.step.name, r.status) for r in again if r.status != "kept"] == [("left", "done"), ("bottom", "done")]


def test_what_a_killed_sweep_had_done_is_kept(tmp_path):
    class Killed(BaseException):
        """Neither caught nor handled, like a kill."""

    def killed(settings, inputs, folder):
        if settings["value"] == 1000 and not (tmp_path / "again").exists():
            raise Killed
        return count(settings, inputs, folder)

    with pytest.raises(Killed):
        run_steps(diamond(), {"count": killed}, tmp_path)
    (tmp_path / "again").touch()
    reports = run_steps(diamond(), {"count": killed}, tmp_path)
    assert [(report.step.name, report.status) for report in reports] == [
        ("top", "kept"),
        ("left", "kept"),
        ("right", "kept"),
        ("bottom", "done"),
    ]


def test_a_step_that_brings_its_own_parallelism_runs_before_the_others(tmp_path):
    alone = Step("corpus", "count", {"value": 5}, exclusive=True)
    steps = [Step("first", "count", {"value": 1}), Step("second", "count", {"value": 2}, {"a": alone})]
    reports = run_steps(steps, VERBS, tmp_path)
    assert [report.step.name for report in reports] == ["corpus", "first", "second"]
