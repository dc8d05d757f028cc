"""The simulators there are, opened by name."""

from __future__ import annotations

from collections.abc import Sequence

from tst_sim.errors import UserError
from tst_sim.packs.names import BUILTIN, pack_names
from tst_sim.simulator import Simulator
from tst_sim.thor.config import ThorConfig

SIMULATORS = ("embedded", "thor")


def open_simulator(
    name: str = "embedded",
    *,
    thor: ThorConfig | None = None,
    number: int = 0,
    assets: Sequence[str] = (BUILTIN,),
    light: str = "fast",
    antialias: bool = True,
) -> Simulator:
    """A simulator ready to load houses, like `open()` for files: use it in a `with` statement.

    `thor` says which AI2-THOR player; `number` is the worker's, by which several GPUs are shared out.
    `assets` names the packs that the embedded engine draws from, in the order of preference (docs/asset-packs.md).
    `light` is how it lights houses: none, fast or baked; `antialias` smooths edges in its `rgb`; our own player too.
    UserError for an unknown name, and when the simulator cannot start on this machine.
    """
    if name != "embedded" and pack_names(assets) != (BUILTIN,):
        raise UserError(f"simulator {name} has meshes of its own; assets {', '.join(assets)} are for embedded")
    if name == "embedded":
        from tst_sim.embedded.live_scene import LiveScene
        from tst_sim.embedded.simulator import EmbeddedSimulator

        if pack_names(assets) == (BUILTIN,):
            return EmbeddedSimulator(LiveScene(light=light), antialias=antialias)
        from tst_sim.embedded.scene.instance_meshes import ShapeCache
        from tst_sim.packs.selection import open_packs

        packs = open_packs(assets)
        live_scene = LiveScene(ShapeCache(packs.build), light=light)
        return EmbeddedSimulator(live_scene, drawn_from=packs.describe(), antialias=antialias)
    if name == "thor":
        from tst_sim.thor.simulator import ThorSimulator

        return ThorSimulator(thor, number, light=light, antialias=antialias)
    raise UserError(f"unknown simulator {name!r}; choose from {', '.join(SIMULATORS)}")
