"""What a player needs from this machine, looked at before AI2-THOR's client is asked: one clear line each."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
from glob import glob
from pathlib import Path
from typing import Any

from tst_sim.errors import UserError
from tst_sim.thor.config import OWN_PLAYER, ThorConfig

DOWNLOAD_HOST = ("s3-us-west-2.amazonaws.com", 80)
"""Where the client gets builds from, see `ai2thor.build`."""
PATIENCE_S = 5.0
INSTEAD = f"or take our own player: --set thor.executable={OWN_PLAYER}"


def controller_options(config: ThorConfig, number: int) -> dict[str, Any]:
    """The client's options for which player, display and GPU worker `number` takes; UserError for what is missing."""
    if config.own_player:
        return {
            "local_executable_path": _own_player(config, number),
            "x_display": ":0",  # the client wants a text; nobody looks at it
        }
    gpu = {"gpu_device": config.gpus[number % len(config.gpus)]} if config.gpus else {}
    _check_gpu_tools(config)
    if config.executable is not None:
        command = shlex.quote(config.executable) if os.path.isfile(config.executable) else config.executable
        _check_executable(command)
        return {"local_executable_path": command, "x_display": _display(config), **gpu}
    _check_platform(config)
    _check_build(config)
    commit = {"commit_id": config.commit_id} if config.commit_id else {}
    return {"platform": _platform(config), "x_display": config.x_display, **commit, **gpu}


def _own_player(config: ThorConfig, number: int) -> str:
    """The command of our player, on the EGL device that worker `number` takes."""
    from tst_sim.embedded.drawing.gl.context import DEVICE_VARIABLE
    from tst_sim.thor import executable

    device = f"env {DEVICE_VARIABLE}={config.gpus[number % len(config.gpus)]} " if config.gpus else ""
    return device + executable()


def _check_executable(command: str) -> None:
    words = shlex.split(command)
    path = shutil.which(words[0])
    if path is None:
        what = "is not executable; chmod +x it" if os.path.isfile(words[0]) else "does not exist; give its whole path"
        raise UserError(f"thor.executable {words[0]} {what}, {INSTEAD}")


def _display(config: ThorConfig) -> str:
    display = config.x_display or os.environ.get("DISPLAY")
    if not display and not glob("/tmp/.X11-unix/X[0-9]*"):
        raise UserError(
            f"no X display for thor.executable {config.executable}: start one (ai2thor-xorg start) and set DISPLAY "
            f"or --set thor.x_display=:0, {INSTEAD}"
        )
    return display or ""


def _check_gpu_tools(config: ThorConfig) -> None:
    """The client translates CUDA's numbers into Vulkan's with two programs, or a file that they wrote."""
    visible = [part for part in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if part.strip().isdigit()]
    if not (config.gpus or visible) or (Path.home() / ".ai2thor" / "cuda-vulkan-mapping.json").exists():
        return
    missing = [name for name in ("vulkaninfo", "nvidia-smi") if shutil.which(name) is None]
    if missing:
        why = f"thor.gpus {list(config.gpus)}" if config.gpus else f"CUDA_VISIBLE_DEVICES={','.join(visible)}"
        raise UserError(
            f"{why} needs {' and '.join(missing)} to find the GPU: apt install vulkan-tools and the NVIDIA driver, "
            f"or leave {'thor.gpus empty' if config.gpus else 'it unset'}, {INSTEAD}"
        )


def _platform(config: ThorConfig) -> Any:
    from ai2thor.platform import STR_PLATFORM_MAP

    return STR_PLATFORM_MAP[config.platform]


def _check_platform(config: ThorConfig) -> None:
    from ai2thor.platform import Request

    display = config.x_display or os.environ.get("DISPLAY")
    faults = _platform(config).validate(Request("Linux", 300, 300, display, False))
    if faults:
        remedy = {
            "CloudRendering": "apt install libvulkan1 and a Vulkan driver, or --set thor.platform=Linux64 with X",
            "Linux64": "start X with GLX (ai2thor-xorg start), or --set thor.platform=CloudRendering with Vulkan",
        }[config.platform]
        raise UserError(
            f"AI2-THOR's {config.platform} build cannot run here ({'; '.join(faults)}): {remedy}, {INSTEAD}"
        )


def _check_build(config: ThorConfig) -> None:
    """UserError when the build is not here and cannot be fetched: the client would wait for the network for minutes."""
    import ai2thor.build

    commit = config.commit_id or ai2thor.build.COMMIT_ID
    name = ai2thor.build.build_name(config.platform, commit)
    folder = Path.home() / ".ai2thor" / "releases" / name
    if folder.is_dir() or os.environ.get("http_proxy") or os.environ.get("HTTP_PROXY"):
        return
    try:
        socket.create_connection(DOWNLOAD_HOST, PATIENCE_S).close()
    except OSError as error:
        raise UserError(
            f"AI2-THOR's build {name} is not in {folder.parent} and cannot be downloaded ({error.strerror or error}): "
            f"copy it there from a machine with a network, {INSTEAD}"
        ) from error
