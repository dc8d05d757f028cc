"""Materials with their images, and lamps, as glTF states them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from generators.exporters.materials import PLAIN, ExportMaterial, specular, tinted, tinted_png
from tst_sim.embedded.mesh.materials import srgb_to_linear
from tst_sim.houses import Light

STRENGTH = "KHR_materials_emissive_strength"
SPECULAR = "KHR_materials_specular"
_METAL = 0.5
"""From here on a material is a metal, whose reflections `SPECULAR` does not change."""
LAMP_DISTANCE_M = 2.0
"""Unity's lamps fall off as 1 / (1 + 25 (d / range)^2), glTF's as 1 / d^2; here they agree."""
SAMPLER = {"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}
"""Linear, with mipmaps, repeated both ways."""


class Looks:
    """Gathers the images that finishes need, each once; numbers are places in glTF's arrays."""

    def __init__(self) -> None:
        self.images: dict[str, bytes] = {}
        """PNG by name; a texture of the same number goes with each."""
        self._names: dict[bytes, str] = {}

    def entry(self, finish: ExportMaterial, name: str) -> dict[str, Any]:
        """glTF's material: factors are linear as ours are."""
        if finish.layer == PLAIN:
            return material_entry(finish, name)
        look = tinted(finish)
        image = {"index": self._image(finish.layer_name, tinted_png(look.key))}
        entry = material_entry(finish, name, look.factor)
        surface = entry["pbrMetallicRoughness"]
        surface["baseColorTexture"] = image
        if "emissiveFactor" in entry:
            entry["emissiveTexture"] = image
        if finish.material.metallic < _METAL:
            gloss = self._gloss(finish)
            if gloss:
                entry.setdefault("extensions", {})[SPECULAR] = gloss
        return entry

    def tables(self, first_view: int) -> dict[str, Any]:
        """glTF's `images`, `textures` and `samplers`; the images' views follow each other from `first_view`."""
        if not self.images:
            return {}
        images = [
            {"name": name, "mimeType": "image/png", "bufferView": first_view + number}
            for number, name in enumerate(self.images)
        ]
        textures = [{"sampler": 0, "source": number} for number in range(len(images))]
        return {"samplers": [SAMPLER], "images": images, "textures": textures}

    def _gloss(self, finish: ExportMaterial) -> dict[str, Any]:
        """What the layer leaves of the reflection: joints and grout mirror less than what they part."""
        most, data = specular(finish.layer)
        gloss: dict[str, Any] = {} if most == 1 else {"specularFactor": rounded([most])[0]}
        if data is not None:
            gloss["specularTexture"] = {"index": self._image(f"{finish.layer_name}_gloss", data)}
        return gloss

    def _image(self, base: str, data: bytes) -> int:
        if data not in self._names:
            name, number = base, 2
            while name in self.images:
                name, number = f"{base}.{number}", number + 1
            self._names[data] = name
            self.images[name] = data
        return list(self.images).index(self._names[data])


def material_entry(finish: ExportMaterial, name: str, factor: Sequence[float] | None = None) -> dict[str, Any]:
    """glTF's material without its images; `factor` (linear RGB) stands for the color that an image has a part of."""
    material = finish.material
    color = material.color if factor is None else factor
    entry: dict[str, Any] = {
        "name": name,
        "pbrMetallicRoughness": {
            "baseColorFactor": [*rounded(np.clip(color, 0, 1)), 1.0],
            "metallicFactor": material.metallic,
            "roughnessFactor": finish.roughness,
        },
    }
    emitted = np.array(color) * material.emission
    strength = float(emitted.max())
    if strength > 0:
        entry["emissiveFactor"] = rounded(emitted / max(strength, 1.0))
    if strength > 1:
        entry["extensions"] = {STRENGTH: {"emissiveStrength": strength}}
    return entry


def lamp_entry(light: Light) -> dict[str, Any]:
    """A light of KHR_lights_punctual, as bright at exposure 1 as in Unity.

    Unity leaves pi out: a white wall that faces a directional light of intensity 1 is white. So its lux are pi times
    that, and a lamp's candela are such that it agrees `LAMP_DISTANCE_M` from it.
    """
    entry: dict[str, Any] = {
        "name": light.id,
        "type": light.kind,
        "color": rounded(np.array(srgb_to_linear(light.color))),
    }
    if light.kind == "directional":
        return entry | {"intensity": round(math.pi * light.intensity, 6)}
    reach = light.range_m or 15.0
    falloff = 1 / (1 + 25 * (LAMP_DISTANCE_M / reach) ** 2)
    entry |= {"intensity": round(math.pi * light.intensity * falloff * LAMP_DISTANCE_M**2, 6), "range": reach}
    return entry | ({"spot": {}} if light.kind == "spot" else {})


def rounded(values: Sequence[float] | np.ndarray) -> list[float]:
    """An array (n,) or (n, m) as JSON numbers, to nine places."""
    return [float(value) for value in np.round(np.asarray(values, np.float64), 9) + 0.0]
