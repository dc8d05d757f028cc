"""The dataset card: a README.md by which Hugging Face's `load_dataset(corpus)` finds the splits by itself.

Its `configs` name the tars of each frame set, so that records (`.json` beside the tars) are not taken for data.
https://huggingface.co/docs/hub/datasets-manual-configuration
"""

from __future__ import annotations

from tst_sim.corpus.frame_sets import FRAME_SETS
from tst_sim.corpus.manifest import MANIFEST, Manifest

CARD = "README.md"


def dataset_card(manifest: Manifest) -> str:
    """The card's text, from the manifest alone. A frame set without frames is no split: readers refuse empty ones."""
    splits = [name for name in FRAME_SETS if manifest.frames(name)]
    header = ["---", "configs:", "- config_name: default", "  data_files:"]
    for name in splits:
        header += [f"  - split: {name}", f"    path: {name}/*.tar"]
    size = f"{manifest.width}x{manifest.height} pixels" if manifest.width else "several sizes"
    frames = " and ".join(f"{manifest.frames(name)} {name}" for name in splits)
    names = ", ".join(row.name for row in manifest.modalities)
    houses = len(manifest.houses)
    return "\n".join(
        [
            *header,
            "---",
            "",
            f"# A corpus of {houses} house{'s' * (houses != 1)}",
            "",
            f"{frames} frames of {size}: {names}, with camera and instance table in each sample's JSON.",
            f"`{MANIFEST}` states classes, units, conventions and what every byte depends on. Made by tst-sim.",
            "",
            "```python",
            "import datasets",
            "",
            f'frames = datasets.load_dataset("path/of/this/folder", split="{splits[0]}")',
            "```",
            "",
        ]
    )
