"""`python -m tst_sim` is `tst-sim`."""

from tst_sim.cli.main import console

console()
