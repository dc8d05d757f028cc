"""ProcTHOR-10K through the real `prior`, against a repository made here that is laid out as the published one.

GitHub's API is answered by a `sitecustomize` in the process that runs prior, the clone comes from a folder, and a
script stands in for git-lfs. Everything between them is prior's own.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from generators.config import GenerateConfig
from generators.generate import generate
from generators.plan import make_plan
from generators.sources.houses import open_house_source
from generators.sources.prior_source import PUBLISHED_REVISION, cache_folder
from tests.cli.interrupts import hearing_interrupts
from tst_sim.cli.evaluate import like
from tst_sim.cli.main import main
from tst_sim.errors import UserError

HOUSE = json.loads((Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json").read_text())
ROOT = Path(__file__).parents[2]
SIZES = {"train": 4, "val": 2, "test": 1}
NO_NETWORK = "http://127.0.0.1:9"
"""A proxy that refuses every connection."""

MAIN = """
import gzip
import pathlib
import prior

pathlib.Path("main-was-run").touch()

def load_dataset():
    splits = {}
    for split in ("train", "val", "test"):
        with gzip.open(split + ".jsonl.gz") as stream:
            splits[split] = prior.LazyJsonDataset(data=list(stream), dataset="procthor-dataset", split=split)
    return prior.DatasetDict(**splits)
"""
GITHUB = """
import json, os, re, subprocess, requests

def get(url, *_, **__):
    revision = re.fullmatch(r"https://api.github.com/repos/allenai/procthor-10k/commits.sha=(.*)", url)[1]
    found = subprocess.run(
        ["git", "-C", os.environ["TEST_REPOSITORY"], "rev-parse", "--verify", "--quiet", revision + "^{commit}"],
        capture_output=True, text=True,
    )
    answer = requests.Response()
    answer.status_code = 404 if found.returncode else 200
    answer._content = json.dumps([{"sha": found.stdout.strip()}]).encode()
    return answer

requests.get = get
"""
GIT_LFS = """#!/bin/sh
case "$1" in
  fetch)
    [ "$TEST_LFS_STORE" != slow ] || sleep 100
    [ -d "$TEST_LFS_STORE" ] || { echo "batch response: this repository is over its data quota" >&2; exit 2; } ;;
  checkout) for file in *.gz; do
    large="$TEST_LFS_STORE/$(LC_ALL=C sed -n 's/^oid sha256://p' "$file")"
    if [ -f "$large" ]; then cp "$large" "$file"; fi
  done ;;
esac
"""


@dataclass(frozen=True)
class Upstream:
    """What stands in for github.com/allenai/procthor-10k."""

    commit: str
    store: Path
    """The large files, by sha256."""
    tools: Path
    """Holds `sitecustomize.py` and `git-lfs`."""


def house_of(split: str, number: int) -> dict:
    """House `number` of a split: told from the others by its ceiling's color."""
    parameters = {**HOUSE["proceduralParameters"], "ceilingColor": {"r": number / 10, "g": len(split) / 10, "b": 0.5}}
    return {**HOUSE, "proceduralParameters": parameters}


def packed(split: str) -> bytes:
    lines = "".join(json.dumps(house_of(split, number)) + "\n" for number in range(SIZES[split]))
    return gzip.compress(lines.encode(), mtime=0)


def git(folder: Path, *arguments: str) -> str:
    names = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    done = subprocess.run(["git", "-C", str(folder), *names, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Upstream:
    """A repository of pointers with branch `main`, and a HOME whose git finds it in the place of GitHub's."""
    repository, store, tools = (tmp_path / name for name in ("allenai/procthor-10k.git", "store", "tools"))
    for folder in (repository, store, tools, tmp_path / "home"):
        folder.mkdir(parents=True)
    for split in SIZES:
        data = packed(split)
        oid = hashlib.sha256(data).hexdigest()
        (store / oid).write_bytes(data)
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n"
        (repository / f"{split}.jsonl.gz").write_text(pointer)
    (repository / "main.py").write_text(MAIN)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "houses")
    git(repository, "config", "--global", f"url.{tmp_path.as_uri()}/.insteadOf", "https://github.com/")
    (tools / "sitecustomize.py").write_text(GITHUB)
    (tools / "git-lfs").write_text(GIT_LFS)
    (tools / "git-lfs").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    monkeypatch.setenv("PYTHONPATH", str(tools))
    monkeypatch.setenv("TEST_REPOSITORY", str(repository))
    monkeypatch.setenv("TEST_LFS_STORE", str(store))
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    return Upstream(git(repository, "rev-parse", "HEAD"), store, tools)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection gets through, in this process and in those it starts."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, NO_NETWORK)


def go_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on prior would fail: no network, no git."""
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("HTTPS_PROXY", NO_NETWORK)


def test_prior_fetches_a_revision_once_and_then_no_network_is_needed(upstream, monkeypatch, capfd):
    spec, folder = f"procthor-10k@{upstream.commit}", Path.cwd()
    source = open_house_source(spec)
    assert [source.house(index).document for index in (3, 0)] == [house_of("train", 3), house_of("train", 0)]
    assert source.house(2).name == "procthor-10k-train-000002" and source.house(2).schema == "1.0.0"
    assert source.identity == {
        "source": "procthor-10k",
        "split": "train",
        "revision": upstream.commit,
        "sha256": hashlib.sha256(packed("train")).hexdigest(),
        "houses": 4,
    }
    assert capfd.readouterr() == ("", "") and Path.cwd() == folder
    assert not (cache_folder() / upstream.commit / "main-was-run").exists()
    go_offline(monkeypatch)
    assert open_house_source(spec, "test").house(0).document == house_of("test", 0)
    with pytest.raises(UserError, match="house 2 is not in procthor-10k val; it holds houses 0 to 1"):
        open_house_source(spec, "val").house(2)


def test_a_house_is_what_priors_own_data_set_gives(upstream):
    ours = open_house_source(f"procthor-10k@{upstream.commit}").house(1)
    program = (
        "import json, sys, prior; data = prior.load_dataset('procthor-10k', revision=sys.argv[1], offline=True)\n"
        "print(json.dumps([prior.DATASET_DIR, len(data['train']), data['train'][1]]))"
    )
    command = [sys.executable, "-c", program, upstream.commit]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    folder, size, theirs = json.loads(done.stdout)
    assert (size, theirs) == (4, ours.document)
    assert Path(folder) / "allenai" / "procthor-10k" == cache_folder()


def test_what_prior_fetched_for_its_own_users_is_read_as_it_is(upstream, monkeypatch):
    program = "import prior; prior.load_dataset('procthor-10k')"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=60)
    assert (cache_folder() / upstream.commit / "main-was-run").exists()
    go_offline(monkeypatch)
    assert open_house_source("procthor-10k@main").identity["revision"] == upstream.commit


def test_a_branch_is_recorded_as_the_commit_it_stood_for(upstream):
    source = open_house_source("procthor-10k@main", "val")
    assert source.identity["revision"] == upstream.commit and len(source) == 2  # type: ignore[arg-type]


def test_the_revision_is_part_of_a_corpus_and_the_default_is_not_spelled_out(upstream):
    config = GenerateConfig(source="procthor-10k@main", split="val")
    plan = make_plan(config, [1])
    assert plan.settings()["source"]["revision"] == upstream.commit
    assert plan.settings()["config"]["source"] == "procthor-10k@main"
    assert plan.house_name(1) == "procthor-10k-val-000001"
    assert plan.default_folder("x").name.startswith("procthor-10k-val-")
    with pytest.raises(UserError, match="house 2 is not in procthor-10k@main; it holds houses 0 to 1"):
        make_plan(config, [2])


def test_a_manifest_says_which_revision_and_leads_back_to_it(tmp_path, monkeypatch, offline):
    monkeypatch.setenv("HOME", str(tmp_path))
    spec = cached("val", packed("val"), "b" * 40)
    config = GenerateConfig(source=spec, split="val", frames=2, eval_frames=1, width=32, height=32)
    corpus = generate(config, [1], tmp_path / "corpus").folder
    manifest = json.loads((corpus / "manifest.json").read_text())
    sha256 = hashlib.sha256(packed("val")).hexdigest()
    assert (manifest["source"]["revision"], manifest["source"]["sha256"]) == ("b" * 40, sha256)
    assert [row["name"] for row in manifest["houses"]] == ["procthor-10k-val-000001"]
    assert manifest["houses"][0]["digest"] == open_house_source(spec, "val").house(1).digest
    assert like(corpus).source == spec


def test_an_unknown_revision_is_one_line_and_leaves_nothing(upstream):
    with pytest.raises(UserError, match=r"github\.com knows no revision v9 of it; connect") as caught:
        open_house_source("procthor-10k@v9")
    assert "\n" not in str(caught.value)
    assert not (Path.home() / ".prior").exists()
    with pytest.raises(UserError, match=r"'\.\./x' is no revision of procthor-10k; give a commit, a branch or a tag"):
        open_house_source("procthor-10k@../x")


def test_no_network_is_one_line_with_the_remedy_and_leaves_nothing(tmp_path, monkeypatch, offline, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["generate", "--source", "procthor-10k", "--split", "val", "--house", "0"]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1] == (
        f"tst-sim: error: procthor-10k at {PUBLISHED_REVISION} is not in {cache_folder()}, and prior cannot fetch it: "
        "api.github.com cannot be reached; connect to the network, or give a downloaded file: --source "
        "PATH/val.jsonl.gz"
    )
    assert not any(line.startswith("Traceback") for line in said) and list(tmp_path.iterdir()) == []


def test_large_files_that_cannot_be_had_are_explained(upstream, monkeypatch):
    monkeypatch.setenv("TEST_LFS_STORE", "/nonexistent")
    spec = f"procthor-10k@{upstream.commit}"
    quota = r"Git LFS cannot fetch its files \(batch response: this repository is over its data quota\)"
    with pytest.raises(UserError, match=quota):
        open_house_source(spec)
    assert not (Path.home() / ".prior" / "datasets").exists()
    git(
        Path.home(), "clone", "-q", "https://github.com/allenai/procthor-10k.git", str(cache_folder() / upstream.commit)
    )
    pointer = r"train\.jsonl\.gz is a Git LFS pointer, not the file of \d+ bytes .* run `git lfs pull` in its folder"
    with pytest.raises(UserError, match=pointer):
        open_house_source(spec)
    assert (cache_folder() / upstream.commit / "main.py").exists()
    monkeypatch.setenv("TEST_LFS_STORE", str(upstream.store))
    assert open_house_source(spec).house(3).document == house_of("train", 3)


def opening(upstream: Upstream) -> subprocess.Popen[str]:
    """A process that opens the source and says how many houses it has."""
    program = (
        "import sys; from generators.sources.houses import open_house_source; "
        "print(len(open_house_source(sys.argv[1])))"
    )
    command = [sys.executable, "-c", program, f"procthor-10k@{upstream.commit}"]
    environment = {**os.environ, "PYTHONPATH": f"{upstream.tools}:{ROOT}"}
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hearing_interrupts,
    )


def test_several_at_once_fetch_one_clone(upstream):
    several = [opening(upstream) for _ in range(3)]
    assert [process.communicate(timeout=60)[0] for process in several] == ["4\n"] * 3
    assert [path.name for path in cache_folder().iterdir() if path.is_dir()] == [upstream.commit]


def test_an_interrupted_fetch_leaves_nothing(upstream, monkeypatch):
    monkeypatch.setenv("TEST_LFS_STORE", "slow")
    process, deadline = opening(upstream), time.monotonic() + 60
    while not (cache_folder() / upstream.commit / "main.py").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert not (Path.home() / ".prior" / "datasets").exists()


def test_what_is_missing_on_the_machine_is_named(upstream, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(UserError, match="the program git is not installed"):
        open_house_source(f"procthor-10k@{upstream.commit}")


def test_a_repository_that_cannot_be_cloned_is_told_from_a_home_that_is_none(upstream, monkeypatch):
    git(Path.home(), "config", "--global", "url.file:///nonexistent/.insteadOf", "https://github.com/allenai/")
    with pytest.raises(UserError, match="prior cannot fetch it: git cannot clone its repository; connect"):
        open_house_source(f"procthor-10k@{upstream.commit}")
    monkeypatch.setenv("HOME", "/proc/nonexistent")
    with pytest.raises(UserError, match=r"prior cannot fetch it: FileNotFoundError: .*'/proc/nonexistent'"):
        open_house_source(f"procthor-10k@{upstream.commit}")


def cached(split: str, data: bytes, revision: str = PUBLISHED_REVISION) -> str:
    """A file put where prior would have put it; the source that reads it."""
    folder = cache_folder() / revision
    folder.mkdir(parents=True)
    (folder / f"{split}.jsonl.gz").write_bytes(data)
    return f"procthor-10k@{revision}"


def test_another_file_under_the_published_revision_is_refused(tmp_path, monkeypatch, offline):
    monkeypatch.setenv("HOME", str(tmp_path))
    cached("train", packed("train"))
    with pytest.raises(UserError, match=r"train\.jsonl\.gz is not the published file \(sha256 .*; remove .* and let"):
        open_house_source("procthor-10k")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (packed("train")[:-90], r"train\.jsonl\.gz cannot be read: it ends in the middle; is it complete\?"),
        (
            gzip.compress(b'{}\n{"rooms": 3}\n'),
            r"train\.jsonl\.gz, line 2: house procthor-10k-train-000001: proceduralParameters is",
        ),
        (gzip.compress(b"{}\n{,}\n"), r"train\.jsonl\.gz, line 2: not JSON at line 1, column 2"),
        (gzip.compress(b"\n"), r"train\.jsonl\.gz is empty"),
    ],
    ids=["cut short", "no house", "no JSON", "empty"],
)
def test_a_bad_file_in_the_cache_is_one_line_with_its_place(tmp_path, monkeypatch, offline, data, message):
    monkeypatch.setenv("HOME", str(tmp_path))
    spec = cached("train", data, "a" * 40)
    with pytest.raises(UserError, match=message) as caught:
        open_house_source(spec).house(1)
    assert "\n" not in str(caught.value)


def test_a_revision_without_the_split_says_so(tmp_path, monkeypatch, upstream):
    (Path(upstream.tools).parent / "allenai/procthor-10k.git/val.jsonl.gz").unlink()
    git(upstream.tools.parent / "allenai/procthor-10k.git", "commit", "-q", "-a", "-m", "no val")
    with pytest.raises(UserError, match=r"revision main of procthor-10k has no file val\.jsonl\.gz"):
        open_house_source("procthor-10k@main", "val")
