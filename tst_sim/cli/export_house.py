"""`tst-sim export-house --house 17 --out house.glb`: a house for Blender and other programs."""

from __future__ import annotations

import argparse
import sys

from tst_sim.cli.one_house import add_one_house, chosen_packs, out_file, read_house
from tst_sim.errors import UserError, did_you_mean

FORMATS = ("glb", "obj")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `export-house`."""
    add_one_house(parser)
    parser.add_argument("--format", metavar="glb|obj", help="GLB, or OBJ with its MTL (default: the ending of --out)")
    parser.add_argument(
        "--out", metavar="FILE", required=True, help="the file; OBJ's materials and images lie beside it"
    )
    parser.add_argument("--no-ceiling", action="store_true", help="leave the ceilings out, to look in from above")
    parser.add_argument("--no-textures", action="store_true", help="plain colors without images: a smaller file")


def run(options: argparse.Namespace) -> int:
    """Write the file and say what is in it."""
    if options.format is not None and options.format not in FORMATS:
        raise UserError(f"--format {options.format!r} is not known{did_you_mean(options.format, FORMATS)}")
    endings = [f".{name}" for name in ([options.format] if options.format else FORMATS)]
    path = out_file(options.out, endings)
    from generators.exporters.glb import write_glb
    from generators.exporters.obj import write_obj
    from tst_sim.cli.terminal import console
    from tst_sim.embedded.scene.instance_meshes import ShapeCache
    from tst_sim.embedded.scene.scene import build_scene
    from tst_sim.packs.selection import open_packs
    from tst_sim.storage import size_text

    packs = open_packs(chosen_packs(options))
    shapes = ShapeCache(packs.build)
    scene = build_scene(read_house(options), shapes)
    authors = sorted({f"{one.author} ({one.licence})" for pack in packs.packs for one in pack.credits()})
    credit = f"Furniture may hold models by {'; '.join(authors)}" if authors else ""
    write = write_glb if path.suffix.lower() == ".glb" else write_obj
    facts = write(scene, shapes, path, ceiling=not options.no_ceiling, textures=not options.no_textures, credit=credit)
    counts = ", ".join(f"{facts[what]} {what}" for what in ("objects", "materials", "images", "lamps", "triangles"))
    console().print(
        f"{scene.house.name}: {counts}, {size_text(facts['bytes'])}",
        soft_wrap=True,
        markup=False,
    )
    sys.stdout.write(f"{path}\n")
    return 0
