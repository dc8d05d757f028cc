"""The training verbs of a sweep as plain functions: `verb(settings, inputs, folder) -> result`.

The front door adds `generate`, as training knows no generators. Folders inside the sweep are recorded relative to it,
so that a sweep can be moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.config import PretrainConfig, modality_names
from training.sweep.cells import merged
from training.tasks.results import stated_scores
from training.transfer_config import TransferConfig
from tst_sim.errors import UserError
from tst_sim.plugins import load_plugins

Values = Mapping[str, Any]


def pretrain_config(settings: Values) -> PretrainConfig:
    """Settings of the pre-training of a step (or of the architecture of scratch)."""
    from training.presets import pretrain_settings

    times, values = settings.get("samples_times", 1), settings["values"]
    with named("pretrain"):
        config = pretrain_settings(settings["preset"], values)
        if times == 1:
            return config
        longer = merged(values, {"optim": {"steps": config.optim.steps * times}})
        return pretrain_settings(settings["preset"], longer)


def transfer_config(settings: Values) -> TransferConfig:
    """Settings of the transfer of a step."""
    from training.presets import transfer_settings

    with named("transfer"):
        return transfer_settings(settings["preset"], settings["values"])


def with_plugins(
    plugins: Sequence[str], verb: Callable[..., dict[str, Any]], settings: Values, inputs: Values, folder: Path
) -> dict[str, Any]:
    """What a verb does where the users' plug-ins may not be loaded yet: in a worker's process."""
    load_plugins(plugins)
    return verb(settings, inputs, folder)


@contextmanager
def named(group: str) -> Iterator[None]:
    """Say of which of a sweep's groups of settings a UserError speaks."""
    try:
        yield
    except UserError as error:
        raise UserError(f"settings of {group}: {error}") from error


def check(verb: str, settings: Values) -> None:
    """UserError when the settings of a step of training cannot be used, before anything runs."""
    if verb == "pretrain":
        modality_names(pretrain_config(settings).modalities)  # the sweep's own corpora have no layers
    elif verb == "transfer":
        transfer_config(settings)
        if "architecture" in settings:
            pretrain_config(settings["architecture"])


def pretrain(settings: Values, inputs: Values, folder: Path, *, data_dir: str | None = None) -> dict[str, Any]:
    """A pre-trained run in the step's folder."""
    from training.checkpoint import RunFolder
    from training.pretrain import pretrain

    corpus = inputs["corpus"]["folder"]
    pretrain(pretrain_config(settings), corpus, folder, houses=settings["houses"], data_dir=data_dir)
    run = RunFolder.load(folder)
    facts = _speed(folder)
    return {"run": _inside(folder), "oracle": run.settings["oracle"], **facts}


def transfer(settings: Values, inputs: Values, folder: Path, *, data_dir: str | None = None) -> dict[str, Any]:
    """A transferred run in the step's folder."""
    from training.transfer import pretrained, scratch, transfer

    if "architecture" in settings:
        source = scratch(pretrain_config(settings["architecture"]))
    else:
        source = pretrained(_root(folder) / inputs["run"]["run"])
    corpus = inputs["corpus"]["folder"]
    config = transfer_config(settings)
    houses, supervised = settings["houses"], settings["supervised"]
    transfer(config, source, corpus, folder, houses=houses, supervised=supervised, data_dir=data_dir)
    return {"run": _inside(folder), **_speed(folder)}


def evaluate(settings: Values, inputs: Values, folder: Path, *, data_dir: str | None = None) -> dict[str, Any]:
    """`results.json` of a run in one house, in the step's folder."""
    from training.evaluate import RESULTS, evaluate

    run = _root(folder) / inputs["run"]["run"]
    results = evaluate(run, inputs["corpus"]["folder"], settings["house"], folder, data_dir=data_dir)
    kept = {key: results[key] for key in ("task", "oracle", "frames")}
    return {"results": f"{_inside(folder)}/{RESULTS}", **kept, **stated_scores(results)}


def _root(folder: Path) -> Path:
    return folder.parents[1]


def _inside(folder: Path) -> str:
    return folder.relative_to(_root(folder)).as_posix()


def _speed(folder: Path) -> dict[str, Any]:
    """Images per second and in all, as the run's result says."""
    from training.stored import RESULT_FILE, read_stored

    result = read_stored(folder / "result.json", RESULT_FILE, what="a finished run")
    return {"images_per_s": result["images_per_s"], "images": result["images"]}
