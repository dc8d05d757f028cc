"""Tasks that an encoder is transferred to: one file each.

What a task must offer is stated in `task.py`. A further one is a file here and a row in `TASKS`.
"""

from __future__ import annotations

from training.tasks.segmentation import Segmentation
from training.tasks.task import Task

TASKS: dict[str, type[Task]] = {"segmentation": Segmentation}
