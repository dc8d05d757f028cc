"""`python -m tst_sim.cluster.probe`: joins the cluster of RAY_ADDRESS; exit code 1 and the reason if it cannot."""

from __future__ import annotations

import logging
import os


def probe() -> int:
    """0 when a driver is let in; what Ray raised goes to the descriptor of stdout, which the asking process reads."""
    import ray

    try:
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
        ray.cluster_resources()
    except Exception as error:
        os.write(1, f"{type(error).__name__}: {error}\n".encode())
        return 1
    os._exit(0)  # taking leave costs seconds, and the cluster notices by itself


if __name__ == "__main__":
    raise SystemExit(probe())
