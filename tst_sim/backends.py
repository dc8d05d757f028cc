"""The simulators there are, opened by name."""

from __future__ import annotations

from tst_sim.errors import UserError
from tst_sim.simulator import Simulator

SIMULATORS = ("embedded",)


def open_simulator(name: str = "embedded") -> Simulator:
    """A simulator ready to load houses, like `open()` for files: use it in a `with` statement.

    UserError for an unknown name, and when the simulator cannot start on this machine.
    """
    if name == "embedded":
        from tst_sim.embedded.simulator import EmbeddedSimulator

        return EmbeddedSimulator()
    raise UserError(f"unknown simulator {name!r}; choose from {', '.join(SIMULATORS)}")
