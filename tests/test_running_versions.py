"""Two versions are run in child processes with limits, and compared; whatever goes wrong is one sentence on the row."""

import copy
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from lineage import run_comparison
from lineage.models import Comparison, Run
from lineage.run_child import Ahead
from lineage.run_comparison import Found, outcomes_of, under_one_plan
from lineage.run_places import SHIPPED, Named, find_suite
from lineage.running import How, run_version
from lineage.runs.batches import Plan
from lineage.runs.problems import BadRun
from lineage.suite_definitions import read_suite
from lineage.version_files import VersionFiles, files_digest

torch = pytest.importorskip("torch", reason="what runs models is not installed: make models")
from lineage.runs.loading import Source, own_module  # noqa: E402

save_file = pytest.importorskip("safetensors.torch").save_file

EXAMPLES = SHIPPED / "models" / "stemma-examples"
V1, V2 = (str(next((EXAMPLES / f"message-kinds-{number}").iterdir())) for number in (1, 2))
ROOT = SHIPPED.parent.parent


def compare(*arguments, capsys) -> dict:
    call_command("compare", *arguments, "--suite", "message-kinds", "--json")
    return json.loads(capsys.readouterr().out)


@pytest.mark.django_db
def test_the_shipped_versions_are_compared_out_of_the_box_with_their_noise_floor_and_never_run_twice(capsys):
    line = compare(V1, V2, capsys=capsys)
    assert line["n"] == 600
    assert 0.8 < line["accuracy_old"] < 0.9 < line["accuracy_new"]
    assert line["cells"]["cw"] > 0
    assert line["noise"]["n"] == 500
    assert line["noise"]["nfr"] < line["nfr"]
    row = Comparison.objects.get()
    assert [row.old_name, row.new_name, row.old_sha] == ["message-kinds-1", "message-kinds-2", Path(V1).name]
    runs = row.details["runs"]
    assert runs["noise"]["dtype"] == "bfloat16"
    assert runs["noise"]["figures"]["plan"]["order"] == "natural"
    assert runs["old"]["environment"]["determinism"]["deterministic_algorithms"]
    assert runs["old"]["environment"]["environment"]["torch"] == torch.__version__
    kept = list(Run.objects.values_list("pk", "created_at"))
    assert len(kept) == 3
    assert compare(V1, V2, capsys=capsys) == line
    assert Comparison.objects.count() == 1
    assert compare(V1, V2, "--budget", "0.5", capsys=capsys)["verdict"] == "pass"
    assert list(Run.objects.values_list("pk", "created_at")) == kept


@pytest.mark.django_db
def test_of_two_that_end_at_the_same_moment_the_first_is_kept_and_the_other_answers_with_it(capsys, monkeypatch):
    fill = run_comparison.fill

    def another_comes_first(row, *rest, **more):
        monkeypatch.setattr(run_comparison, "fill", fill)
        other = copy.copy(row)
        other.pk, other._state, other.old_name = None, type(row._state)(), "first"
        fill(other, *rest, **more)
        return fill(row, *rest, **more)

    monkeypatch.setattr(run_comparison, "fill", another_comes_first)
    call_command("compare", V1, V1, "--suite", "message-kinds")
    assert "kept as comparison" in capsys.readouterr().err
    assert [row.old_name for row in Comparison.objects.all()] == ["first"]


@pytest.mark.django_db
def test_a_version_runs_again_under_the_batches_that_memory_left_to_the_other():
    suite = find_suite(str(SHIPPED / "suites" / "message-kinds.toml"))
    files = [VersionFiles(f"v{n}", Path(folder)) for n, folder in enumerate((V1, V2))]
    found = [Found("old", Named(one.name), None, one, files_digest(one), suite) for one in files]
    small = Plan(tokens=300, rows=16)
    runs = [outcomes_of(found[0], How("cpu", plan=small), print), outcomes_of(found[1], How("cpu"), print)]
    same = under_one_plan(found, runs, How("cpu"), print)
    assert [run.about["figures"]["plan"] for run in same] == [asdict(small)] * 2
    assert same[0] == runs[0]
    assert under_one_plan(found, same, How("cpu"), print) == same
    assert Run.objects.count() == 3


def version(folder: Path, **changed) -> VersionFiles:
    """A copy of the shipped version with other weights or another definition."""
    from safetensors.torch import load_file

    folder.mkdir()
    definition = json.loads((Path(V1) / "stemma_module.json").read_text()) | changed.pop("definition", {})
    weights = load_file(Path(V1) / "model.safetensors") | changed
    (folder / "stemma_module.json").write_text(json.dumps(definition))
    save_file({name: tensor for name, tensor in weights.items() if tensor is not None}, folder / "model.safetensors")
    return VersionFiles(folder.name, folder)


def refused(found: VersionFiles, how=None) -> str:
    suite = read_suite(SHIPPED / "suites" / "message-kinds.toml")
    with pytest.raises(BadRun) as problem:
        run_version(found, suite, how or How(), datasets=SHIPPED)
    return str(problem.value)


def test_scores_that_are_no_numbers_name_the_first_item(tmp_path):
    said = refused(version(tmp_path / "nan", **{"head.bias": torch.tensor([float("nan")] * 4)}))
    assert "gives no numbers (NaN or infinite) for" in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"head.bias": None}, "The weights do not fit stemma_module.json"),
        ({"head.bias": torch.zeros(5)}, "The weights do not fit stemma_module.json"),
        ({"definition": {"architecture": "os.system"}}, "The architecture 'os.system' is none of ours"),
        ({"definition": {"sizes": {"buckets": 1 << 40, "width": 8}}}, "gives a size that is none"),
        ({"definition": {"sizes": {"secret": 1}}}, "does not give the sizes"),
        ({"definition": {"labels": "abcd"}}, "fewer than two labels"),
    ],
)
def test_a_version_that_does_not_load_says_why(tmp_path, changed, said):
    found = version(tmp_path / "v", **changed)
    with pytest.raises(BadRun, match=said):
        own_module(Source(found.folder, None, "float32", torch.device("cpu")))


def test_a_version_larger_than_memory_says_so(tmp_path):
    sizes = {"buckets": 1 << 24, "width": 1 << 24}
    assert "too little memory" in refused(version(tmp_path / "v", definition={"sizes": sizes}))


def test_weights_that_are_cut_short_are_a_sentence_without_paths(tmp_path):
    found = version(tmp_path / "v")
    whole = (found.folder / "model.safetensors").read_bytes()
    (found.folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    said = refused(found)
    assert said.startswith("The version does not load or run: ")
    assert str(tmp_path) not in said


def test_too_little_memory_is_said(tmp_path):
    assert "too little memory" in refused(version(tmp_path / "v"), How(memory_bytes=300 << 20))


def test_a_run_that_takes_too_long_is_ended(tmp_path):
    assert "took longer than the 1 s that it was given" in refused(version(tmp_path / "v"), How(time_s=1))


def test_a_killed_child_is_said_and_the_worker_lives(tmp_path):
    def kill_the_child():
        for _ in range(500):
            time.sleep(0.01)
            found = Path(f"/proc/{os.getpid()}/task/{threading.main_thread().native_id}/children")
            for child in found.read_text().split():
                if b"lineage.runs.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(int(child), signal.SIGKILL)
                    return

    killer = threading.Thread(target=kill_the_child)
    killer.start()
    said = refused(version(tmp_path / "v"))
    killer.join()
    assert "was killed (SIGKILL)" in said


CLOSED = """
import socket, subprocess, sys
from lineage.runs.limits import close_network
means = close_network()
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except PermissionError:
    means += ", no connection"
try:
    subprocess.run(["true"])
except PermissionError:
    means += ", no program"
print(means)
"""


def test_a_run_can_neither_connect_nor_start_a_program():
    done = subprocess.run([sys.executable, "-c", CLOSED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "closed by seccomp, no connection, no program"


BLOCKED = """
import sys
class No:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers", "peft", "safetensors"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, No())
import django; django.setup()
from django.core.management import get_commands, load_command_class
load_command_class("lineage", "compare")
import lineage.tasks, lineage.urls, lineage.api_urls, lineage.admin
"""


def test_the_registry_itself_never_imports_torch(tmp_path):
    environment = {"PATH": os.environ["PATH"], "DEBUG": "1", "DATA_DIR": str(tmp_path)}
    environment["DJANGO_SETTINGS_MODULE"] = "registry.settings"
    subprocess.run([sys.executable, "-c", BLOCKED], cwd=ROOT, env=environment, check=True)


@pytest.mark.django_db
def test_bad_input_ends_with_status_3_and_the_row_says_why(tmp_path, capsys):
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "config.json").write_text("{}")
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"\x80\x04N.")
    with pytest.raises(CommandError) as ended:
        compare(str(tmp_path / "pickled"), V2, capsys=capsys)
    assert ended.value.returncode == 3
    row = Comparison.objects.get()
    assert row.status == "failed"
    assert row.problem == str(ended.value)
    assert "whose reading can run code" in row.problem


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((V1, "--suite", "message-kinds"), 64),
        ((V1, V2), 64),
        ((), 64),
        ((V1, V2, "--suite", "no-such"), 3),
        ((V1, V2, "--suite", "../../etc/passwd"), 3),
        (("acme/none", V2, "--suite", "message-kinds"), 3),
        ((V1, V2, "--suite", "message-kinds", "--device", "cuda"), 3),
        ((V1, V2, "--suite", "message-kinds", "--memory-gb", "nan"), 64),
        ((V1, V2, "--suite", "message-kinds", "--time-s", "0"), 64),
    ],
)
def test_what_cannot_be_asked_has_its_own_exit_status(arguments, status):
    with pytest.raises(CommandError) as ended:
        call_command("compare", *arguments)
    assert ended.value.returncode == status


def test_the_process_of_the_next_run_waits_with_its_libraries_loaded_and_none_is_left_behind():
    suite = find_suite(str(SHIPPED / "suites" / "message-kinds.toml"))
    old, new = (VersionFiles(f"v{number}", Path(folder)) for number, folder in enumerate((V1, V2)))
    given = {"datasets": ROOT, "tell": lambda told: None}
    with Ahead(2) as ahead:
        run_version(old, suite, How("cpu"), ahead=ahead, **given)
        waiting = ahead.waiting
        assert waiting.process.poll() is None
        ran = run_version(new, suite, How("cpu"), ahead=ahead, **given)
        assert waiting.process.returncode is not None
        assert ahead.waiting is None
    assert ran.answers == run_version(new, suite, How("cpu"), **given).answers
    with Ahead(3) as ahead:
        run_version(old, suite, How("cpu"), ahead=ahead, **given)
        waiting = ahead.waiting
    assert waiting.process.returncode == -signal.SIGKILL
    assert not Path(waiting.folder.name).exists()
