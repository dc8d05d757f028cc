"""The doctor tells the truth about this machine and names what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tst_sim import doctor
from tst_sim.cli.main import main
from tst_sim.doctor import Finding, Status


def test_a_wall_two_metres_away_is_drawn_where_it_is() -> None:
    assert doctor.render_one_room()


def test_a_missing_library_is_a_fault_with_the_command_that_mends_it() -> None:
    trial = doctor._Trial("rendering", "raise ImportError('libEGL.so.1: no such file')", doctor.INSTALL_LIBRARIES)
    assert doctor._try(trial) == Finding(
        "rendering",
        Status.FAULT,
        "ImportError: libEGL.so.1: no such file",
        "sudo apt-get install libegl1 libgl1 libgl1-mesa-dri libglib2.0-0",
    )


def test_a_driver_that_crashes_is_a_finding_and_not_the_end() -> None:
    trial = doctor._Trial("rendering", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "mend it")
    assert doctor._try(trial) == Finding("rendering", Status.FAULT, "ended by signal 11", "mend it")


def test_an_import_that_hangs_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHILD_TIMEOUT_S", 0.2)
    found = doctor._try(doctor._Trial("ray", "import time; time.sleep(30)", "mend it"))
    assert (found.status, found.found) == (Status.FAULT, "no answer within 0 s")


def test_a_data_root_that_cannot_be_written_is_a_fault() -> None:
    found = doctor._disk(Path("/proc/tst-sim-data"))
    assert (found.status, found.remedy) == (Status.FAULT, "name another: --data-dir DIR")


def test_the_whole_examination_of_this_machine_is_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["doctor", "--data-dir", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "1653 assets of 109 types" in text
    assert "Everything tst-sim needs is here." in text


def test_a_fault_ends_with_exit_code_one(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Finding("rendering", Status.FAULT, "no EGL", "apt-get install libegl1")
    monkeypatch.setattr(doctor, "examine", lambda data_root: [fault])
    assert main(["doctor"]) == 1
    assert "rendering: no EGL\n  -> apt-get install libegl1" in capsys.readouterr().out
