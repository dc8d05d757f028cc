"""The simulators there are, opened by name."""

from __future__ import annotations

from tst_sim.errors import UserError
from tst_sim.simulator import Simulator
from tst_sim.thor.config import ThorConfig

SIMULATORS = ("embedded", "thor")


def open_simulator(name: str = "embedded", *, thor: ThorConfig | None = None, number: int = 0) -> Simulator:
    """A simulator ready to load houses, like `open()` for files: use it in a `with` statement.

    `thor` says which AI2-THOR player; `number` is the worker's, by which several GPUs are shared out.
    UserError for an unknown name, and when the simulator cannot start on this machine.
    """
    if name == "embedded":
        from tst_sim.embedded.simulator import EmbeddedSimulator

        return EmbeddedSimulator()
    if name == "thor":
        from tst_sim.thor.simulator import ThorSimulator

        return ThorSimulator(thor, number)
    raise UserError(f"unknown simulator {name!r}; choose from {', '.join(SIMULATORS)}")
