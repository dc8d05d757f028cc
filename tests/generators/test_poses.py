"""Cameras stand where they may, look at something, and the frame sets keep their distance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generators.config import PoseConfig
from generators.poses import CandidateView, ViewStatistics, choose_views, distance_between, floors, judge
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.simulator import FreeSpace

CONFIG = PoseConfig()
CAMERA = Intrinsics(64, 64)


def chosen(engine: EmbeddedSimulator, house: House, frame_set: str, count: int, seed: int = 0) -> list[CandidateView]:
    engine.load(house)
    divided = floors(house, engine.free_space(CONFIG.spacing_m), CONFIG, seed=seed)
    floor = divided[0 if frame_set == "pretrain" else 1]
    return choose_views(
        house,
        engine,
        floor,
        CONFIG,
        count,
        frame_set=frame_set,
        intrinsics=CAMERA,
        seed=seed,
        statistics=ViewStatistics(),
    )


def poses(views: list[CandidateView]) -> list[Pose]:
    return [view.pose for view in views]


def bare_space(points: list[tuple[float, float]]) -> FreeSpace:
    positions = np.array([(x, 0.0, z) for x, z in points])
    return FreeSpace(positions, ("room|1",) * len(points), np.full(len(points), 0.5), 0.1)


@pytest.mark.parametrize("seed", [0, 1])
def test_pretraining_cameras_keep_the_stated_distance_from_evaluation_cameras(engine, two_rooms, seed):
    pretrain = poses(chosen(engine, two_rooms, "pretrain", 80, seed))
    held_out = poses(chosen(engine, two_rooms, "eval", 40, seed))
    assert CONFIG.eval_distance_m <= distance_between(pretrain, held_out) < 1.0


def test_a_frame_is_the_same_whatever_number_is_asked_for(engine, two_rooms):
    assert chosen(engine, two_rooms, "pretrain", 30)[:12] == chosen(engine, two_rooms, "pretrain", 12)
    assert chosen(engine, two_rooms, "eval", 9)[:5] == chosen(engine, two_rooms, "eval", 5)


def test_another_seed_gives_other_cameras(engine, two_rooms):
    assert not set(poses(chosen(engine, two_rooms, "pretrain", 12))) & set(
        poses(chosen(engine, two_rooms, "pretrain", 12, seed=1))
    )


def test_every_room_has_cameras_of_both_sets(engine, two_rooms):
    rooms = {room.id for room in two_rooms.rooms}
    for frame_set in ("pretrain", "eval"):
        views = chosen(engine, two_rooms, frame_set, 12)
        fractions = {room: sum(view.room_id == room for view in views) / len(views) for room in rooms}
        assert all(0.25 < fraction < 0.75 for fraction in fractions.values()), fractions


def test_cameras_stand_inside_their_room_away_from_its_walls(engine, two_rooms):
    spans = {room.id: np.array(room.floor_polygon) for room in two_rooms.rooms}
    for view in chosen(engine, two_rooms, "pretrain", 40):
        x, height, z = view.pose.position_m
        low, high = spans[view.room_id].min(0), spans[view.room_id].max(0)
        assert low[1] + CONFIG.clearance_m <= z <= high[1] - CONFIG.clearance_m
        assert low[0] - 0.3 <= x <= high[0] + 0.3  # the door between the rooms may be stood in
        assert CONFIG.height_m[0] <= height <= CONFIG.height_m[1]
        assert CONFIG.pitch_deg[0] <= view.pose.pitch_deg <= CONFIG.pitch_deg[1]


def test_cameras_spread_over_the_floor_rather_than_cluster(engine, two_rooms):
    spots = np.array([view.pose.position_m for view in chosen(engine, two_rooms, "pretrain", 40)])[:, [0, 2]]
    gaps = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1)) + np.eye(len(spots)) * 9
    assert np.median(gaps.min(1)) > 0.35


def test_all_kept_views_pass_the_rules_they_were_judged_by(engine, two_rooms):
    from tst_sim.modalities import MODALITIES

    views = chosen(engine, two_rooms, "pretrain", 30)
    structure = {row.id for row in engine.instances() if row.class_name in ("Floor", "Wall", "Ceiling")}
    rows = (MODALITIES["depth"], MODALITIES["instance"])
    small = Intrinsics(32, 32)
    verdicts = [judge(frame, structure, CONFIG)[0] for frame in engine.render(poses(views), rows, intrinsics=small)]
    assert verdicts.count(None) >= 28


def probe(depth_m: float, ids: list[int]) -> dict[str, np.ndarray]:
    """A 20 x 20 view at one depth whose columns are divided among some instances."""
    instance = np.repeat(np.array(ids, np.uint16), 20 // len(ids))[None].repeat(20, 0)
    return {"depth": np.full(instance.shape, depth_m, np.float32), "instance": instance}


@pytest.mark.parametrize(
    ("view", "verdict"),
    [
        (probe(2.0, [1, 2, 10, 11]), None),
        (probe(2.0, [1]), "one surface fills the view"),
        (probe(0.3, [1, 2, 10, 11]), "too close"),
        (probe(2.0, [1, 2, 10, 10]), "too few instances"),
        (probe(2.0, [1, 2, 3, 10]), "too few instances"),
        (probe(0.0, [0, 0, 10, 11]), "nothing near"),
    ],
)
def test_a_view_is_judged_by_what_it_shows(view, verdict):
    assert judge(view, {1, 2, 3}, CONFIG)[0] == verdict


def test_a_small_house_loses_density_and_never_the_rule(two_rooms):
    points = [(0.1 * x, 0.1 * z) for x in range(8) for z in range(8)]
    pretrain, stands = floors(two_rooms, bare_space(points), CONFIG, seed=0)
    gaps = np.hypot(*(pretrain.points[:, None] - stands.points[None]).transpose(2, 0, 1))
    assert len(stands.points) >= 1
    assert gaps.min() - np.sqrt(2) * pretrain.jitter_m >= CONFIG.eval_distance_m


def test_a_house_too_small_for_the_rule_is_refused(two_rooms):
    with pytest.raises(UserError, match=r"too small to keep evaluation cameras 0\.3 m"):
        floors(two_rooms, bare_space([(0.0, 0.0), (0.1, 0.0)]), CONFIG, seed=0)
    with pytest.raises(UserError, match="no free floor"):
        floors(two_rooms, replace(bare_space([(0.0, 0.0)]), clearance_m=np.array([0.0])), CONFIG, seed=0)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"height_m": (1.8, 0.9)}, "must rise"),
        ({"pitch_deg": (-100.0, 0.0)}, "between -90"),
        ({"clearance_m": 0.01}, r"between 0\.2 and 2"),
        ({"tries": 0}, "between 1 and 1000"),
    ],
)
def test_settings_out_of_bounds_are_named(setting, message):
    with pytest.raises(UserError, match=message):
        PoseConfig(**setting)
