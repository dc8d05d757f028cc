"""A house becomes samples: labels, rooms and coverage that belong to their frames."""

from __future__ import annotations

import numpy as np
import pytest

from generators.config import GenerateConfig
from generators.coverage import Coverage, surface_elements
from generators.house_render import open_house_render, render_house
from tst_sim.geometry import Intrinsics, Pose

CONFIG = GenerateConfig(frames=10, eval_frames=5, width=64, height=48)


@pytest.fixture(scope="module")
def samples(engine, two_rooms):
    return {name: list(render_house(two_rooms, engine, CONFIG, name)) for name in ("pretrain", "eval")}


def test_the_frame_sets_have_as_many_samples_as_asked_for_under_sortable_keys(samples, two_rooms):
    assert [sample.key for sample in samples["eval"]] == [f"{two_rooms.name}_eval_{i:06d}" for i in range(5)]
    assert [sample.key for sample in samples["pretrain"]][-1] == f"{two_rooms.name}_pretrain_000009"


def test_the_instance_table_lists_exactly_what_is_visible(samples, engine):
    table = {row.id: row for row in engine.instances()}
    for sample in samples["pretrain"]:
        visible = set(np.unique(sample.frame["instance"]).tolist()) - {0}
        assert [row.id for row in sample.instances] == sorted(visible)
        assert all(table[row.id] == row for row in sample.instances)


def test_the_two_sets_share_no_camera(samples):
    stands = {name: {sample.pose.position_m for sample in found} for name, found in samples.items()}
    assert not stands["pretrain"] & stands["eval"]


def test_only_the_wanted_modalities_are_kept(engine, two_rooms):
    config = GenerateConfig(frames=1, eval_frames=1, width=32, height=32, modalities=("rgb", "normal"))
    sample = next(render_house(two_rooms, engine, config, "pretrain"))
    assert set(sample.frame) == {"rgb", "normal"}
    assert len(sample.instances) >= config.poses.min_instances


def test_facts_state_the_house_its_coverage_and_what_was_rejected(engine, two_rooms):
    house_render = open_house_render(two_rooms, engine, CONFIG)
    count = sum(1 for _ in house_render.samples("pretrain"))
    facts = house_render.facts("pretrain")
    assert (facts["digest"], facts["rooms"], facts["area_m2"]) == (two_rooms.digest, 2, 40.0)
    views = facts["views"]
    assert views["probed"] == count - views["forced"] + sum(views["rejected"].values())
    assert 0.2 < facts["coverage"]["seen_once"] < 0.95
    assert facts["coverage"]["seen_three_times"] < facts["coverage"]["seen_once"]


def test_more_frames_cover_more(engine, two_rooms):
    fractions = []
    for frames in (4, 40):
        house_render = open_house_render(two_rooms, engine, GenerateConfig(frames=frames, width=48, height=48))
        assert sum(1 for _ in house_render.samples("pretrain")) == frames
        fractions.append(house_render.facts("pretrain")["coverage"]["seen_once"])
    assert fractions[1] > fractions[0] + 0.2 and fractions[1] > 0.7


def test_a_wall_two_metres_wide_has_four_hundred_elements():
    camera, pose = Intrinsics(64, 64), Pose((0.0, 1.0, 0.0), 0.0, 0.0)
    elements = surface_elements(np.full((64, 64), 1.0, np.float32), pose, camera)
    assert 324 <= len(elements) <= 441


def test_coverage_counts_how_often_an_element_was_seen():
    camera, pose = Intrinsics(64, 64), Pose((0.05, 1.05, 0.0), 0.0, 0.0)
    wall = np.full((64, 64), 1.0, np.float32)
    half = wall.copy()
    half[:, 32:] = 0
    coverage = Coverage([surface_elements(wall, pose, camera)])
    coverage.add(wall, pose, camera)
    coverage.add(half, pose, camera)
    coverage.add(half, pose, camera)
    facts = coverage.facts()
    assert facts["seen_once"] == 1.0
    assert facts["seen_three_times"] == pytest.approx(0.5, abs=0.06)
