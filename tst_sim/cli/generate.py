"""`tst-sim generate`: houses to a corpus."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Any

from generators.config import MAX_FRAMES, GenerateConfig
from tst_sim.cli.options import add_data_dir, add_plugin, add_set, bounded, house_list, image_size
from tst_sim.errors import UserError

if TYPE_CHECKING:
    from generators.generate import Start, Summary

MAX_WORKERS = 4096
DEFAULTS = GenerateConfig()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `generate`; what is not given comes from --preset, else the defaults shown."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--houses", metavar="N|LIST", help="how many (1000: the first thousand) or which (3,17,40-49)")
    which.add_argument("--house", metavar="N", type=bounded("--house", 0, 2**31 - 1), help="one house")
    parser.add_argument(
        "--frames",
        metavar="N",
        type=bounded("--frames", 1, MAX_FRAMES),
        help=f"pre-training frames of a house (default: {DEFAULTS.frames})",
    )
    parser.add_argument(
        "--eval-frames",
        metavar="N",
        type=bounded("--eval-frames", 0, MAX_FRAMES),
        help=f"evaluation frames of a house (default: {DEFAULTS.eval_frames})",
    )
    parser.add_argument(
        "--size", metavar="PX|WxH", help=f"64, 128, 224 or e.g. 320x240 (default: {DEFAULTS.width}x{DEFAULTS.height})"
    )
    parser.add_argument("--fov", metavar="DEG", help=f"vertical field of view (default: {DEFAULTS.fov_deg:g})")
    parser.add_argument("--out", metavar="DIR", help="corpus folder (default: named by settings, in the data root)")
    parser.add_argument(
        "--workers",
        metavar="N",
        type=bounded("--workers", 0, MAX_WORKERS),
        help="Ray actors; 0: in this process, without Ray (default: one per CPU it may use, 0 for a single house)",
    )
    parser.add_argument("--seed", metavar="S", type=bounded("--seed", 0, 2**63 - 1), help="of the poses (default: 0)")
    parser.add_argument("--split", metavar="train|val|test", help=f"procthor's assets (default: {DEFAULTS.split})")
    parser.add_argument(
        "--source",
        metavar="NAME|PATH",
        help="procthor, procthor-10k[@REVISION], procthor-thor; or a house JSON, a .jsonl[.gz], a folder of them "
        "(default: procthor)",
    )
    _add_looks(parser)
    parser.add_argument(
        "--modalities", metavar="LIST", help=f"comma-separated (default: {','.join(DEFAULTS.modalities)})"
    )
    parser.add_argument(
        "--simulator",
        metavar="embedded|thor",
        help="who draws: our engine, or AI2-THOR (which player: --set thor.executable=...) "
        f"(default: {DEFAULTS.simulator})",
    )
    parser.add_argument(
        "--shard-frames",
        metavar="N",
        type=bounded("--shard-frames", 1, MAX_FRAMES),
        help="frames of a tar file, at most; loaders and GPUs share the files out "
        f"(default: {DEFAULTS.output.shard_frames})",
    )
    parser.add_argument("--jpeg", metavar="Q", type=bounded("--jpeg", 1, 100), help="store RGB as JPEG of this quality")
    parser.add_argument("--preset", metavar="NAME", help="a YAML file's name in configs/generate, or its path")
    add_data_dir(parser)
    add_plugin(parser)
    add_set(parser)


def _add_looks(parser: argparse.ArgumentParser) -> None:
    """What houses look like."""
    parser.add_argument(
        "--assets",
        metavar="LIST",
        help="packs to draw from, comma-separated: builtin, sweethome3d[:PATH.sh3f], gltf:FOLDER (default: builtin)",
    )
    parser.add_argument(
        "--light",
        metavar="none|fast|baked",
        help="none: colors alone; fast: estimated; baked: traced, once a house, and kept in ~/.cache/tst-sim/light "
        f"(default: {DEFAULTS.light})",
    )
    parser.add_argument(
        "--antialias",
        action=argparse.BooleanOptionalAction,
        help="smooth edges in rgb, for a quarter of a frame's time; labels, depth and normals stay exact (default: on)",
    )


def run(options: argparse.Namespace) -> int:
    """Make the corpus; 0, or 3 when houses were quarantined."""
    config = resolve(options)
    houses = chosen_houses(options)
    from generators.generate import generate
    from tst_sim.cli.terminal import HouseProgress
    from tst_sim.cluster.cpus import usable_cpus

    workers = options.workers
    if workers is None:
        workers = 0 if houses is not None and len(houses) == 1 else usable_cpus()
    with HouseProgress() as progress:
        summary = generate(
            config,
            houses,
            options.out,
            workers=workers,
            data_dir=options.data_dir,
            on_start=lambda start: progress.begin(start.houses, start.finished_houses, _announcement(start)),
            on_house=progress.advance,
            on_wait=progress.say,
        )
    _report(summary)
    return 3 if summary.quarantined else 0


def resolve(options: argparse.Namespace) -> GenerateConfig:
    """Settings: defaults, then the preset, then the options, then --set."""
    from tst_sim.config import build, find_config, read_yaml, with_overrides

    values = read_yaml(find_config("generate", options.preset)) if options.preset else {}
    given: dict[str, Any] = {
        "frames": options.frames,
        "eval_frames": options.eval_frames,
        "seed": options.seed,
        "split": options.split,
        "source": options.source,
        "jpeg_quality": options.jpeg,
        "simulator": options.simulator,
        "light": options.light,
        "antialias": options.antialias,
    }
    if options.size is not None:
        given["width"], given["height"] = image_size(options.size)
    if options.fov is not None:
        given["fov_deg"] = _degrees(options.fov)
    if options.assets is not None:
        given["assets"] = [name.strip() for name in options.assets.split(",") if name.strip()]
    if options.modalities is not None:
        given["modalities"] = [name.strip() for name in options.modalities.split(",") if name.strip()]
    values.update({key: value for key, value in given.items() if value is not None})
    if options.shard_frames is not None:
        values["output"] = {"shard_frames": options.shard_frames}
    return build(GenerateConfig, with_overrides(values, options.overrides))


def chosen_houses(options: argparse.Namespace) -> tuple[int, ...] | None:
    """The indices of --house or --houses; None when neither is given."""
    if options.house is not None:
        return (options.house,)
    return house_list(options.houses) if options.houses is not None else None


def _degrees(text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise UserError(f"--fov {text!r} must be degrees between 10 and 150")
    return float(text)


def _announcement(start: Start) -> str:
    from tst_sim.cli.terminal import duration
    from tst_sim.storage import size_text

    todo = start.houses - start.finished_houses
    if not todo:
        return f"all {start.houses} houses are there already: {start.folder}"
    kept = f", {start.finished_houses} houses are there already" if start.finished_houses else ""
    return (
        f"{todo} house{'s' * (todo > 1)}, {start.estimate.frames} frames into {start.folder}{kept}; about "
        f"{duration(start.estimate.seconds)} and {size_text(start.estimate.bytes)} ({size_text(start.free_bytes)} free)"
    )


def _report(summary: Summary) -> None:
    from tst_sim.cli.terminal import console, duration
    from tst_sim.storage import size_text

    terminal = console()
    for house in summary.quarantined:
        terminal.print(f"quarantined: house {house.index} ({house.name}): {house.reason}", soft_wrap=True, markup=False)
    rate = summary.frames / summary.seconds if summary.seconds > 0 else 0.0
    terminal.print(
        f"{summary.made} house{'s' * (summary.made != 1)} made, {summary.houses} in the corpus, "
        f"{len(summary.quarantined)} quarantined; "
        f"{summary.frames} frames, {size_text(summary.bytes)} in {duration(summary.seconds)} ({rate:.1f} frames/s)",
        soft_wrap=True,
        markup=False,
    )
    sys.stdout.write(f"{summary.folder}\n")
