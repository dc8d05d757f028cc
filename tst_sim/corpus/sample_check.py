"""Is one sample what the corpus format says, and does it agree with itself and its neighbour?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tst_sim.config import differences
from tst_sim.corpus import Shard, sample_key
from tst_sim.corpus.consistency import Agreement, DecodedFrame, between_frames, depth_against_normals
from tst_sim.corpus.manifest import Manifest
from tst_sim.errors import UserError, one_line
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.modalities import Modality, from_stored

NORMAL_SHARE, DEPTH_SHARE, INSTANCE_SHARE = 0.9, 0.9, 0.95
"""Least agreement; sound corpora of the embedded engine measure above 0.96, 0.97 and 0.99."""
MIN_COMPARED = 50
MATRIX_TOLERANCE = 1e-6
CAPTURE_SHARE = 0.5
"""Least agreement in captures: measured depth and estimated poses agree less, wrong conventions hardly at all."""
MIN_COMPARED = 50
MATRIX_TOLERANCE = 1e-6
SCHEMA: dict[str, type] = {
    "key": str,
    "room_id": str,
    "position": list,
    "yaw": float,
    "pitch": float,
    "fov": float,
    "width": int,
    "height": int,
    "camera_to_world": list,
    "intrinsics": list,
    "instances": list,
}
"""Of a rendered corpus."""
CONVENIENCES = {"yaw": float, "pitch": float, "roll": float, "fov": float}
"""What matrices say too: all but roll are there in rendered corpora, any or none in others."""
INSTANCE_SCHEMA: dict[str, type] = {
    "id": int,
    "object_id": str,
    "asset_id": str,
    "class_name": str,
    "box_center_m": list,
    "box_size_m": list,
}


class SampleCheck:
    """Checks the samples of one house and frame set in order; it remembers the last frame of each room for comparison.

    `header` is a manifest; its houses are not read.
    """

    def __init__(self, header: Manifest, frame_set: str, house_name: str) -> None:
        self.header, self.frame_set, self.house_name = header, frame_set, house_name
        self.modalities = list(header.modalities)
        self.samples = 0
        """Samples seen so far."""
        self.cameras: list[tuple[float, float, str]] = []
        """(x, z) in metres and key of each camera."""
        self._class_ids = {name: number for number, name in enumerate(header.classes)}
        self._last: dict[str, tuple[str, DecodedFrame]] = {}
        self._table: dict[int, dict[str, Any]] = {}

    def faults(self, shard: Shard, key: str) -> Iterator[str]:
        """Everything wrong with the next sample; raises UserError where a file cannot be read at all."""
        expected = sample_key(self.house_name, self.frame_set, self.samples)
        self.samples += 1
        if key != expected:
            yield f"is in the place of {expected}: samples are missing, doubled or out of order"
        problem = files_fault(set(shard.files[key]), self.modalities, "json")
        if problem:
            yield problem
        metadata = shard.metadata(key)
        problem = _schema_fault(metadata, self._schema(metadata)) or self._metadata_fault(metadata, key)
        if problem:
            yield problem
            return
        self.cameras.append((metadata["position"][0], metadata["position"][2], key))
        frame = {}
        for row in self.modalities:
            stored = shard.stored(key, row, (metadata["width"], metadata["height"]))
            frame[row.name] = from_stored(row, stored)
        yield from self._label_faults(frame, metadata)
        yield from self._alignment_faults(frame, metadata, key)

    def _schema(self, metadata: Any) -> dict[str, type]:
        """The fields that a sample's JSON must have, of those it has."""
        if self.header.rendering is not None or not isinstance(metadata, dict):
            return SCHEMA
        needed = {name: kind for name, kind in SCHEMA.items() if name not in CONVENIENCES}
        return needed | {name: kind for name, kind in CONVENIENCES.items() if name in metadata}

    def _least(self, rendered: float) -> float:
        return rendered if self.header.rendering is not None else CAPTURE_SHARE

    def _metadata_fault(self, metadata: dict[str, Any], key: str) -> str | None:
        """The first contradiction inside the JSON, or with the manifest."""
        if metadata["key"] != key:
            return f"its JSON says key {metadata['key']}"
        for ours, theirs in (("width", "width"), ("height", "height"), ("fov_deg", "fov")):
            stated = getattr(self.header, ours)
            if stated is not None and metadata.get(theirs, stated) != stated:
                return f"its {theirs} is {metadata[theirs]}, the manifest says {stated}"
        problem = _camera_fault(metadata)
        if problem:
            return problem
        for row in metadata["instances"]:
            problem = _schema_fault(row, INSTANCE_SCHEMA)
            if problem:
                return f"instance row {row.get('id')}: {problem}"
            if row["class_name"] not in self._class_ids:
                return f"instance {row['id']} has the unknown class {row['class_name']!r}"
            if not all(math.isfinite(value) for value in (*row["box_center_m"], *row["box_size_m"])):
                return f"instance {row['id']} has a box that is not finite"
        ids = [row["id"] for row in metadata["instances"]]
        return None if ids == sorted(set(ids)) else "the ids of its instance table do not rise"

    def _label_faults(self, frame: dict[str, np.ndarray], metadata: dict[str, Any]) -> Iterator[str]:
        """Instance image against table, semantic image against classes, ids against the other frames."""
        rows = {row["id"]: row for row in metadata["instances"]}
        for index, row in rows.items():
            known = self._table.setdefault(index, row)
            if known != row:
                changes = "; ".join(differences(known, row))
                yield f"instance {index} ({row['object_id']}) is not what it is in another frame: {changes}"
        if "instance" in frame:
            seen = {int(index) for index in np.unique(frame["instance"]) if index}
            if seen != set(rows):
                odd = sorted(seen ^ set(rows))
                yield f"instance image and table differ in ids {odd[:5]}"
                return
        highest = int(frame["semantic"].max(initial=0)) if "semantic" in frame else 0
        if highest >= len(self.header.classes):
            yield f"semantic has the class id {highest}, the corpus has {len(self.header.classes)} classes"
            return
        if "instance" in frame and "semantic" in frame:
            class_of = np.zeros(65536, np.uint8)
            for index, row in rows.items():
                class_of[index] = self._class_ids[row["class_name"]]
            wrong = frame["semantic"] != class_of[frame["instance"]]
            if wrong.any():
                y, x = np.argwhere(wrong)[0]
                yield f"semantic and instance differ at {int(wrong.sum())} pixels, the first at x {x}, y {y}"

    def _alignment_faults(self, frame: dict[str, np.ndarray], metadata: dict[str, Any], key: str) -> Iterator[str]:
        """Depth against normals, and against the last frame taken in the same room."""
        if "depth" not in frame:
            return
        intrinsics = _intrinsics(metadata)
        if "normal" in frame:
            flat = depth_against_normals(frame["depth"], frame["normal"], intrinsics)
            if _too_low(flat, self._least(NORMAL_SHARE)):
                yield f"normals agree with the slope of depth at {flat.fraction:.0%} of the flat places only"
        view = DecodedFrame(frame["depth"], frame.get("normal"), frame.get("instance"), _pose(metadata), intrinsics)
        last = self._last.get(metadata["room_id"])
        self._last[metadata["room_id"]] = (key, view)
        if last is None:
            return
        depth, instance = between_frames(last[1], view)
        if _too_low(depth, self._least(DEPTH_SHARE)):
            yield f"its depth agrees with {last[0]} at {depth.fraction:.0%} of {depth.compared} points only"
        elif _too_low(instance, self._least(INSTANCE_SHARE)):
            yield f"its instances agree with {last[0]} at {instance.fraction:.0%} of {instance.compared} points only"


def files_fault(files: set[str], rows: Sequence[Modality], *others: str) -> str | None:
    """What is wrong with the files of a sample: one for each row, by one of its extensions, and the others."""
    wanted = {*others, *(next((name for name in row.extensions if name in files), row.extension) for row in rows)}
    return None if files == wanted else f"has the files {', '.join(sorted(files))}, not {', '.join(sorted(wanted))}"


def nearest_pair(
    first: Sequence[tuple[float, float, str]], second: Sequence[tuple[float, float, str]]
) -> tuple[float, str, str]:
    """(horizontal distance in metres, key, key) of the nearest cameras of two frame sets; infinity without cameras."""
    nearest = (math.inf, "", "")
    if not first or not second:
        return nearest
    points = np.array([(x, z) for x, z, _ in second])
    for x, z, key in first:
        gaps = np.hypot(*(points - (x, z)).T)
        place = int(np.argmin(gaps))
        if gaps[place] < nearest[0]:
            nearest = (float(gaps[place]), key, second[place][2])
    return nearest


def _too_low(agreement: Agreement, least: float) -> bool:
    return agreement.compared >= MIN_COMPARED and agreement.fraction < least


def _schema_fault(values: Any, schema: dict[str, type]) -> str | None:
    if not isinstance(values, dict) or set(values) != set(schema):
        return f"its JSON has the wrong fields; expected {', '.join(schema)}"
    for name, kind in schema.items():
        if type(values[name]) is not kind:
            return f"its JSON has {name} {values[name]!r}, not {kind.__name__}"
    return None


def _camera_fault(metadata: dict[str, Any]) -> str | None:
    """What contradicts in a sample's camera: its matrices against size, position, angles and field of view."""
    width, height = metadata["width"], metadata["height"]
    if width < 1 or height < 1:
        return f"its size is {width}x{height}"
    try:
        pose, lens = _pose(metadata), _intrinsics(metadata)
    except UserError as error:
        return one_line(error)
    matrix = pose.camera_to_world()
    angles = [metadata.get("yaw"), metadata.get("pitch"), metadata.get("roll", 0.0)]
    if None not in angles:
        x, y, z = metadata["position"]
        matrix = Pose((x, y, z), *angles).camera_to_world()
    matrix[:3, 3] = metadata["position"]
    if not _close(metadata["camera_to_world"], matrix):
        return "camera_to_world is not that of position, yaw and pitch"
    if "fov" in metadata:
        lens = Intrinsics(width, height, metadata["fov"])
    if not _close(metadata["intrinsics"], lens.matrix()):
        return "intrinsics are not those of width, height and fov"
    return None


def _pose(metadata: dict[str, Any]) -> Pose:
    return Pose.of_matrix(metadata["camera_to_world"])


def _intrinsics(metadata: dict[str, Any]) -> Intrinsics:
    return Intrinsics.of_matrix(metadata["width"], metadata["height"], metadata["intrinsics"])


def _close(stated: Any, derived: np.ndarray) -> bool:
    values = np.asarray(stated, np.float64)
    return values.shape == derived.shape and bool(np.allclose(values, derived, rtol=0, atol=MATRIX_TOLERANCE))
