"""Processes of tests that are to be interrupted, also when the tests themselves run where interrupts are ignored."""

from __future__ import annotations

import signal


def hearing_interrupts() -> None:
    """For `preexec_fn`: under `nohup`, and in background jobs of CI, children inherit that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
