"""`make bench`: every benchmark, one after the other. Each figure is a ratio measured side by side in one run."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = ("startup", "render", "houses", "gl_batches", "live_scene", "generate", "player", "pretrain")


def main() -> int:
    """Run the benchmarks in processes of their own, so that none warms up or slows down the next."""
    failed = []
    for name in BENCHMARKS:
        print(f"== benchmarks.{name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
