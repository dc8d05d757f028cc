"""Baking: the entry to the ways of computing static light.

`bake` is the seam: whatever makes a `LightBake` lights the pictures.
"""

from __future__ import annotations

from tst_sim.embedded.light import LIGHTS
from tst_sim.embedded.light.estimated import estimate
from tst_sim.embedded.light.light_bake import LightBake, even_light
from tst_sim.embedded.light.ray_scene import require_rays
from tst_sim.embedded.light.ray_scene import version as ray_version
from tst_sim.embedded.light.traced import VERSION, trace
from tst_sim.embedded.scene.scene import Scene
from tst_sim.errors import UserError

__all__ = ["LightBake", "bake", "checked", "described"]

EVEN = 1.0
"""The light of every surface under `none`: pictures show the colors of things and nothing else."""


def bake(scene: Scene, light: str = "fast") -> LightBake:
    """The light of a house as it was made, in one of the ways of `LIGHTS`.

    UserError for another name, and where `baked` is asked for and rays cannot be traced.
    """
    if checked(light) == "none":
        return even_light(scene, EVEN)
    if light == "fast" or not scene.house.rooms:
        return estimate(scene)
    return trace(scene)


def checked(light: str) -> str:
    """The name, if it is one of `LIGHTS` that this machine can do; UserError otherwise."""
    if light not in LIGHTS:
        raise UserError(f"unknown light {light!r}; choose from {', '.join(LIGHTS)}")
    if light == "baked":
        require_rays()
    return light


def described(light: str) -> dict[str, str]:
    """What pictures under a light depend on, beyond the engine's version."""
    return {"light": f"baked {VERSION}, embreex {ray_version()}"} if light == "baked" else {"light": light}
