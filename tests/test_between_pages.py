"""The page of two repositories: ways between them, what both come from, what hangs on the first."""

import pytest
from django.contrib.auth.models import User

from lineage.trace import trace_due
from registry.models import Repo
from tests.test_lineage_pages import model, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def family():
    """Two ways lead from the merge up to the base; a sister shares the base alone."""
    model("acme/base")
    model("acme/one", "acme/base")
    model("acme/two", "acme/base")
    model("acme/mix", "acme/one", "acme/two")
    model("acme/sister", "acme/base")
    model("acme/alone")
    trace_due(9)


def test_every_way_from_one_up_to_the_other_is_told_with_its_relations(client, family):
    text = page(client, "/lineage/between/model/acme/mix?with=acme/base")
    ways = text[text.index('id="ways"') : text.index('id="common"')]
    assert "acme/mix comes from acme/base." in ways and ways.count("<li>") == 2 and "2 of 2" in ways
    assert ways.count("/lineage/relations/") == 4
    assert "acme/mix comes from acme/base." in page(client, "/lineage/between/model/acme/base?with=acme/mix")


def test_what_both_come_from_is_told_nearest_first(client, family):
    text = page(client, "/lineage/between/model/acme/mix?with=ACME/sister")
    assert "Neither comes from the other." in text
    common = text[text.index('id="common"') :]
    assert common.count("<tr>") >= 2 and "acme/base" in common and "<td>2</td>" in common and "<td>1</td>" in common


def test_what_hangs_on_one_is_told_without_another(client, family):
    text = page(client, "/lineage/between/model/acme/base")
    assert "4 repositories" in text and "3 by fine-tune" in text
    assert "Nothing that is known comes from it." in page(client, "/lineage/between/model/acme/alone")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("acme/none", "The model acme/none is neither mirrored nor named as a parent."),
        ("acme/base", "That is the same repository."),
        ("acme/new", "The model acme/new was not traced yet."),
        ("%3Cscript%3E", "The model &lt;script&gt; is neither"),
    ],
)
def test_a_second_name_that_says_nothing_is_answered_in_a_sentence(client, family, asked, sentence):
    model("acme/new")
    assert sentence in page(client, f"/lineage/between/model/acme/base?with={asked}")


def test_an_unknown_first_name_is_not_found_and_an_untraced_one_says_so(client, family):
    assert client.get("/lineage/between/model/acme/none").status_code == 404
    model("acme/new")
    assert "It was not traced yet." in page(client, "/lineage/between/model/acme/new")


def test_a_way_through_a_hidden_repository_is_told_to_staff_alone(client, family):
    Repo.objects.filter(name__in=["acme/one", "acme/two"]).update(staff_only=True)
    path = "/lineage/between/model/acme/mix?with=acme/base"
    assert "Neither comes from the other." in page(client, path)
    client.force_login(User.objects.create_user("ada", is_staff=True))
    assert "acme/mix comes from acme/base." in page(client, path)


def test_the_page_takes_few_queries(client, family, django_assert_max_num_queries):
    with django_assert_max_num_queries(18):
        page(client, "/lineage/between/model/acme/mix?with=acme/base")
