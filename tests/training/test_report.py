"""The report and the sweep behind it: numbers, self-containedness, escaping, what is marked as oracle."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.training.sweeping import run_sweep
from tests.training.synthetic import write_synthetic_corpus
from training.config import PretrainConfig
from training.pictures import class_colors, colorise, label_colors
from training.report import write_report
from training.report.charts import Bar, Series, _ticks, bar_chart, line_chart
from training.sweep import verbs as sweep_verbs
from training.sweep.cells import cells_of
from training.sweep.config import MethodConfig, SweepConfig
from training.sweep.results import plan_sweep
from training.sweep.steps import in_order
from training.sweep.table import Spread, summary, table
from tst_sim.cli.sweep import check
from tst_sim.config import build, find_config, fingerprint, read_yaml
from tst_sim.errors import UserError

TINY = {
    "test_houses": [0, 1],
    "transfer_houses": [2],
    "seeds": [0],
    "methods": [{"name": "scratch", "objective": "scratch"}, {"name": "mm <b>", "objective": "mm"}],
    "pretrain": {
        "model": {"dim": 32, "depth": 1, "heads": 2, "decoder_dim": 32, "decoder_depth": 1, "decoder_heads": 2},
        "optim": {"steps": 2, "batch_size": 4},
        "run": {"precision": "fp32", "device": "cpu"},
    },
    "transfer": {"head": {"dim": 16, "blocks": 0}, "optim": {"steps": 2, "batch_size": 4}},
}


class Page(HTMLParser):
    """Attributes that make a browser load something, open tags, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads, self.open, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.loads += [value for name, value in attrs if name in ("src", "href", "data", "srcset")]
        if tag not in ("meta", "img", "line", "rect", "circle", "polyline", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("line", "rect", "circle", "polyline"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory) -> Path:
    """A sweep of synthetic houses through the real verbs, in process."""
    root = tmp_path_factory.mktemp("sweep")
    corpus = write_synthetic_corpus(root / "corpus", houses=(0, 1, 2), frames=8, eval_frames=3)
    return run_sweep(TINY, corpus, root / "out")


def test_every_cell_of_the_sweep_has_its_number(sweep):
    results = json.loads((sweep / "results.json").read_text())
    rows = {(cell["method"], cell["own_house"], cell["tested_in"], cell["oracle"]) for cell in results["cells"]}
    scratch = {("scratch", None, 0, False), ("scratch", None, 1, False)}
    specialists = {("mm <b>", home, test, False) for home in (0, 1) for test in (0, 1)}
    supervised = {("supervised", 0, 0, True), ("supervised", 1, 1, True)}
    assert rows == scratch | specialists | supervised
    for cell in results["cells"]:
        assert cell["value"] == json.loads((sweep / cell["results"]).read_text())["miou"]
        assert 0 <= cell["value"] <= 1


def test_scratch_is_transferred_once_and_not_for_every_house(sweep):
    names = [path.name.rsplit("-", 1)[0] for path in (sweep / "steps").iterdir()]
    assert sorted(name for name in names if name.startswith("transfer")) == [
        "transfer-mm_b_-house0-seed0",
        "transfer-mm_b_-house1-seed0",
        "transfer-scratch-seed0",
        "transfer-supervised-house0-seed0",
        "transfer-supervised-house1-seed0",
    ]


def test_the_page_loads_nothing_and_is_well_formed(sweep):
    text = write_report(sweep, sweep / "page.html").read_text()
    page = Page(text)
    assert page.open == []
    assert all(address.startswith(("data:image/png;base64,", "#")) for address in page.loads)
    assert not re.search(r"url\(|@import|<script|<link", text)


def test_the_page_shows_the_numbers_and_escapes_names(sweep):
    text = write_report(sweep, sweep / "page.html").read_text()
    results = json.loads((sweep / "results.json").read_text())
    words = " ".join(Page(text).words)
    for cell in results["cells"]:
        assert f"{100 * cell['value']:.1f}" in words
    assert "mm <b>" in words and "<b>" not in re.sub(r"<b>\d+</b>", "", text)
    for part in ("Reconstructions from masked input", "Predictions in the test house", "Frames", "oracle"):
        assert part in words


def test_the_page_is_the_same_every_time(sweep):
    assert write_report(sweep, sweep / "a.html").read_bytes() == write_report(sweep, sweep / "b.html").read_bytes()


def test_a_single_run_has_a_report_too(sweep):
    run = next((sweep / "steps").glob("pretrain-*"))
    words = " ".join(Page(write_report(run, sweep / "run.html").read_text()).words)
    assert "Reconstructions from masked input" in words and "Cross-house matrix" not in words


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no run, evaluation or sweep"):
        write_report(tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        write_report(tmp_path / "absent")


def cell(method: str, own_house: int | None, tested_in: int, seed: int, value: float) -> dict:
    return {
        "method": method, "own_house": own_house, "tested_in": tested_in, "is_new_house": False, "axes": {},
        "seed": seed, "oracle": method == "supervised", "score": "miou", "value": value, "higher_is_better": True,
    }  # fmt: skip


def test_gain_and_share_of_the_gap_worked_out_by_hand():
    cells = [cell("scratch", None, 5, 0, 0.10), cell("scratch", None, 5, 1, 0.20)]
    cells += [cell("mm", 5, 5, 0, 0.30), cell("mm", 5, 5, 1, 0.30)]
    cells += [cell("supervised", 5, 5, 0, 0.45)]
    entries = {entry.method: entry for entry in table(cells)}
    mm = entries["mm"]
    assert (mm.value.mean, mm.value.deviation, mm.value.count) == (pytest.approx(0.3), pytest.approx(0.0), 2)
    assert mm.gain == Spread(pytest.approx(0.15), pytest.approx(np.std([0.2, 0.1], ddof=1)), 2)
    assert mm.gap_closed == pytest.approx((0.3 - 0.15) / (0.45 - 0.15))
    assert entries["supervised"].gap_closed == pytest.approx(1.0)
    assert entries["supervised"].value.deviation is None
    assert {row["method"]: row["own_house_gain"] for row in summary(list(entries.values()))}["mm"] == pytest.approx(
        0.15
    )


def test_a_score_that_is_better_when_lower_gains_when_it_falls():
    rows = [cell("scratch", None, 5, 0, 0.8), cell("mm", 5, 5, 0, 0.5), cell("supervised", 5, 5, 0, 0.2)]
    entries = {entry.method: entry for entry in table([{**row, "higher_is_better": False} for row in rows])}
    assert entries["mm"].gain == Spread(pytest.approx(0.3), None, 1)
    assert entries["mm"].gap_closed == pytest.approx(0.5)


def test_no_share_of_a_gap_that_is_none():
    cells = [cell("scratch", None, 5, 0, 0.4), cell("mm", 5, 5, 0, 0.3), cell("supervised", 5, 5, 0, 0.35)]
    assert all(entry.gap_closed is None for entry in table(cells))


@pytest.mark.parametrize("name", ["cross_house", "specialization_generalization", "demo"])
def test_every_shipped_sweep_can_be_planned(name):
    config = build(SweepConfig, read_yaml(find_config("sweep", name)))
    cells = cells_of(config)
    for step in in_order([item.step for item in cells]):
        check(step.verb, step.settings)
    evaluated = {item.tested_in for item in cells}
    assert evaluated == {*config.test_houses, *config.new_houses}
    assert not evaluated & set(config.transfer_houses)


@pytest.mark.parametrize(
    ("name", "count", "digits"),
    [
        ("cross_house", 122, "3d67784eb651"),
        ("specialization_generalization", 96, "adc3b4ff5692"),
        ("demo", 25, "96fa49563b75"),
    ],
)
def test_the_steps_of_the_shipped_sweeps_keep_their_identity(name, count, digits):
    """Finished steps of sweeps that users have are found again: these are the digests of before analyses were plugs."""
    steps = in_order([cell.step for cell in cells_of(build(SweepConfig, read_yaml(find_config("sweep", name))))])
    assert len(steps) == count and fingerprint([step.digest for step in steps]) == digits


def test_add_one_starts_from_rgb_and_drop_one_keeps_it():
    values = {"test_houses": [0], "transfer_houses": [5], "seeds": [0], "supervised": False}
    methods = [{"name": "mm", "objective": "mm", "modalities": ["rgb", "depth", "normal"]}]
    found = {}
    for name in ("add_one", "drop_one"):
        cells = cells_of(build(SweepConfig, {**values, "experiment": name, "methods": methods}))
        runs = [cell.step.needs["run"].needs["run"].settings["values"]["modalities"] for cell in cells]
        found[name] = [(*cell.axes.values(), run) for cell, run in zip(cells, runs)]
    assert found["add_one"] == [
        ("nothing", ["rgb"]), ("depth", ["rgb", "depth"]), ("normal", ["rgb", "normal"])
    ]  # fmt: skip
    assert found["drop_one"] == [
        ("nothing", ["rgb", "depth", "normal"]), ("depth", ["rgb", "normal"]), ("normal", ["rgb", "depth"])
    ]  # fmt: skip
    with pytest.raises(UserError, match="mm must name rgb and at least one more"):
        build(SweepConfig, {**values, "experiment": "drop_one", "methods": [{"name": "mm", "objective": "mm"}]})


def test_a_wide_sweep_is_counted_by_its_own_axes():
    houses = {"test_houses": list(range(50)), "transfer_houses": [60], "seeds": [0, 1, 2, 3]}
    assert build(SweepConfig, houses).experiment == "cross_house"  # 30,000 numbers
    with pytest.raises(UserError, match="a sweep of up to 120000 numbers, more than 100000"):
        build(SweepConfig, {**houses, "seeds": list(range(16))})


def test_houses_added_at_equal_samples_keep_the_number_of_steps():
    values = {
        "experiment": "specialization_generalization", "test_houses": [0], "added_houses": [3, 4],
        "added_counts": [0, 2], "new_houses": [9], "transfer_houses": [5], "seeds": [0],
    }  # fmt: skip
    for equal, factor in ((True, 1), (False, 3)):
        cells = cells_of(build(SweepConfig, {**values, "equal_samples": equal}))
        runs = {item.pretrained_in: item.step.needs["run"].needs["run"] for item in cells if item.method == "mm"}
        alone, three = (sweep_verbs.pretrain_config(runs[houses].settings) for houses in ((0,), (0, 3, 4)))
        assert three.optim.steps == factor * alone.optim.steps
        assert sorted({item.tested_in for item in cells}) == [0, 9]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"test_houses": [1, 2], "transfer_houses": [2]}, "house 2 is in both"),
        ({"seeds": [0, 0]}, "seeds must name at least one and none twice"),
        ({"methods": [{"name": "a", "objective": "nae"}]}, r"objective of a is 'nae'; did you mean 'mae'"),
        ({"methods": [{"name": "a", "objective": "mm", "equal_time_to": "b"}]}, "must name another pre-trained method"),
        ({"tset_houses": [1]}, "did you mean 'test_houses'"),
    ],
)
def test_settings_that_cannot_be_used_are_named(values, message):
    with pytest.raises(UserError, match=message):
        build(SweepConfig, values)


def test_unusable_settings_of_a_step_stop_a_sweep_before_it_starts(tmp_path):
    config = build(SweepConfig, {**TINY, "pretrain": {"optim": {"stpes": 3}}})
    with pytest.raises(UserError, match=r"optim\.stpes is not a setting; did you mean 'steps'"):
        plan_sweep(config, tmp_path / "out", pretrain_config=sweep_verbs.pretrain_config, check=check)
    assert not (tmp_path / "out").exists()


def test_a_method_at_equal_time_gets_steps_by_its_measured_speed(tmp_path):
    methods = (
        MethodConfig(name="mm", objective="mm"),
        MethodConfig(name="mae", objective="mae", equal_time_to="mm", pretrain={"masking": {"visible": 0.25}}),
    )
    config = build(SweepConfig, {**TINY, "methods": []} | {"methods": [vars(method) for method in methods]})
    plan = plan_sweep(config, tmp_path, pretrain_config=sweep_verbs.pretrain_config, check=check)
    speeds = plan.chosen["images_per_s"]
    assert plan.chosen["steps"]["mae"] == max(1, round(2 * speeds["mae"] / speeds["mm"]))
    again = plan_sweep(config, tmp_path, pretrain_config=sweep_verbs.pretrain_config, check=check)
    assert again.chosen == plan.chosen


def test_a_chart_places_its_points():
    svg = str(line_chart([Series("a", [0, 10], [0.0, 1.0])], title="t", x_label="x", y_label="y"))
    assert 'points="56.0,256.0 546.0,14.0"' in svg


def test_ticks_are_round_and_span_the_values():
    assert _ticks(0, 10) == [0, 2.5, 5, 7.5, 10]
    assert _ticks(0.13, 0.4)[0] <= 0.13 and _ticks(0.13, 0.4)[-1] >= 0.4
    assert _ticks(3, 3)[0] <= 3 < _ticks(3, 3)[-1]


def test_a_bar_is_as_long_as_its_value():
    svg = str(bar_chart([Bar("half", 50.0), Bar("all", 100.0)], title="t", unit="%"))
    widths = [float(width) for width in re.findall(r'<rect x="[\d.]+" y="\d+" width="([\d.]+)"', svg)]
    assert widths[1] == pytest.approx(2 * widths[0], abs=0.2)


def test_near_is_brighter_than_far_and_nothing_is_black():
    picture = colorise("depth", np.array([[0.0, 1.0, 5.0]], np.float32))
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[0, 1].sum() > picture[0, 2].sum() > 0


def test_colors_of_classes_differ():
    for picture in (label_colors(np.arange(112)), class_colors(np.arange(112))):
        assert len({tuple(color) for color in picture.tolist()}) == 112
        assert picture[0].tolist() == [0, 0, 0]


def test_settings_of_a_sweep_are_laid_over_the_preset():
    preset = build(PretrainConfig, read_yaml(find_config("pretrain", "tiny")))
    found = sweep_verbs.pretrain_config({"preset": "tiny", "values": {"optim": {"steps": 7}}})
    assert found == replace(preset, optim=replace(preset.optim, steps=7))
