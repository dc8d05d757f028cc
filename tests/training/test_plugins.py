"""Users' plug-ins, loaded from a file by the command line: from pre-training to an evaluation, and what goes wrong."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.training.synthetic import write_synthetic_corpus
from training.checkpoint import WEIGHTS, RunFolder
from training.config import PretrainConfig
from training.encoders.sources import load_encoder
from training.pretrain import pretrain
from tst_sim.cli.main import main
from tst_sim.config import as_dict, build
from tst_sim.errors import UserError
from tst_sim.plugins import load_plugins

PLUGS = Path(__file__).with_name("toy_plugs.py")
DIGEST = hashlib.sha256(PLUGS.read_bytes()).hexdigest()
TINY = [
    *("--set", "data.size=32", "--set", "optim.batch_size=4", "--set", "run.threads=1"),
    *("--precision", "fp32", "--device", "cpu"),
]
TEACHER = ["--objective", "teacher", "--set", "model={type: patches, patch: 8, width: 8}", "--steps", "6", *TINY]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic_corpus(
        tmp_path_factory.mktemp("corpus"), houses=(0, 1), frames=8, eval_frames=3, size=(32, 32)
    )


@pytest.fixture(scope="module")
def run(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "pre"
    assert main(["pretrain", "--corpus", str(corpus), "--out", str(out), "--plugin", str(PLUGS), *TEACHER]) == 0
    return out


@pytest.fixture(scope="module")
def transferred(corpus: Path, run: Path) -> Path:
    out = run.parent / "tra"
    arguments = ["transfer", str(run), "--task", "nearness", "--transfer-corpus", str(corpus), "--houses", "0-0"]
    arguments += ["--plugin", str(PLUGS), "--set", "hidden=4", "--steps", "4"]
    assert main([*arguments, *TINY, "--out", str(out)]) == 0
    return out


def alone(*arguments: str | Path) -> tuple[int, str]:
    """(exit code, stderr) of the command in a process of its own, where no plug-in is loaded yet."""
    code = f"import sys; from tst_sim.cli.main import main; sys.exit(main({[str(item) for item in arguments]!r}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stderr


def test_what_a_plug_in_registers_goes_through_pretraining_transfer_and_evaluation(
    corpus: Path, run: Path, transferred: Path
):
    assert main(["evaluate", str(transferred), "--house", "1", "--corpus", str(corpus), "--plugin", str(PLUGS)]) == 0
    results = json.loads((transferred / "evaluate-house-1" / "results.json").read_text())
    assert results["task"] == "nearness" and results["primary_score"] == "error_m"
    assert results["scores"] == {"error_m": results["error_m"]} and 0 < results["error_m"] < 10
    assert results["score_directions"] == {"error_m": "lower"}
    assert "miou" not in results


def test_settings_of_plug_ins_stand_beside_the_others_and_their_files_in_the_records(run: Path, transferred: Path):
    pretraining, transfer = (RunFolder.load(folder).settings for folder in (run, transferred))
    assert pretraining["config"]["momentum"] == 0.9 and pretraining["config"]["model"] == {
        "type": "patches", "patch": 8, "width": 8, "layers": 2
    }  # fmt: skip
    assert transfer["config"]["hidden"] == 4 and "head" not in transfer["config"]
    record = [{"name": "toy_plugs", "file": str(PLUGS), "sha256": DIGEST}]
    assert pretraining["plugins"] == record and transfer["plugins"] == record


def test_an_ema_teacher_and_its_centre_are_resumed_bit_for_bit(corpus: Path, run: Path, tmp_path: Path):
    config = RunFolder.load(run).config(PretrainConfig)
    for stop in (1, 4, None):
        pretrain(config, corpus, tmp_path / "run", stop_after=stop)
    assert (tmp_path / "run" / WEIGHTS).read_bytes() == (run / WEIGHTS).read_bytes()
    tensors = load_file(run / WEIGHTS)
    assert tensors["model.centre"].abs().max() > 0
    assert not torch.equal(tensors["model.teacher.first.weight"], tensors["model.student.first.weight"])


def test_a_run_with_a_teacher_that_was_killed_equals_one_that_was_not(corpus: Path, run: Path, tmp_path: Path):
    out = tmp_path / "run"
    code = (
        "import os, sys; from tst_sim.cli.main import main; from training.loop import Trainer; save = Trainer.save\n"
        "def killed(self, run, step): save(self, run, step); step == 4 and os._exit(9)\n"
        f"Trainer.save = killed; main({['pretrain', '--corpus', str(corpus), '--out', str(out)]!r} + sys.argv[1:])"
    )
    options = ["--plugin", str(PLUGS), *TEACHER, "--set", "optim.checkpoint_every=2"]
    assert subprocess.run([sys.executable, "-c", code, *options], capture_output=True).returncode == 9
    assert json.loads((out / "checkpoint.json").read_text())["step"] == 4
    assert main(["pretrain", "--corpus", str(corpus), "--out", str(out), *options]) == 0
    assert (out / WEIGHTS).read_bytes() == (run / WEIGHTS).read_bytes()


def test_the_exported_encoder_is_the_teacher(run: Path):
    encoder = load_encoder(run)
    tensors = load_file(run / WEIGHTS)
    assert torch.equal(encoder.first.weight, tensors["model.teacher.first.weight"])
    (features,) = encoder.features({"rgb": torch.rand(2, 3, 32, 16)})
    assert features.shape == (2, 8, 4, 2)


def test_a_name_and_a_group_with_type_say_the_same():
    load_plugins([str(PLUGS)])
    flat = build(PretrainConfig, {"objective": "teacher", "momentum": 0.5})
    assert build(PretrainConfig, {"objective": {"type": "teacher", "momentum": 0.5}}) == flat
    with pytest.raises(UserError, match="'momentum' is given twice: in objective and beside it"):
        build(PretrainConfig, {"objective": {"type": "teacher", "momentum": 0.5}, "momentum": 0.4})
    with pytest.raises(UserError, match="objective must be a name or a group of settings with `type`; one of mm, mae"):
        build(PretrainConfig, {"objective": {"momentum": 0.5}})
    with pytest.raises(UserError, match="momentum must be between 0 and 1, got 2"):
        build(PretrainConfig, {"objective": "teacher", "momentum": 2.0})
    with pytest.raises(UserError, match="momentum is not a setting"):
        build(PretrainConfig, {"objective": "mm", "momentum": 0.5})


def test_settings_without_plug_ins_are_stored_as_they_were_before_there_were_any():
    stored = as_dict(build(PretrainConfig, {}))
    assert "plugins" not in stored and "type" not in stored["model"]


def test_a_config_may_name_its_plug_ins(corpus: Path, tmp_path: Path):
    (tmp_path / "mine.yaml").write_text(f"plugins: [{PLUGS}]\nobjective: teacher\nmodel: {{type: patches}}\n")
    code, said = alone(
        *("pretrain", "--corpus", corpus, "--preset", tmp_path / "mine.yaml", "--steps", "1", *TINY),
        *("--out", tmp_path / "run"),
    )
    assert code == 0, said
    assert RunFolder.load(tmp_path / "run").settings["plugins"][0]["sha256"] == DIGEST


def test_opening_a_run_without_its_plug_in_says_which_one_in_one_line(corpus: Path, run: Path, transferred: Path):
    code, said = alone("evaluate", transferred, "--house", "1", "--corpus", corpus)
    assert code == 2 and said.strip().splitlines()[-1] == (
        f"tst-sim: error: run {transferred} was made with the plug-in 'toy_plugs' (sha256 {DIGEST[:12]}), which is not "
        f"loaded; give it with --plugin FILE (it was {PLUGS})"
    )
    code, said = alone("transfer", run, "--transfer-corpus", corpus, "--out", run.parent / "none")
    assert code == 2 and "give it with --plugin FILE" in said and "Traceback" not in said
    assert not (run.parent / "none").exists()


def test_opening_a_run_with_a_changed_plug_in_says_so_in_one_line(corpus: Path, run: Path, tmp_path: Path):
    changed = tmp_path / "toy_plugs.py"
    changed.write_text(PLUGS.read_text() + "\n# changed\n")
    now = hashlib.sha256(changed.read_bytes()).hexdigest()[:12]
    code, said = alone("pretrain", "--corpus", corpus, "--out", run, "--plugin", changed, *TEACHER)
    assert code == 2 and "Traceback" not in said
    said = said.strip().splitlines()[-1]
    assert f"run {run} was made with the plug-in 'toy_plugs' (sha256 {DIGEST[:12]}), and {changed} has changed" in said
    assert f"(now {now}); give the file as it was with --plugin FILE" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "mine.py cannot be read: No such file or directory"),
        ("def broken(:\n", "mine.py:1: syntax error: invalid syntax"),
        ("import math\n\nmath.nothing\n", "mine.py:3: AttributeError: module 'math' has no attribute 'nothing'"),
        ("import nowhere_at_all\n", "mine.py:1: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        (
            "from training.tasks import TASKS\nTASKS.register('segmentation', int)\n",
            "mine.py:2: task 'segmentation' is registered twice; give the plug-in another name",
        ),
        (
            "from training.tasks import TASKS\nTASKS.register('My Task', int)\n",
            "mine.py:2: task name 'My Task' must be 1 to 40 lowercase letters, digits and _, the first a letter",
        ),
        ("import sys\nsys.exit(3)\n", "mine.py:2: SystemExit: 3"),
    ],
)
def test_a_plug_in_that_cannot_be_loaded_is_one_line_with_its_place(
    text: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    if text is not None:
        (tmp_path / "mine.py").write_text(text)
    assert main(["verify", str(tmp_path), "--plugin", str(tmp_path / "mine.py")]) == 2
    assert capsys.readouterr().err == f"tst-sim: error: plug-in {tmp_path}/{said}\n"


def test_a_plug_in_that_fails_leaves_nothing_registered(tmp_path: Path):
    from training.tasks import TASKS

    (tmp_path / "mine.py").write_text("from training.tasks import TASKS\nTASKS.register('half', int)\n1 / 0\n")
    with pytest.raises(UserError, match=r"mine\.py:3: ZeroDivisionError"):
        load_plugins([str(tmp_path / "mine.py")])
    assert "half" not in TASKS


def test_an_equal_file_is_loaded_once_wherever_it_lies(tmp_path: Path):
    (tmp_path / "moved.py").write_bytes(PLUGS.read_bytes())
    (first,) = load_plugins([str(PLUGS)])
    assert load_plugins([str(tmp_path / "moved.py"), str(PLUGS)]) == [first, first]


def test_unknown_names_get_the_nearest_one_and_where_plug_ins_come_from(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["pretrain", "--corpus", str(corpus), "--objective", "mea", "--out", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err == (
        "tst-sim: error: unknown objective 'mea'; did you mean 'mae'? (a plug-in's needs --plugin FILE)\n"
    )


def test_a_task_on_other_inputs_refuses_an_encoder_that_never_saw_them(corpus: Path, run: Path, tmp_path: Path):
    from training.encoders.sources import pretrained

    load_plugins([str(PLUGS)])
    with pytest.raises(UserError, match="was pre-trained on rgb; far reads depth"):
        pretrained(run).reading(("depth",), "far")
