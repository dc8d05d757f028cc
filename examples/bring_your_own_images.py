"""Bring your own images: photographs with poses become a corpus that verify, pretrain and every reader accept.

    python examples/bring_your_own_images.py capture/ corpus/

`capture/transforms.json` is what nerfstudio, instant-ngp and COLMAP's converters write: intrinsics fl_x, fl_y, cx, cy,
w, h, and for each frame its image and camera-to-world matrix in OpenGL's convention. Every eighth frame is kept for
evaluation.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tst_sim.corpus import Sample, Scene, write_corpus
from tst_sim.geometry import Intrinsics, Pose

capture, out = Path(sys.argv[1]), Path(sys.argv[2])
transforms = json.loads((capture / "transforms.json").read_text())
MIRRORED = np.diag([1.0, 1.0, -1.0, 1.0])  # right-handed, z backward <-> left-handed, z forward
EVERY = 8


def sample(row: dict) -> Sample:
    """One frame with its camera; a row may have intrinsics of its own, else those of the whole capture count."""
    lens = {**transforms, **row}
    matrix = np.array([[lens["fl_x"], 0, lens["cx"]], [0, lens["fl_y"], lens["cy"]], [0, 0, 1]])
    intrinsics = Intrinsics.of_matrix(int(lens["w"]), int(lens["h"]), matrix)
    pose = Pose.of_matrix(MIRRORED @ np.array(row["transform_matrix"]) @ MIRRORED)
    image = np.asarray(Image.open(capture / row["file_path"]).convert("RGB"))
    return Sample("", {"rgb": image}, pose, intrinsics, instances=())


class Frames(list):
    """Rows of the capture, read one by one when they are asked for: a long capture needs no memory for all."""

    def __getitem__(self, number):
        return sample(super().__getitem__(number))


rows = sorted(transforms["frames"], key=lambda row: row["file_path"])
scene = Scene(
    capture.resolve().name,
    pretrain=Frames(row for number, row in enumerate(rows) if number % EVERY),
    eval=Frames(row for number, row in enumerate(rows) if number % EVERY == 0),
)
manifest = write_corpus(out, [scene], modalities=("rgb",), source={"source": "captures", "capture": scene.name})
print(f"{len(scene.pretrain)} frames to learn from, {len(scene.eval)} to evaluate on -> {out}")
print(f"next: tst-sim verify {out}; tst-sim pretrain --corpus {out} --objective mae --out run")
