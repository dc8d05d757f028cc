"""Run folders and checkpoints: everything a run needs to go on exactly where it stopped.

    run/
      config.json             settings, data, seed, number type, versions: written first
      metrics.jsonl           one line a logged step
      checkpoint.safetensors  weights and optimiser state; the step is in its header, and nowhere else counts
      checkpoint.json         the step, readable; absent while the weights are being replaced
      result.json             written when the last step is done

One process at a time trains in it (`tst_sim.owners`). Batches and masks are pure functions of (seed, step), so no
generator's state needs keeping. Nothing is pickled.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

import tst_sim
from training.stored import PRETRAIN, RESULT_FILE, RUN, TRANSFER, read_metrics, read_stored, require
from tst_sim.config import build, differences
from tst_sim.errors import UserError, shortened, shown
from tst_sim.owners import Owner, is_vacant
from tst_sim.plugins import check_plugins
from tst_sim.storage import atomic_write, read_json, remove, write_json

T = TypeVar("T")

RUN_FORMAT = 1
CONFIG, METRICS, RESULT = "config.json", "metrics.jsonl", "result.json"
WEIGHTS, STATE = "checkpoint.safetensors", "checkpoint.json"
UNKNOWN_COMMIT = "unknown"
GIT_PATIENCE_S = 10.0
MODEL, AVERAGE = "model.", "average."
"""How the names of tensors begin in a checkpoint: the weights of the last step, and their moving average."""
COMPARED = ("kind", "config", "data")
"""What must be equal for a run to be continued; versions may differ and are recorded."""


def code_version() -> dict[str, str]:
    """Version of the package, git commit of a checkout and version of torch.

    The commit is empty where the package is no checkout, and `unknown` where git cannot say it.
    """
    root = Path(tst_sim.__file__).parent.parent
    commit = _commit(root) if (root / ".git").exists() else ""
    return {"version": tst_sim.__version__, "commit": commit, "torch": torch.__version__}


def _commit(root: Path) -> str:
    """The program git may be missing, as in images, may not trust the folder's owner, or may hang on a dead disk."""
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=GIT_PATIENCE_S)
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN_COMMIT
    return answer.stdout.strip() if answer.returncode == 0 else UNKNOWN_COMMIT


@dataclass(frozen=True)
class RunFolder:
    """A run on disk and the settings it was made with."""

    path: Path
    settings: dict[str, Any]
    """`config.json`: kind (`pretrain`, `transfer`), config, data, oracle, code and more."""
    owner: Owner | None = None
    """Of a run that is trained: asked before every write whether the folder is still its."""

    @staticmethod
    def exists(path: Path) -> bool:
        """True for a run folder, False for none or an empty one; a foreign folder is a UserError."""
        if os.path.isfile(path / CONFIG):
            return True
        if os.path.isfile(path):
            raise UserError(f"{path} is a file; choose a folder for --out")
        if not is_vacant(path):
            raise UserError(f"{path} is not empty and not a run (it has no {CONFIG}); choose another --out")
        return False

    @staticmethod
    def load(path: str | Path) -> RunFolder:
        """An existing run; UserError when the folder is none."""
        path = Path(path)
        settings = read_json(path / CONFIG, what="a run folder (made by tst-sim pretrain or transfer)")
        if not isinstance(settings, dict) or settings.get("format") != RUN_FORMAT:
            raise UserError(f"{path} is not a run of format {RUN_FORMAT}; make it again with this version")
        require(settings, RUN, path / CONFIG)
        return RunFolder(path, settings)

    def checked(self) -> RunFolder:
        """This run, when everything that others read of its settings is there; UserError naming what is not."""
        shapes = {"pretrain": PRETRAIN, "transfer": TRANSFER}
        if self.kind not in shapes:
            raise UserError(
                f"{self.path / CONFIG} is damaged: kind is {shown(self.kind)}, expected pretrain or transfer"
            )
        require(self.settings, shapes[self.kind], self.path / CONFIG)
        return self

    def config(self, cls: type[T]) -> T:
        """The settings it was made with; UserError naming the file when they are none.

        The users' plug-ins that it was made with must be loaded: no code is loaded because a run names it.
        """
        self.check_plugins()
        try:
            if "plugins" in self.settings["config"]:
                raise UserError("plugins is not a setting that runs keep")
            return build(cls, self.settings["config"])
        except UserError as error:
            raise UserError(f"{self.path / CONFIG} is damaged: config: {error}") from error

    @staticmethod
    def open(path: Path, kind: str, settings: Mapping[str, Any], owner: Owner | None = None) -> RunFolder:
        """The run at `path`, new or to be continued by its owner; UserError naming the settings that differ.

        `settings` has at least `config` and `data`; they are compared with those of an existing run.
        """
        wanted = {"format": RUN_FORMAT, "kind": kind, **json.loads(json.dumps(settings)), "code": code_version()}
        if not RunFolder.exists(path):
            write_json(path / CONFIG, wanted)
            return RunFolder(path, wanted, owner)
        run = replace(RunFolder.load(path), owner=owner)
        run.check_plugins()
        old, new = ({key: item.get(key) for key in COMPARED} for item in (run.settings, wanted))
        if changed := differences(old, new):
            shown = "; ".join(changed[:4]) + (f"; and {len(changed) - 4} more" if len(changed) > 4 else "")
            raise UserError(f"{path} was made with other settings ({shown}); choose another --out")
        return run

    def check_plugins(self) -> None:
        """UserError, in one line, unless the plug-ins that it was made with are loaded, unchanged."""
        check_plugins(self.settings.get("plugins", []), f"run {self.path}")

    @property
    def kind(self) -> str:
        """`pretrain` or `transfer`."""
        return str(self.settings["kind"])

    @property
    def finished(self) -> bool:
        """Whether the last step is done and recorded; a damaged record is made anew by the run's own command."""
        try:
            read_stored(self.path / RESULT, RESULT_FILE, what="the result of a run")
        except UserError:
            return False
        return True

    def confirm(self) -> None:
        """UserError when another process took the folder over from the one that trains here."""
        if self.owner is not None:
            self.owner.confirm()

    def metrics(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl: step, loss, the loss of each part, lr, images_per_s."""
        return read_metrics(self.path / METRICS)

    def keep_metrics_until(self, step: int) -> None:
        """Forget what was logged at or after a step: it will be logged again."""
        kept = [row for row in self.metrics() if row["step"] < step]
        with atomic_write(self.path / METRICS) as file:
            file.write("".join(json.dumps(row) + "\n" for row in kept).encode())

    def go_on_from(self, step: int) -> None:
        """Bring what a kill left to the state after `step` steps, where the weights are."""
        self.confirm()
        self.keep_metrics_until(step)
        if step:
            self._write_state(step)
        else:
            remove(self.path / STATE)

    def save(
        self,
        step: int,
        module: nn.Module,
        optimizer: torch.optim.Optimizer | None,
        *,
        average: Mapping[str, Tensor] = MappingProxyType({}),
        **extra: Tensor,
    ) -> None:
        """Write a checkpoint: the state after `step` steps, and averaged weights by name, of the module's shapes.

        Equal states are equal bytes.
        """
        tensors = {f"{MODEL}{name}": tensor for name, tensor in module.state_dict().items()}
        if optimizer is not None:
            tensors |= _optimizer_tensors(module, optimizer)
        tensors |= {f"{AVERAGE}{name}": tensor for name, tensor in average.items()}
        tensors |= {f"extra.{name}": tensor for name, tensor in extra.items()}
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        self.confirm()
        with atomic_write(self.path / WEIGHTS) as file:
            file.writelines(_in_order(save(tensors, metadata={"format": str(RUN_FORMAT), "step": str(step)})))
            file.flush()
            remove(self.path / STATE)  # it never says another step than the weights beside it
        self._write_state(step)

    def _write_state(self, step: int) -> None:
        write_json(self.path / STATE, {"format": RUN_FORMAT, "kind": self.kind, "step": step, **code_version()})

    def restore(
        self, module: nn.Module, optimizer: torch.optim.Optimizer | None = None
    ) -> tuple[int, dict[str, Tensor]]:
        """Load the checkpoint into a module and optimiser: (steps done, extra tensors); (0, {}) when there is none."""
        if not (self.path / WEIGHTS).is_file():
            return 0, {}
        step, tensors = read_checkpoint(self.path)
        load_weights(module, tensors, self.path)
        if optimizer is not None:
            _restore_optimizer(module, optimizer, tensors)
        return step, {name.removeprefix("extra."): item for name, item in tensors.items() if name.startswith("extra.")}

    def average(self, module: nn.Module) -> dict[str, Tensor]:
        """Averaged weights of the checkpoint, by name, of the module's shapes; UserError for one missing or damaged."""
        _, tensors = read_checkpoint(self.path)
        return checked_weights(module, tensors, self.path, AVERAGE)


def final_weights(tensors: Mapping[str, Tensor]) -> str:
    """Prefix of the weights, of any shapes, that a finished run is used with: averaged ones where there are any."""
    return AVERAGE if any(name.startswith(AVERAGE) for name in tensors) else MODEL


def check_finished(run: RunFolder, steps: int) -> None:
    """UserError unless the run says that it is finished and its weights are those of step `steps`, its last."""
    remedy = f"run its {run.kind} command again to go on"
    if not run.finished:
        raise UserError(f"{run.path} is not finished; {remedy}")
    step = saved_step(run.path)
    if step != steps:
        raise UserError(f"{run.path} says it is finished, but its weights are of step {step} of {steps}; {remedy}")


def saved_step(run: Path) -> int:
    """Steps done of a run's checkpoint; UserError when it is missing or damaged."""
    with _checkpoint(run) as file:
        return int((file.metadata() or {})["step"])


def read_checkpoint(run: Path) -> tuple[int, dict[str, Tensor]]:
    """(steps done, tensors) of a run's checkpoint; UserError when it is missing or damaged."""
    with _checkpoint(run) as file:
        step = int((file.metadata() or {})["step"])
        return step, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


@contextmanager
def _checkpoint(run: Path) -> Iterator[Any]:
    path = run / WEIGHTS
    if not os.path.isfile(path):
        raise UserError(f"{run} has no {WEIGHTS}: no step of it was saved; run its command again")
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            yield file
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        reason = shortened(str(error))
        raise UserError(f"{path} is damaged ({reason}); delete the run folder and make it again") from error


def _in_order(serialized: bytes) -> tuple[bytes, bytes, memoryview]:
    """A safetensors file with its header sorted: the library writes metadata in the order of a hash table."""
    size = int.from_bytes(serialized[:8], "little")
    header = json.loads(serialized[8 : 8 + size])
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8 bytes, as the format asks
    return len(text).to_bytes(8, "little"), text, memoryview(serialized)[8 + size :]


def load_weights(module: nn.Module, tensors: Mapping[str, Tensor], source: Path, prefix: str = MODEL) -> None:
    """Load the tensors under `prefix` into a module; UserError naming the first that is absent or of another shape."""
    module.load_state_dict(checked_weights(module, tensors, source, prefix))


def checked_weights(module: nn.Module, tensors: Mapping[str, Tensor], source: Path, prefix: str) -> dict[str, Tensor]:
    """The tensors under `prefix` by the names of a module's; UserError naming the first absent or of another shape."""
    wanted = module.state_dict()
    for name, weight in wanted.items():
        found = tensors.get(prefix + name)
        if found is None:
            raise UserError(f"checkpoint of {source} has no {name}: it is of another model")
        if found.shape != weight.shape:
            raise UserError(
                f"checkpoint of {source}: {name} has shape {tuple(found.shape)}, not {tuple(weight.shape)}; "
                "use the settings it was made with"
            )
        if found.dtype != weight.dtype or not bool(torch.isfinite(found).all()):
            fault = (
                "numbers that are not finite" if found.dtype == weight.dtype else f"{found.dtype}, not {weight.dtype}"
            )
            raise UserError(f"checkpoint of {source} is damaged: {name} has {fault}; delete the run and make it again")
    return {name: tensors[prefix + name] for name in wanted}


def _optimizer_tensors(module: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    tensors = {}
    for name, weight in module.named_parameters():
        for key, value in optimizer.state.get(weight, {}).items():
            tensors[f"optimizer.{name}.{key}"] = torch.as_tensor(value)
    return tensors


def _restore_optimizer(module: nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    for name, weight in module.named_parameters():
        prefix = f"optimizer.{name}."
        state = {key.removeprefix(prefix): item for key, item in tensors.items() if key.startswith(prefix)}
        if state:
            _check_state(name, weight, state)
            # AdamW's own `step` counter stays float32 and lives beside the weights.
            optimizer.state[weight] = {key: item.to(weight.device) for key, item in state.items()}


def _check_state(name: str, weight: Tensor, state: Mapping[str, Tensor]) -> None:
    """UserError unless it is AdamW's state of this weight."""
    shapes = {"step": torch.Size([]), "exp_avg": weight.shape, "exp_avg_sq": weight.shape}
    found = {key: item.shape for key, item in state.items()}
    if found != shapes or not all(item.is_floating_point() and bool(item.isfinite().all()) for item in state.values()):
        raise UserError(
            f"checkpoint is damaged: the optimiser's state of {name} is none; delete the run and make it again"
        )
