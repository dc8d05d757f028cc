"""Small corpora without a renderer: box rooms ray-cast analytically, so that modalities truly agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tst_sim.classes import CLASS_IDS, CLASS_LIST_VERSION, CLASSES
from tst_sim.corpus import FORMAT_VERSION, Sample, sample_key, write_shard
from tst_sim.geometry import CONVENTIONS, Intrinsics, Pose
from tst_sim.modalities import RENDERED, Frame
from tst_sim.randomness import rng_for
from tst_sim.simulator import Instance
from tst_sim.storage import write_json

STRUCTURE = ("Floor", "Wall", "Ceiling")
OBJECTS = ("Bed", "Chair", "Fridge", "Sofa", "Television", "DiningTable")


def box_room(house: int) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray, str]], np.ndarray]:
    """(size, boxes as (low, high, class), color of each class) of house number `house`'s only room."""
    rng = rng_for(house, "synthetic")
    size = np.array([rng.uniform(3, 6), 2.5, rng.uniform(3, 6)])
    boxes = []
    for name in rng.choice(OBJECTS, size=4, replace=False):
        extent = rng.uniform([0.4, 0.4, 0.4], [1.0, 1.6, 1.0])
        low = rng.uniform([0, 0, 0], size - extent) * [1, 0, 1]
        boxes.append((low, low + extent, str(name)))
    return size, boxes, rng.uniform(60, 230, (len(CLASSES), 3))


def render_box_room(house: int, pose: Pose, intrinsics: Intrinsics) -> Frame:
    """All five modalities of one view, by intersecting each pixel's ray with every box."""
    size, boxes, colors = box_room(house)
    slopes = intrinsics.ray_slopes().reshape(-1, 3) @ pose.rotation().T
    slopes[np.abs(slopes) < 1e-9] = 1e-9
    eye = np.asarray(pose.position_m)
    depth, axis = _exit(eye, slopes, np.zeros(3), size)
    side = np.sign(slopes[np.arange(len(axis)), axis])
    label = np.where(axis == 1, np.where(side < 0, CLASS_IDS["Floor"], CLASS_IDS["Ceiling"]), CLASS_IDS["Wall"])
    instance = label.copy()
    for number, (low, high, name) in enumerate(boxes):
        entry, entry_axis = _entry(eye, slopes, low, high)
        closer = entry < depth
        depth, axis = np.where(closer, entry, depth), np.where(closer, entry_axis, axis)
        label = np.where(closer, CLASS_IDS[name], label)
        instance = np.where(closer, 10 + number, instance)
    normal = np.zeros_like(slopes)
    normal[np.arange(len(axis)), axis] = -np.sign(slopes[np.arange(len(axis)), axis])
    camera = (normal @ pose.rotation()) * [1, 1, -1]
    light = 0.55 + 0.45 * np.abs(normal @ [0.5, 0.7, 0.5])
    shape = (intrinsics.height, intrinsics.width)
    return {
        "rgb": np.clip(colors[label] * light[:, None], 0, 255).astype(np.uint8).reshape(*shape, 3),
        "depth": depth.astype(np.float32).reshape(shape),
        "normal": camera.astype(np.float32).reshape(*shape, 3),
        "instance": instance.astype(np.uint16).reshape(shape),
        "semantic": label.astype(np.uint8).reshape(shape),
    }


def write_synthetic_corpus(
    folder: Path,
    *,
    houses: Sequence[int] = (0, 1),
    frames: int = 24,
    eval_frames: int = 6,
    size: tuple[int, int] = (64, 64),
    modalities: Sequence[str] = tuple(RENDERED),
    seed: int = 0,
) -> Path:
    """A finished corpus of box rooms, `frames` and `eval_frames` a house, (width, height) pixels."""
    intrinsics = Intrinsics(*size, 90.0)
    for house in houses:
        for frame_set, count in (("pretrain", frames), ("eval", eval_frames)):
            samples = _samples(house, frame_set, count, intrinsics, modalities, seed)
            write_shard(folder, frame_set, house_name(house), samples, facts={})
    write_json(
        folder / "manifest.json",
        {
            "format_version": FORMAT_VERSION,
            "modalities": [RENDERED[name].describe() for name in modalities],
            "classes": list(CLASSES),
            "class_list_version": CLASS_LIST_VERSION,
            "conventions": dict(CONVENTIONS),
            "houses": [
                {"index": house, "name": house_name(house), "digest": f"synthetic-{house}", "frames": frames}
                for house in houses
            ],
            "quarantined": [],
            "seed": seed,
            "width": size[0],
            "height": size[1],
            "fov_deg": 90.0,
        },
    )
    return folder


def house_name(house: int) -> str:
    return f"synthetic-train-{house:06d}"


def _samples(
    house: int, frame_set: str, count: int, intrinsics: Intrinsics, modalities: Sequence[str], seed: int
) -> Iterator[Sample]:
    rng = rng_for(seed, "synthetic poses", house, frame_set)
    room, _, _ = box_room(house)
    for number in range(count):
        place = rng.uniform([0.3, 1.7, 0.3], [room[0] - 0.3, 2.2, room[2] - 0.3])
        pose = Pose(_triple(place), float(rng.uniform(0, 360)), float(rng.uniform(-5, 30)))
        frame = render_box_room(house, pose, intrinsics)
        rows = tuple(_row(house, int(i)) for i in np.unique(frame["instance"]))
        chosen = {name: frame[name] for name in modalities}
        yield Sample(sample_key(house_name(house), frame_set, number), chosen, pose, intrinsics, rows, "room|0")


def _row(house: int, number: int) -> Instance:
    size, boxes, _ = box_room(house)
    if number < 10:
        name = CLASSES[number]
        return Instance(number, name, "", name, _triple(size / 2), _triple(size))
    low, high, name = boxes[number - 10]
    return Instance(number, f"{name}|{number}", name, name, _triple((low + high) / 2), _triple(high - low))


def _triple(values: np.ndarray) -> tuple[float, float, float]:
    x, y, z = map(float, values)
    return x, y, z


def _exit(eye: np.ndarray, slopes: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth and axis at which rays from inside leave a box."""
    leaving = np.maximum((low - eye) / slopes, (high - eye) / slopes)
    return leaving.min(axis=1), leaving.argmin(axis=1)


def _entry(eye: np.ndarray, slopes: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth and axis at which rays enter a box; infinite where they miss it."""
    first, second = (low - eye) / slopes, (high - eye) / slopes
    near, far = np.minimum(first, second), np.maximum(first, second)
    entry = near.max(axis=1)
    hit = (entry <= far.min(axis=1)) & (entry > 0)
    return np.where(hit, entry, np.inf), near.argmax(axis=1)
