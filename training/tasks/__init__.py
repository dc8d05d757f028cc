"""Tasks that an encoder is transferred to: one file and one row each; `task.py` says what a task offers.

Light: a task is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tst_sim.registry import Registry

if TYPE_CHECKING:
    from training.tasks.task import Task

TASKS: Registry[type[Task]] = Registry("task", {"segmentation": "training.tasks.segmentation:Segmentation"})
