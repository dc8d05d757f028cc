"""Look at a house: every modality from the middle of each room, as one picture.

    python examples/look_at_a_house.py --house 17 --out house-17.png

`--source` takes whatever `tst-sim generate --source` takes: procthor, procthor-10k, a house JSON, a folder of them.
"""

import argparse

import numpy as np
from PIL import Image

from generators.sources.houses import open_house_source
from tst_sim.backends import open_simulator
from tst_sim.corpus.colorize import as_picture
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.modalities import RENDERED, to_stored

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("--source", default="procthor")
options.add_argument("--house", type=int, default=17)
options.add_argument("--size", type=int, default=224, help="pixels of one view")
options.add_argument("--out", default="house.png")
given = options.parse_args()

house = open_house_source(given.source).house(given.house)
camera = Intrinsics(given.size, given.size, fov_deg=90.0)
columns = []
with open_simulator("embedded", light="fast") as simulator:
    simulator.load(house)
    floor = simulator.free_space(spacing_m=0.25)
    rooms = np.array(floor.room_ids)
    for room in dict.fromkeys(floor.room_ids):
        inside = np.flatnonzero(rooms == room)
        x, _, z = floor.positions_m[inside[np.argmax(floor.clearance_m[inside])]]  # farthest from walls and furniture
        around = [Pose((x, 1.5, z), yaw, 10.0) for yaw in range(0, 360, 45)]
        frames = simulator.render(around, tuple(RENDERED.values()), intrinsics=camera)
        frame = max(frames, key=lambda one: len(np.unique(one["instance"])))  # the view that shows most objects
        columns.append(np.concatenate([as_picture(row, to_stored(row, frame[row.name])) for row in RENDERED.values()]))
    objects = len(simulator.instances())

Image.fromarray(np.concatenate(columns, axis=1)).save(given.out)
print(f"house {given.house}: {len(columns)} rooms, {objects} instances; rows are {', '.join(RENDERED)} -> {given.out}")
