"""Tasks that an encoder is transferred to: one file each.

A task is what the training loop drives, like an objective of pre-training (`inputs`, `module`,
`loss`), and beside it says how it is measured: `predict` gives what `metrics().update` takes, and
`describe` turns the computed scores into JSON. A further task is a file here and a row in `TASKS`.
"""

from __future__ import annotations

from training.tasks.segmentation import Segmentation

TASKS = {"segmentation": Segmentation}
