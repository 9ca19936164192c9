"""What a rubric is shown of a repository: as much as the mirror knows, and no guess beyond it."""

from datetime import timedelta

import pytest

from openness.named_repos import named_repos
from openness.reading import state_of, states_of
from openness.state import LinkedRepo
from registry.models import Alias
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db


def test_a_state_holds_the_card_the_files_and_the_newest_observation():
    repo = mirrored(
        "acme/tiny",
        card="---\nlicense: mit\n---\n# Tiny",
        files={"model.safetensors": 12},
        texts={"config.json": "{}"},
        info={"id": "acme/tiny", "tags": ["a"]},
        tags=["a"],
    )
    state = state_of(repo)
    assert state.card_text == "---\nlicense: mit\n---\n# Tiny"
    assert [(f.path, f.size_bytes) for f in state.files] == [("config.json", 2), ("model.safetensors", 12)]
    assert state.small_files == {"config.json": "{}"}
    assert (state.info["id"], state.tags, state.card_state) == ("acme/tiny", ("a",), "present")


def test_an_unknown_file_list_is_not_an_empty_one():
    assert state_of(mirrored("acme/unlisted")).files is None
    assert state_of(mirrored("acme/empty", files={})).files == ()


def test_an_absent_card_is_not_an_unknown_one():
    assert state_of(mirrored("acme/unseen")).card_state == "unknown"
    assert state_of(mirrored("acme/bare", card="")).card_state == "absent"


def test_the_number_of_queries_does_not_grow_with_the_batch(django_assert_max_num_queries):
    header = {"base_model": "acme/base", "datasets": ["acme/gone", "acme/corpus"]}
    repos = [
        mirrored(f"acme/m{n}", card=f"card {n}", header=header, files={"a": 1}, texts={"b": "c"}, info={"n": n})
        for n in range(30)
    ]
    with django_assert_max_num_queries(7):
        states = states_of(repos)
    assert [state.info["n"] for state in states] == list(range(30))


def test_a_named_dataset_carries_what_the_mirror_knows_of_it():
    mirrored("acme/corpus", kind="dataset", card="about", gated="manual", licence="mit")
    repo = mirrored("acme/tiny", card="x", header={"datasets": ["Acme/Corpus"], "base_model": "acme/nowhere"})
    assert state_of(repo).linked == (
        LinkedRepo("model", "acme/nowhere", mirrored=False),
        LinkedRepo("dataset", "Acme/Corpus", mirrored=True, gated="manual", licence="mit", has_card=True),
    )


def test_a_former_name_leads_to_the_repository_that_carried_it_last():
    for name, days in (("acme/first", 1), ("acme/second", 2)):
        repo = mirrored(name, kind="dataset", licence=name)
        Alias.objects.create(
            repo=repo, kind="dataset", name="acme/old", valid_from=SEEN, valid_to=SEEN + timedelta(days=days)
        )
    state = state_of(mirrored("acme/tiny", card="x", header={"datasets": "acme/old"}))
    assert state.linked[0].licence == "acme/second"


def test_what_only_staff_may_see_is_not_told_through_a_public_repository():
    mirrored("acme/secret", kind="dataset", staff_only=True, licence="mit")
    state = state_of(mirrored("acme/tiny", card="x", header={"datasets": "acme/secret"}))
    assert state.linked == (LinkedRepo("dataset", "acme/secret", mirrored=False),)


def test_the_hub_s_header_is_used_where_the_card_is_not_kept():
    state = state_of(mirrored("acme/tiny", info={"cardData": {"datasets": ["acme/corpus"]}}))
    assert [link.name for link in state.linked] == ["acme/corpus"]


@pytest.mark.parametrize("value", [None, 3, {"a": 1}, [None, 7, ["x"]], "a b", "../../etc", "x" * 300, "a/b/c"])
def test_what_is_no_name_names_nothing(value):
    assert named_repos("model", {"base_model": value, "datasets": value}, []) == ()
