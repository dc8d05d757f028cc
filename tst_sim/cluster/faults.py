"""Errors of Ray, told apart and stated in one line."""

from __future__ import annotations

import re
from typing import Any

from tst_sim.errors import UserError, one_line

MAX_LENGTH = 240
SUDDEN = "its process ended suddenly: killed, crashed, or out of memory"


class WorkerLost(Exception):
    """A worker process ended before it finished; the message is one line."""

    def __init__(self, message: str, *, for_memory: bool) -> None:
        super().__init__(message)
        self.for_memory = for_memory
        """Whether Ray ended it because its machine ran out of memory."""


class ClusterLost(UserError):
    """Ray itself ended, or no longer answers; what is finished is kept."""


def told_apart(error: BaseException, ray: Any) -> BaseException:
    """What to raise in the place of what Ray raised: the cause a task raised, or WorkerLost; else the error itself."""
    raised = ray.exceptions
    if isinstance(error, raised.OutOfMemoryError):
        return WorkerLost(f"Ray ended it as memory ran out: {_memory(str(error))}", for_memory=True)
    if isinstance(error, raised.RayTaskError):
        return _cause(error)
    lost = ("RayActorError", "WorkerCrashedError", "NodeDiedError", "LocalRayletDiedError", "ObjectLostError")
    if isinstance(error, tuple(getattr(raised, name) for name in lost if hasattr(raised, name))):
        return WorkerLost(shortened(error), for_memory=False)
    setup = ("RuntimeEnvSetupError", "ActorUnschedulableError", "TaskUnschedulableError", "OutOfDiskError")
    if isinstance(error, tuple(getattr(raised, name) for name in setup if hasattr(raised, name))):
        return UserError(f"Ray cannot run a worker: {shortened(error)}")
    return UserError(f"Ray failed: {shortened(error)}") if isinstance(error, raised.RayError) else error


def _cause(error: Any) -> BaseException:
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, BaseException) else UserError(f"a worker failed: {shortened(error)}")


def _memory(text: str) -> str:
    """`21.8GB used / 23.5GB limit, the threshold is 95.0%`, out of Ray's long message."""
    used = re.search(r"was ([\d.]+ ?\w+)(?: used)? / ([\d.]+ ?\w+)", text)
    threshold = re.search(r"\((\d+(?:\.\d+)?%) of", text)
    if not used:
        return shortened(text)
    limit = f", its threshold is {threshold[1]}" if threshold else ""
    return f"{used[1]} of {used[2]} in use{limit}"


def shortened(error: object) -> str:
    """The gist of a message of Ray's: the last line of a stack trace, the reason of a death, else its beginning."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))  # Ray colors its messages
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and any(line.startswith(("Traceback", "File ")) for line in lines):
        return one_line(lines[-1])[:MAX_LENGTH]
    dead = re.search(r"is dead because ([^.\n]+)", text)
    if dead and "worker process has died" not in dead[1]:
        return one_line(dead[1])[:MAX_LENGTH]
    if re.search(r"worker process has died|died unexpectedly|Worker exit type: SYSTEM_ERROR", text):
        return SUDDEN
    return one_line(text)[:MAX_LENGTH] or type(error).__name__
