"""Tasks that an encoder is transferred to: one file each, and their one list.

What a task must offer is stated in `task.py`. A further one is a file here and a row in `TASKS`, or a plug-in's
`TASKS.register(name, task)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tst_sim.registry import Registry

if TYPE_CHECKING:
    from training.tasks.task import Task

TASKS: Registry[type[Task]] = Registry("task", {"segmentation": "training.tasks.segmentation:Segmentation"})
"""Every task by name; a task's class is imported when it is first asked for."""
