"""How mirrored repositories stand to the licences above them: asked one by one, kept for all, and shown."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.utils.timezone import now
from rest_framework.test import APIClient

from lineage.judging import judge_all, judge_below, judge_since
from lineage.models import Node, ObligationVerdict, Relation
from lineage.obligations_here import obligations_of
from lineage.rebuild import rebuild
from lineage.trace import trace_repo
from openness.gate import facts_about, gate
from openness.gathered import gather
from openness.policy import load
from registry.models import Card, Repo, Revision
from tests.mirrored import content_of, mirrored

CARD = "---\nlicense: {}\nbase_model: {}\n---\n# A model\n"


@pytest.fixture
def chain(db):
    base = mirrored("meta/base", licence="llama3.1", card="", files={"LICENSE": 10})
    middle = mirrored("acme/middle", licence="apache-2.0", card=CARD.format("apache-2.0", "meta/base"), files={})
    leaf = mirrored("acme/leaf-gguf", licence="mit", card=CARD.format("mit", "acme/middle"), files={"a.gguf": 10})
    for repo in (base, middle, leaf):
        trace_repo(repo)
    return base, middle, leaf


def test_what_an_owner_says_of_its_own_base_does_not_hide_what_lies_further_up(db):
    meta = mirrored("meta/base", licence="cc-by-nc-4.0", card="", files={})
    base = mirrored("acme/base", licence="cc-by-nc-4.0", card=CARD.format("cc-by-nc-4.0", "meta/base"), files={})
    leaf = mirrored("acme/leaf", licence="apache-2.0", card=CARD.format("apache-2.0", "acme/base"), files={})
    for repo in (meta, base, leaf):
        trace_repo(repo)
    found = obligations_of(leaf).verdict
    assert (found.verdict, len(found.clauses[0].carried.way)) == ("conflict", 3)
    assert judge_all() == dict(Counter(obligations_of(repo).verdict.verdict for repo in (base, leaf)))


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("# A\n\nBuilt with **Llama**.", "ok"),
        ("# A\n\n[Built with Meta Llama 3](https://llama.meta.com)", "ok"),
        ("# A\n\nA model.", "missing_obligation"),
        (None, "ok"),
    ],
)
def test_the_credit_to_llama_is_looked_for_in_the_card(db, card, expected):
    trace_repo(mirrored("meta/base", licence="llama3.1", card="", files={}))
    tags = ["base_model:meta/base", "base_model:finetune:meta/base"]
    tiny = mirrored(
        "acme/Llama-tiny", licence="llama3.1", card=card, files={"LICENSE": 9}, tags=tags, info={"tags": tags}
    )
    trace_repo(tiny)
    assert obligations_of(tiny).verdict.verdict == expected


def test_a_conflict_names_the_clause_and_the_way(chain):
    _, _, leaf = chain
    said = APIClient().get("/api/v1/obligations/model/acme/leaf-gguf").json()
    assert (said["verdict"], said["licence_origin"], said["is_partial"]) == ("conflict", "author", False)
    first = said["obligations"][0]
    assert (first["obligation"], first["path"]) == ("USE_RESTRICT", ["acme/leaf-gguf", "acme/middle", "meta/base"])
    assert "Llama 3.1" in first["clause"]
    page = APIClient().get("/obligations/model/acme/leaf-gguf").content.decode()
    assert "conflict" in page and "meta/base" in page


def test_a_repository_for_staff_only_counts_as_one_whose_licence_is_not_known(chain):
    base, middle, _ = chain
    Repo.objects.filter(pk=base.pk).update(staff_only=True)
    found = obligations_of(middle)
    assert found.verdict.verdict == "unknown"
    assert {clause.carried.flag for clause in found.verdict.clauses} == {"UNKNOWN"}


def test_nothing_is_told_of_what_lies_behind_a_repository_for_staff_only(chain):
    _, middle, leaf = chain
    Repo.objects.filter(pk=middle.pk).update(staff_only=True)
    anonymous = APIClient()
    said = anonymous.get("/api/v1/obligations/model/acme/leaf-gguf")
    assert said.json()["verdict"] == "unknown"
    assert [(each["obligation"], each["path"]) for each in said.json()["obligations"]] == [
        ("UNKNOWN", ["acme/leaf-gguf", "acme/middle"])
    ]
    passport = anonymous.get("/api/v1/passport/model/acme/leaf-gguf")
    assert passport.json()["lineage"]["ancestors"] == 1
    page = anonymous.get("/obligations/model/acme/leaf-gguf")
    assert all(b"meta/base" not in answer.content for answer in (said, passport, page))
    assert judge_all() == {"unknown": 1}
    staff = get_user_model()(username="staff", is_staff=True)
    assert obligations_of(leaf, staff).verdict.verdict == "conflict"


def test_a_ladder_of_merges_is_looked_at_up_to_a_bound_and_says_so(db, monkeypatch):
    leaf = mirrored("acme/leaf", licence="mit", card="", files={})
    trace_repo(leaf)
    rows, level = [], [leaf.node]
    for step in range(6):
        upper = Node.objects.bulk_create(Node(kind="model", name=f"acme/{step}-{n}") for n in range(5))
        rows += [
            Relation(child=a, parent=b, kind="merge", first_seen_at=now(), last_seen_at=now())
            for a in level
            for b in upper
        ]
        level = upper
    Relation.objects.bulk_create(rows)
    rebuild()
    assert not obligations_of(leaf).verdict.is_cut
    monkeypatch.setattr("lineage.obligations_here.RELATIONS_MOST", len(rows) - 1)
    assert obligations_of(leaf).verdict.is_cut


def test_the_corpus_is_counted_as_its_repositories_stand_one_by_one(chain):
    ring = [
        mirrored(f"acme/ring-{end}", licence="mit", card=CARD.format("mit", f"acme/ring-{1 - end}")) for end in (0, 1)
    ]
    adapter = mirrored(
        "acme/lora", licence="mit", card=CARD.format("mit", "meta/base"), files={"adapter_config.json": 5}
    )
    for repo in (*ring, adapter):
        trace_repo(repo)
    made = [repo for repo in Repo.objects.all() if repo.node.parents.exists()]
    assert judge_all() == dict(Counter(obligations_of(repo).verdict.verdict for repo in made))


def test_a_verdict_is_kept_when_a_repository_is_traced_and_when_one_above_it_is(chain):
    base, middle, leaf = chain
    assert judge_below([leaf.node.pk]) == 1 and leaf.obligations.verdict == "conflict"
    assert not ObligationVerdict.objects.filter(repo=middle).exists()
    Repo.objects.filter(pk=base.pk).update(licence="mit")
    base.refresh_from_db()
    assert judge_below([base.node.pk]) == 2  # of both that come from it
    stored = dict(ObligationVerdict.objects.values_list("repo__name", "verdict"))
    assert stored == {repo.name: obligations_of(repo).verdict.verdict for repo in (middle, leaf)}
    assert stored["acme/leaf-gguf"] != "conflict"
    start = now()
    trace_repo(mirrored("acme/other", licence="mit", card=CARD.format("mit", "meta/base"), files={}))
    assert judge_since(start) == 1
    Repo.objects.filter(name__in=["acme/leaf-gguf", "acme/other"]).update(staff_only=True)
    judge_all()
    assert set(ObligationVerdict.objects.values_list("repo__name", flat=True)) == {"acme/middle"}


def test_what_was_never_traced_has_no_verdict(db):
    mirrored("acme/new")
    assert APIClient().get("/api/v1/obligations/model/acme/new").status_code == 404
    assert APIClient().get("/obligations/model/acme/new").status_code == 200


def test_obligations_take_few_queries(chain, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        APIClient().get("/api/v1/obligations/model/acme/leaf-gguf")


def test_the_licence_above_is_also_read_as_it_stood_when_the_child_was_created(db):
    long_ago, then, later = (datetime(2024, month, 1, tzinfo=UTC) for month in (1, 6, 9))
    base = mirrored("meta/base", licence="cc-by-nc-4.0", card=CARD.format("cc-by-nc-4.0", ""), files={})
    Revision.objects.filter(pk=base.head_id).update(committed_at=later)
    leaf = mirrored(
        "acme/leaf", licence="mit", card=CARD.format("mit", "meta/base"), files={"LICENSE": 5}, hub_created_at=then
    )
    trace_repo(leaf)
    trace_repo(base)
    said = obligations_of(leaf)
    assert (said.verdict.verdict, said.at_creation.verdict) == ("conflict", "unknown")
    old = content_of(CARD.format("mit", "") + "\nas it was")
    Card.objects.create(content=old, metadata={"license": "mit"}, body_line=1, reader="tests/1")
    Revision.objects.create(
        repo=base, sha="0" * 40, committed_at=long_ago, first_seen_at=long_ago, card_state="present", card=old
    )
    assert obligations_of(leaf).at_creation.verdict == "ok"
    answer = APIClient().get("/api/v1/obligations/model/acme/leaf").json()
    assert answer["at_creation"]["verdict"] == "ok" and answer["verdict"] == "conflict"
    assert b"licences of then" not in APIClient().get("/obligations/model/acme/leaf").content


def test_a_drawn_family_is_coloured_by_how_the_licences_above_are_kept(chain):
    judge_all()
    page = APIClient().get("/lineage/model/acme/middle", {"colour": "obligations"}).content.decode()
    assert "licence conflict" in page and "nothing above it" in page


def test_the_gate_asks_for_licences_in_conflict(chain):
    base, middle, _ = chain
    assert facts_about(gather(middle))["obligations_verdict"].value is None
    judge_all()
    assert facts_about(gather(middle))["obligations_verdict"].value == "conflict"
    assert facts_about(gather(base))["obligations_verdict"].value == "ok"
    assert {"rule": "no_licence_conflict", "status": "failed"}.items() <= gate(middle, load("adoption"))["rules"][
        2
    ].items()
