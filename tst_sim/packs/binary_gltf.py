"""GLB files, read by trimesh: the meshes of a scene in place, with their base colors."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tst_sim.embedded.mesh.materials import linear_to_srgb
from tst_sim.errors import UserError, shortened
from tst_sim.packs.gltf_document import check_document
from tst_sim.packs.source_model import MAX_TEXTURE_PIXELS, Model, Piece, SourceMaterial, checked_model, shrunk_texture


def read_glb(path: Path, name: str) -> Model:
    """The pieces of a GLB, one a primitive; UserError when it cannot be read or needs other files."""
    import trimesh

    try:
        data = path.read_bytes()
        check_document(data, name)
        scene = trimesh.load_scene(io.BytesIO(data), file_type="glb")
        pieces = [
            _piece(scene.geometry[geometry], transform)
            for transform, geometry in (scene.graph[node] for node in sorted(scene.graph.nodes_geometry))
            if isinstance(scene.geometry[geometry], trimesh.Trimesh)
        ]
    except UserError:
        raise
    except Exception as error:  # trimesh raises whatever it stumbles over
        reason = shortened(f"{type(error).__name__}: {error}")
        raise UserError(f"{name} is not a readable GLB ({reason})") from error
    return checked_model(pieces, name)


def _piece(mesh: Any, transform: np.ndarray) -> Piece:
    vertices = np.asarray(mesh.vertices, np.float64) @ transform[:3, :3].T + transform[:3, 3]
    triangles = np.asarray(mesh.faces, np.int64)
    if np.linalg.det(transform[:3, :3]) < 0:  # glTF: a mirrored node turns the winding round
        triangles = triangles[:, ::-1]
    uv = getattr(mesh.visual, "uv", None)
    return Piece(vertices, triangles, _paint(mesh.visual), None if uv is None else np.asarray(uv, np.float64))


def _paint(visual: Any) -> SourceMaterial:
    """Of a PBR material: factors are linear (trimesh keeps the base color's in 8 bits), textures sRGB."""
    material = getattr(visual, "material", None)
    if material is None:
        return SourceMaterial("no material", tuple((np.asarray(visual.main_color)[:3] / 255).tolist()))
    factor = getattr(material, "baseColorFactor", None)
    factor = np.ones(4) if factor is None else np.asarray(factor, np.float64) / 255
    red, green, blue = linear_to_srgb(factor[:3]).tolist()
    emissive = getattr(material, "emissiveFactor", None)
    return SourceMaterial(
        name=str(getattr(material, "name", None) or "material"),
        color=(red, green, blue),
        opacity=float(factor[3]) if getattr(material, "alphaMode", None) == "BLEND" else 1.0,
        roughness=_number(material, "roughnessFactor"),
        metallic=_number(material, "metallicFactor"),
        emission=0.0 if emissive is None else float(np.clip(np.max(emissive), 0, 1)),
        texture=_texture(getattr(material, "baseColorTexture", None), np.array([red, green, blue])),
    )


def _number(material: Any, name: str) -> float:
    """A factor of a PBR material; 1 where it is not stated, as glTF has it."""
    value = getattr(material, name, None)
    return 1.0 if value is None else float(np.clip(value, 0, 1))


def _texture(image: Image.Image | None, tint: np.ndarray) -> np.ndarray | None:
    if image is None:
        return None
    if image.width * image.height > MAX_TEXTURE_PIXELS:
        raise UserError(f"a texture has {image.width} x {image.height} pixels, more than {MAX_TEXTURE_PIXELS}")
    texture = shrunk_texture(image)
    # Multiplied as sRGB: right for a pure power curve, and within 1 % for the real one.
    return np.concatenate([np.rint(texture[..., :3] * tint).astype(np.uint8), texture[..., 3:]], axis=-1)
