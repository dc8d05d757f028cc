"""The number of workers that may be busy at a time, by the memory there is."""

from __future__ import annotations

CALM = 4
"""So many successes for each place before a quarter more are tried."""


class Places:
    """Halved whenever a worker is ended for memory, a few more again after a while: what congestion control does.

    `now` lies between 1 and `most`.
    """

    def __init__(self, most: int) -> None:
        self.most = self.now = max(1, most)
        self._successes = 0

    def lost_for_memory(self) -> None:
        """A worker was ended because memory ran out."""
        self.now = max(1, self.now // 2)
        self._successes = 0

    def succeeded(self) -> None:
        """A worker finished what it was given."""
        self._successes += 1
        if self._successes >= CALM * self.now and self.now < self.most:
            self.now = min(self.most, self.now + max(1, self.now // 4))
            self._successes = 0
