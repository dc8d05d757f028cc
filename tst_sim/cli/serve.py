"""`tst-sim serve`: be the player of AI2-THOR scripts, by path or where their client looks for it."""

from __future__ import annotations

import argparse

from tst_sim.cli.one_house import add_assets, chosen_packs
from tst_sim.errors import UserError
from tst_sim.packs.names import BUILTIN
from tst_sim.thor.player.installation import PLATFORMS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--install",
        action="store_true",
        help="put the player where Controller(platform=CloudRendering) finds it, under ~/.ai2thor/releases",
    )
    what.add_argument("--uninstall", action="store_true", help="take it away again")
    what.add_argument("--status", action="store_true", help="say which builds are there, ours and real ones")
    parser.add_argument(
        "--commit", metavar="ID", help="the build to stand in for (default: the one that the installed ai2thor wants)"
    )
    parser.add_argument(
        "--platform",
        choices=PLATFORMS,
        help=f"Linux64: for scripts that name no platform, where there is an X display (default: {PLATFORMS[0]})",
    )
    add_assets(parser)


def run(options: argparse.Namespace) -> int:
    """Without an option: the command line for `local_executable_path` on stdout, and how to use it on stderr."""
    from tst_sim.thor.player import installation

    for name in ("commit", "platform"):
        if getattr(options, name) is not None and not (options.install or options.uninstall):
            raise UserError(f"--{name} goes with --install or --uninstall")
    assets = _opened(options)
    platform = options.platform or PLATFORMS[0]
    if options.install:
        return _install(options.commit, platform, assets)
    if options.uninstall:
        build = installation.uninstall(options.commit, platform)
        _say(f"removed {build.folder}")
        return 0
    if options.status:
        return _status()
    _say("In an AI2-THOR script, give Controller one more argument (or run `tst-sim serve --install` once):")
    _say("  import tst_sim.thor")
    named = f"assets={list(assets)}" if assets != (BUILTIN,) else ""
    _say(f"  Controller(..., local_executable_path=tst_sim.thor.executable({named}))")
    _say("which is this command line (given by hand, DISPLAY must be in the environment; empty will do):")
    _say(installation.command_line(assets), result=True)
    return 0


def _opened(options: argparse.Namespace) -> tuple[str, ...]:
    """The packs of `--assets`: whatever is wrong with them is said here, not by a player that a script starts."""
    from tst_sim.thor.player.packs import drawn_from

    assets = chosen_packs(options)
    if assets == (BUILTIN,):
        return assets
    if options.uninstall or options.status:
        raise UserError("--assets goes with --install, or alone")
    drawn_from(assets)
    return assets


def _install(commit: str | None, platform: str, assets: tuple[str, ...]) -> int:
    from tst_sim.thor.player import installation

    build = installation.install(commit, platform, assets)
    for path in build.files:
        _say(f"wrote {path}")
    missing = installation.missing_library() if platform == "CloudRendering" else None
    script = "platform=ai2thor.platform.CloudRendering" if platform == "CloudRendering" else "scene=house"
    _say(missing or f"Controller({script}) now runs on the embedded engine")
    return 0


def _status() -> int:
    from tst_sim.thor.player import installation

    builds = installation.installed()
    for build in builds:
        version = build.version()
        packs = f", drawing from {', '.join(build.assets())}" if build.assets() else ""
        whose = f"the player of tst-sim {version}{packs}" if version else "a real build"
        _say(f"{build.folder}: {whose}", result=True)
    if not builds:
        _say(f"no build in {installation.releases()}", result=True)
    return 0


def _say(text: str, *, result: bool = False) -> None:
    """A line on stderr; a result, which people pipe, on stdout."""
    from rich.console import Console

    Console(stderr=not result, highlight=False).print(text, soft_wrap=True, markup=False)
