"""Where and in which number type a run computes: resolved once, stored with the run, kept on resume."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch

from training.config import RunConfig
from tst_sim.cluster.cpus import usable_cpus
from tst_sim.errors import UserError

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
PROBE_STEPS = 5
PROBE_GAIN = 1.1
"""bf16 must be this much faster than fp32 to be chosen on a CPU: many have no bf16 instructions."""


@dataclass(frozen=True)
class Compute:
    """Device, number type and threads that a run uses."""

    device: torch.device
    precision: str
    threads: int

    def autocast(self) -> AbstractContextManager[object]:
        """Matrix products in the number type; weights and sums stay float32."""
        return torch.autocast(self.device.type, DTYPES[self.precision], enabled=self.precision != "fp32")

    @property
    def fused_attention(self) -> bool:
        """Torch's fused attention loses on CPUs in bf16, and wins elsewhere."""
        return self.device.type != "cpu" or self.precision == "fp32"


def find_device(name: str) -> torch.device:
    """The torch device of a name; `auto` prefers a GPU. UserError when it is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UserError(f"--device {name!r} is not a device; choose auto, cpu, cuda or cuda:N") from error
    if device.type not in ("cpu", "cuda"):
        raise UserError(f"--device {name!r} is not supported; choose auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UserError(f"--device {name}: this machine has {torch.cuda.device_count()} CUDA devices; use --device cpu")
    return device


def find_threads(config: RunConfig) -> int:
    """Threads for torch: as configured, else the CPUs this process may use."""
    return config.threads or usable_cpus()


def find_precision(config: RunConfig, device: torch.device, step: Callable[[Compute], None]) -> str:
    """The number type: as configured; `auto` is bf16 on a GPU that has it, and a short probe on the CPU.

    `step` does one training step of the run's size on a machine. The probe counts the processor time
    of one thread, so that other work on the machine does not sway it.
    """
    if config.precision == "fp16" and device.type == "cpu":
        raise UserError("--precision fp16 needs a GPU; on the CPU choose fp32, bf16 or auto")
    if config.precision != "auto":
        return config.precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    seconds = {name: _seconds(step, Compute(device, name, 1)) for name in ("fp32", "bf16")}
    return "bf16" if seconds["fp32"] > PROBE_GAIN * seconds["bf16"] else "fp32"


def _seconds(step: Callable[[Compute], None], compute: Compute) -> float:
    """Least processor time of a step, the first one (which warms up) left out."""
    times = []
    with computing(compute):
        for _ in range(PROBE_STEPS + 1):
            start = time.thread_time()
            step(compute)
            times.append(time.thread_time() - start)
    return min(times[1:])


@contextmanager
def computing(compute: Compute) -> Iterator[None]:
    """Torch set to the machine's threads and to deterministic kernels; the old settings come back."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    filled = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(compute.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Torch would overwrite all new memory with NaN, to show reads of it: 5 % of the time at `tiny`.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic)
        torch.utils.deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]
