"""One running player and the AI2-THOR client that drives it: no call hangs, no process is left."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tst_sim.errors import SimulatorDied, UserError, one_line
from tst_sim.thor.config import ThorConfig
from tst_sim.thor.requirements import INSTEAD, controller_options
from tst_sim.thor.scratch import Scratch
from tst_sim.thor.watchdog import Watchdog, ending

if TYPE_CHECKING:
    import subprocess

    from tst_sim.thor.controller import PlayerController

T = TypeVar("T")

CLIENT_GRACE_S = 60.0
"""The client's own time limits come so much later than ours."""
REAP_S = 5.0
TAIL_LINES, TAIL_CHARACTERS = 4, 400


class Client:
    """A started player. Calls raise UserError for what the player refuses and SimulatorDied, after which the
    client is closed, for a player that died or does not answer; the message has the end of its log.

    The player dies with this process (and, a Unity build, with the thread that made this object). Pipes and logs lie
    in folders of its own, and no port is used, so any number of clients share a machine.
    """

    def __init__(self, config: ThorConfig, number: int = 0, **initialization: Any) -> None:
        """Start worker `number`'s player and an empty procedural scene, with keywords of AI2-THOR's Initialize."""
        options = controller_options(config, number)
        self._config = config
        self._scratch = Scratch()
        self._controller: PlayerController | None = None
        self._watchdog = Watchdog(self._process, self._pipes)
        options |= {
            "folder": self._scratch.path,
            "own_player": config.own_player,
            "scene": "Procedural",
            "server_timeout": config.step_timeout_s + CLIENT_GRACE_S,
            "server_start_timeout": config.start_timeout_s + CLIENT_GRACE_S,
            **initialization,
        }
        try:
            self._guarded("starting", config.start_timeout_s, lambda: self._start(options))
        except BaseException:
            self.close()
            raise

    def step(self, action: str, **arguments: Any) -> Any:
        """The event of an action; UserError with the player's words when it failed."""
        return _succeeded(self.attempt(action, **arguments), action)

    def attempt(self, action: str, **arguments: Any) -> Any:
        """The event of an action that may fail: it is falsy then. UserError for an action the player cannot do."""
        return self._guarded(action, self._config.step_timeout_s, lambda: self._open().step(action, **arguments))

    def reset(self, scene: str | Mapping[str, Any], **initialization: Any) -> Any:
        """The event of a new scene or house; UserError when the player does not take it."""
        event = self._guarded(
            "CreateHouse" if isinstance(scene, Mapping) else "Reset",
            self._config.step_timeout_s,
            lambda: self._open().reset(scene, **initialization),
        )
        return _succeeded(event, "CreateHouse")

    @property
    def is_closed(self) -> bool:
        """Whether the player is gone: closed, or dead in an earlier call."""
        return self._controller is None

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Of the last event."""
        event: Any = self._open().last_event
        return event.metadata

    @property
    def build(self) -> dict[str, str]:
        """Which build of AI2's the player is, as far as the client knows."""
        build: Any = self._open()._build
        commit = getattr(build, "commit_id", None)
        return {"commit_id": commit, "platform": build.platform.name()} if commit else {}

    def close(self) -> None:
        """Kill and reap the player, take away its pipes and log; safe to call twice."""
        controller, self._controller = self._controller, None
        self._watchdog.close()
        if controller is not None:
            server: Any = controller.server
            process = _process_of(controller)
            with suppress(Exception):
                controller.stop()
            if process is not None:
                process.kill()
                process.wait(REAP_S)
            controller.last_event = None  # the client keeps controllers until the process ends
            if server is not None:
                server.last_event = server.raw_files = server.raw_metadata = None
        self._scratch.close()

    def _start(self, options: Mapping[str, Any]) -> None:
        with warnings.catch_warnings():  # Python 3.12 on complains of the client's source when it compiles it
            warnings.simplefilter("ignore")
            from tst_sim.thor.controller import PlayerController

        def adopt(controller: PlayerController) -> None:
            self._controller = controller

        try:
            PlayerController(adopt=adopt, **options)
        except UserError:
            raise
        except Exception as error:
            if self._process() is None:
                raise UserError(f"AI2-THOR's client cannot start a player ({_line(error)}); {INSTEAD}") from error
            raise

    def _guarded(self, what: str, seconds: float, call: Callable[[], T]) -> T:
        before = getattr(self._controller, "last_event", None)
        self._watchdog.begin(seconds)
        try:
            result = call()
        except UserError:
            self._watchdog.end()
            raise
        except Exception as error:
            reason, refusal = self._watchdog.end(), self._refusal(before)
            if reason is None and refusal:
                raise UserError(f"AI2-THOR refuses {what}: {refusal}") from error
            raise self._gone(what, reason or self._death() or f"is not understood ({_line(error)})") from error
        except BaseException:
            self._watchdog.end()
            raise
        reason = self._watchdog.end()
        if reason is not None:
            raise self._gone(what, reason)
        return result

    def _gone(self, what: str, reason: str) -> SimulatorDied:
        tail = self._log_tail()
        self.close()
        log = f"the end of its log: {tail}" if tail else "its log is empty"
        return SimulatorDied(f"AI2-THOR's player {reason} during {what}; {log}")

    def _refusal(self, before: Any) -> str | None:
        """The player's words if a new event came and is a failure: client and player still understand each other."""
        event = getattr(self._controller, "last_event", None)
        if event is None or event is before or event.metadata["lastActionSuccess"]:
            return None
        return _line(event.metadata["errorMessage"])

    def _death(self) -> str | None:
        """How the player ended, if a broken pipe was the first that was seen of it."""
        process = self._process()
        if process is None:
            return None
        with suppress(Exception):
            return ending(process.wait(0.5))
        return None

    def _log_tail(self) -> str:
        lines: list[str] = []
        for path in sorted(Path(self._scratch.path).glob("*.log")):
            with suppress(OSError):
                lines += [line.strip() for line in path.read_text(errors="replace").splitlines()[-50:] if line.strip()]
        return " / ".join(lines[-TAIL_LINES:])[-TAIL_CHARACTERS:]

    def _open(self) -> PlayerController:
        if self._controller is None:
            raise SimulatorDied("AI2-THOR's player is gone; load the house again")
        return self._controller

    def _process(self) -> subprocess.Popen[bytes] | None:
        return _process_of(self._controller)

    def _pipes(self) -> tuple[str, ...]:
        server = getattr(self._controller, "server", None)
        return (server.server_pipe_path, server.client_pipe_path) if server is not None else ()


def _process_of(controller: PlayerController | None) -> subprocess.Popen[bytes] | None:
    return getattr(getattr(controller, "server", None), "unity_proc", None)


def _succeeded(event: Any, action: str) -> Any:
    if not event.metadata["lastActionSuccess"]:
        raise UserError(f"AI2-THOR refuses {action}: {_line(event.metadata['errorMessage'])}")
    return event


def _line(error: object) -> str:
    return one_line(error)[:TAIL_CHARACTERS]
