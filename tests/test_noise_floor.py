"""The older version runs again, so that noise is told from news: once, or three times where it writes its answers."""

import io
import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from lineage.comparing import Side, Version, compare
from lineage.comparison_requests import Asked
from lineage.flip_report import Questions
from lineage.importers import read_outcomes
from lineage.models import Comparison, Run
from lineage.rerunning import noise_ids, reruns_wanted, time_for_reruns_s, ways
from lineage.run_places import SHIPPED
from lineage.running import How
from lineage.runs.batches import Plan
from lineage.suites import CHOICE, GENERATION, Item, Suite
from tests import tiny_models
from tests.outcome_rows import jsonl, rows


def test_the_older_version_runs_again_in_another_dtype_in_other_batches_and_in_both():
    plan = Plan(tokens=100, rows=4)
    found = ways(How("cpu", "bfloat16", time_s=50), plan)
    assert [(way.how.dtype, way.how.plan == plan) for way in found] == [
        ("float32", False),
        ("bfloat16", False),
        ("float32", True),
    ]
    assert len({way.name for way in found}) == 3
    assert {way.how.time_s for way in found} == {50}


@pytest.mark.parametrize(
    ("task", "items", "drawn"), [(CHOICE, 10, 10), (CHOICE, 900, 500), (GENERATION, 9, 6), (GENERATION, 900, 500)]
)
def test_reruns_take_at_most_500_items_each_and_no_more_in_all_than_both_versions_did(task, items, drawn):
    suite = Suite("s", task, tuple(Item(str(n), "x") for n in range(items)))
    ids = noise_ids(suite)
    assert len(set(ids)) == drawn
    assert ids == noise_ids(suite)
    assert len(ids) * reruns_wanted(task) <= max(2 * items, 500)


def test_reruns_have_ten_minutes_or_as_long_as_both_versions_took_and_never_more_than_a_run():
    assert time_for_reruns_s([{"wall_s": 5.0}, {"wall_s": 9.0}], How()) == 600
    assert time_for_reruns_s([{"wall_s": 900.0}, {"wall_s": 800.0}], How()) == 1_700
    assert time_for_reruns_s([{"wall_s": 900.0}, {"wall_s": 800.0}], How(time_s=90)) == 90


def written_suite(folder: Path, items: int) -> Path:
    asked = [{"id": str(n), "input": text, "label": "cat"} for n, text in enumerate(tiny_models.sentences(items))]
    (folder / "written.jsonl").write_bytes(jsonl(asked))
    (folder / "written.toml").write_text('task = "generation"\n[settings]\nmax_new_tokens = 5\n')
    return folder / "written.toml"


@pytest.mark.proof
@pytest.mark.django_db
def test_written_answers_are_written_again_three_times_and_the_page_and_rest_show_each(client, tmp_path, capsys):
    pytest.importorskip("transformers", reason="what runs models is not installed: make models")
    version = tiny_models.causal(tmp_path / "model")
    call_command("compare", str(version), str(version), "--suite", str(written_suite(tmp_path, 30)), "--json")
    noise = json.loads(capsys.readouterr().out)["noise"]
    names = ["bfloat16, other batches", "float32, other batches", "bfloat16, same batch plan"]
    assert [(one["name"], one["n"]) for one in noise["reruns"]] == [(name, 20) for name in names]
    assert noise["reruns"][1]["churn"] == 0
    assert noise["churn"] == max(one["churn"] for one in noise["reruns"])
    assert noise["floor"]["mean"]["churn"] == pytest.approx(sum(one["churn"] for one in noise["reruns"]) / 3)
    assert Run.objects.count() == 4
    row = Comparison.objects.get()
    assert set(row.details["runs"]) == {"old", "new", "noise", "noise_2", "noise_3"}
    page = client.get(row.get_absolute_url()).content.decode()
    assert all(name in page for name in [*names, "Largest: the floor", "run again 3 times"])
    answer = client.get(f"/api/v1/comparisons/{row.pk}").json()["report"]["noise"]
    assert [one["name"] for one in answer["reruns"]] == names
    assert answer["floor"]["max"]["nfr"] == noise["nfr"]


@pytest.mark.django_db
def test_a_version_that_gives_no_numbers_in_the_other_dtype_runs_again_in_its_own_and_it_is_said(tmp_path, capsys):
    torch = pytest.importorskip("torch", reason="what runs models is not installed: make models")
    from safetensors.torch import load_file, save_file

    shipped = next((SHIPPED / "models" / "stemma-examples" / "message-kinds-1").iterdir())
    weights = load_file(shipped / "model.safetensors")
    weights["head.bias"] = torch.tensor([3.4e38, 0, 0, 0])  # finite in float32, infinite once rounded to bfloat16
    (tmp_path / "large").mkdir()
    save_file(weights, tmp_path / "large" / "model.safetensors")
    (tmp_path / "large" / "stemma_module.json").write_bytes((shipped / "stemma_module.json").read_bytes())
    call_command("compare", str(tmp_path / "large"), str(shipped), "--suite", "message-kinds", "--json")
    noise = json.loads(capsys.readouterr().out)["noise"]
    assert [one["name"] for one in noise["reruns"]] == ["float32, other batches"]
    notes = Comparison.objects.get().details["notes"]
    assert any(note.startswith("The older version did not run again in bfloat16, other batches: ") for note in notes)


@pytest.mark.django_db
def test_flips_beyond_the_noise_are_shown_apart(client):
    old, again = rows("a" * 60), rows("b" + "a" * 29)
    tables = [read_outcomes(io.BytesIO(jsonl(one)), "log.jsonl") for one in (old, rows("bb" + "a" * 57 + "b"), again)]
    sides = [Side(Version(name), table) for name, table in zip("on", tables, strict=False)]
    address = compare(*sides, Asked(Questions()), rerun=tables[2]).get_absolute_url()
    for asked, seen in (("", {"0", "1", "59"}), ("?noise=beyond", {"1"}), ("?noise=within", {"0"})):
        page = client.get(f"{address}{asked}").content.decode()
        assert set(re.findall(r'class="mono">(\d+)<', page)) == seen
        assert ("may be noise" in page) == ("0" in seen)
    rest = client.get(f"/api/v1{address}/flipped?fragile=false").json()["results"]
    assert [item["item_id"] for item in rest] == ["1"]
    table = b"".join(client.get(f"{address}/flipped.csv?noise=within").streaming_content).decode()
    assert [line.split(",")[0] for line in table.splitlines()] == ["item_id", "0"]
