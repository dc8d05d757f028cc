"""Plug-ins of generation: a house source and an asset pack from a file, a config or an installed package."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tst_sim.corpus import MANIFEST
from tst_sim.storage import file_sha256

HERE = Path(__file__).parent
HOUSE = HERE.parent / "data" / "two_rooms_1.0.0.json"
SIZES = ["--frames", "2", "--eval-frames", "1", "--size", "32", "--light", "none", "--houses", "0-1"]
PLUGS = ["--source", "one_house", "--assets", "red_seats"]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("plugin") / "plugs.py"
    file.write_text((HERE / "plugs_of_houses.py").read_text().replace("@HOUSE@", str(HOUSE)))
    return file


def generated(out: Path, *options: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The verb in its own process, where no plug-in is loaded yet; `path`: a folder of installed packages."""
    known = [str(Path.cwd()), *([str(path)] if path is not None else [])]
    return subprocess.run(
        [sys.executable, "-m", "tst_sim", "generate", *SIZES, "--out", str(out), *options],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(known)},
        capture_output=True,
        text=True,
        timeout=240,
    )


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file of a corpus."""
    return {str(path.relative_to(folder)): file_sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def corpus(plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made in one process with `--plugin`."""
    out = tmp_path_factory.mktemp("corpus") / "made"
    done = generated(out, *PLUGS, "--plugin", str(plugin), "--workers", "0")
    assert done.returncode == 0, done.stderr
    return out


def test_the_source_and_the_pack_of_a_plug_in_make_a_corpus_that_names_them(corpus: Path, plugin: Path):
    manifest = json.loads((corpus / MANIFEST).read_text())
    assert [row["name"] for row in manifest["houses"]] == ["one_house-train-000000", "one_house-train-000001"]
    assert manifest["source"]["source"] == "one_house"
    assert manifest["made_by"][0]["assets"] == "red_seats 1, builtin"
    sha256 = hashlib.sha256(plugin.read_bytes()).hexdigest()
    assert json.loads((corpus / "plan.json").read_text())["config"]["plugins"] == [f"plugs {sha256}"]


def test_a_worker_of_ray_loads_the_plug_in_and_makes_the_same_bytes(corpus: Path, plugin: Path, tmp_path: Path):
    done = generated(tmp_path / "made", *PLUGS, "--plugin", str(plugin), "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "made") == digests(corpus)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_plug_in_that_a_config_names_makes_the_same_bytes(corpus: Path, plugin: Path, tmp_path: Path, workers: str):
    config = tmp_path / "mine.yaml"
    config.write_text(f"source: one_house\nassets: [red_seats]\nplugins: ['{plugin}']\n")
    done = generated(tmp_path / "made", "--preset", str(config), "--workers", workers)
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "made") == digests(corpus)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_an_installed_package_registers_its_plug_in_by_an_entry_point(plugin: Path, tmp_path: Path, workers: str):
    site = tmp_path / "site"
    info = site / "house_plugs-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-plugs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tst_sim.plugins]\nhouses = house_plugs\n")
    (site / "house_plugs.py").write_text(plugin.read_text())
    done = generated(tmp_path / "made", *PLUGS, "--workers", workers, path=site)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "made" / MANIFEST).read_text())
    assert manifest["source"]["source"] == "one_house" and len(manifest["houses"]) == 2


def test_without_its_plug_in_a_source_is_named_as_unknown(tmp_path: Path):
    done = generated(tmp_path / "made", "--source", "one_house", "--workers", "0")
    assert done.returncode == 2 and "one_house' is neither an existing file" in done.stderr
