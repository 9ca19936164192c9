"""The Hub's border against a server on this machine: what is asked for, what comes back, what never leaves."""

import gzip
import re
from contextlib import ExitStack

import pytest
from huggingface_hub import HfApi, ModelCard, hf_hub_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

from registry.hub import Hub, HubError, RepoDisabled, RepoGated, RepoGone, RevisionGone, TooLarge, open_hub
from tests.loopback_hub import Fault, LoopbackHub, git_sha1, record

TOKEN = "hf_" + "s" * 30
CARD = "---\nlicense: mit\n---\n# Tiny\n"


@pytest.fixture
def loopback():
    """Starts loopback Hubs that end with the test."""
    with ExitStack() as stack:
        yield lambda *records, **options: stack.enter_context(LoopbackHub(*records, **options))


def at(hub, token="", **options):
    options.setdefault("pause", lambda seconds: None)
    return Hub(hub.endpoint, token, 2.0, **options)


def names(pages):
    return [item["id"] for page in pages for item in page.items]


@pytest.mark.parametrize("kind", ["model", "dataset", "space"])
def test_a_repository_comes_with_its_files_card_and_fields(loopback, kind):
    hub = loopback(record("acme/tiny", kind, card=CARD, cardData={"license": "mit"}, gated="auto", usedStorage=7))
    info = at(hub).info(kind, "acme/tiny")
    assert info["id"] == "acme/tiny" and info["cardData"] == {"license": "mit"} and info["gated"] == "auto"
    assert info["siblings"] == [
        {"rfilename": "README.md", "size": len(CARD.encode()), "blobId": git_sha1(CARD.encode())}
    ]


def test_what_the_hub_gives_only_by_name_is_asked_for_by_name(loopback):
    parents = {"relation": "finetune", "models": [{"_id": "a" * 24, "id": "acme/base"}]}
    hub = loopback(record("acme/tiny", baseModels=parents, downloadsAllTime=9))
    info = at(hub).info("model", "acme/tiny")
    assert info["baseModels"] == parents and info["downloadsAllTime"] == 9
    assert "baseModels" not in at(hub).info("model", "acme/tiny", expanded=False)


def test_a_hub_without_expand_still_gives_the_rest(loopback):
    hub = loopback(record("acme/tiny", baseModels={}), record("acme/small"))
    hub.fail("expand=", Fault(status=400, body=b'{"error": "unknown field"}'), times=2)
    assert at(hub).info("model", "acme/tiny")["sha"]
    assert set(names(at(hub).listing("model"))) == {"acme/tiny", "acme/small"}
    assert hub.asked[-1].query["full"] == ["true"]


def test_fields_of_another_revision_are_not_mixed_in(loopback):
    hub = loopback(record("acme/tiny", downloadsAllTime=9))
    moved_on = b'{"id": "acme/tiny", "sha": "%s", "downloadsAllTime": 9}' % (b"0" * 40)
    hub.fail("expand=", Fault(status=200, body=moved_on))
    assert "downloadsAllTime" not in at(hub).info("model", "acme/tiny")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"author": "acme"}, {"acme/a", "acme/b"}),
        ({"filters": ["license:mit"]}, {"acme/a", "zoo/c"}),
        ({"filters": ["license:mit", "base_model:finetune:acme/b"]}, {"zoo/c"}),
        ({"search": "B"}, {"acme/b"}),
        ({"limit": 2}, {"acme/a", "acme/b"}),
        ({"limit": 0}, set()),
    ],
)
def test_listings_go_by_author_filter_search_and_limit(loopback, query, expected):
    hub = loopback(
        record("acme/a", tags=["license:mit"], likes=3),
        record("acme/b", likes=2),
        record("zoo/c", tags=["license:mit", "base_model:finetune:acme/b"], likes=1),
    )
    assert set(names(at(hub).listing("model", sort="likes", **query))) == expected


def test_a_listing_brings_what_describes_a_repository(loopback):
    config = {"model_type": "tiny"}
    hub = loopback(record("acme/tiny", card=CARD, config=config, safetensors={"total": 5}, baseModels={"models": []}))
    (page,) = at(hub).listing("model")
    assert {"sha", "siblings", "config", "safetensors", "baseModels", "gated", "lastModified"} <= set(page.items[0])


def test_every_page_is_followed_and_can_be_gone_on_from(loopback):
    hub = loopback(*(record(f"acme/m{n}") for n in range(7)), page_items=3)
    pages = list(at(hub).listing("model"))
    assert [len(page.items) for page in pages] == [3, 3, 1] and pages[-1].next_url is None
    assert names(at(hub).listing("model", next_url=pages[0].next_url)) == names(pages[1:])
    assert len(names(at(hub).listing("model", limit=5))) == 5


def test_a_card_is_one_get_at_the_sha(loopback):
    hub = loopback(record("acme/tiny", card=CARD), record("acme/tiny", "space"))
    border = at(hub)
    sha = hub.records["model", "acme/tiny"]["info"]["sha"]
    assert border.card("model", "acme/tiny", sha) == CARD.encode() and border.requests == 1
    assert [(a.method, a.path) for a in hub.asked] == [("GET", f"/acme/tiny/resolve/{sha}/README.md")]
    assert "x-hf-download-counter" not in hub.asked[0].headers
    assert border.card("space", "acme/tiny", "main") is None
    assert hub.asked[-1].path == "/spaces/acme/tiny/resolve/main/README.md"


def test_a_card_that_comes_compressed_is_unpacked(loopback):
    hub = loopback(record("acme/tiny", card=CARD))
    hub.fail("README", Fault(status=200, body=gzip.compress(CARD.encode()), headers={"Content-Encoding": "gzip"}))
    assert at(hub).card("model", "acme/tiny", "main") == CARD.encode()


def test_a_card_is_read_to_two_mebibytes_and_no_further(loopback):
    bomb = gzip.compress(b"\0" * 50_000_000)
    hub = loopback(record("acme/full", card="x" * 2_097_152), record("acme/tiny", card="x" * 2_097_153))
    hub.fail("acme/bomb", Fault(status=200, body=bomb, headers={"Content-Encoding": "gzip"}))
    assert len(at(hub).card("model", "acme/full", "main")) == 2_097_152
    for name in ("acme/tiny", "acme/bomb"):
        with pytest.raises(TooLarge):
            at(hub).card("model", name, "main")


def test_a_rename_is_followed_and_tells_the_new_name(loopback):
    hub = loopback(record("acme/old"))
    hub.rename("model", "acme/old", "acme/new")
    border = at(hub)
    assert border.info("model", "acme/old", expanded=False)["id"] == "acme/new"
    assert border.requests == 2


def test_gone_gated_disabled_and_missing_revisions_are_told_apart(loopback):
    hub = loopback(
        record("acme/private", private=True),
        record("acme/gated", card=CARD, gated="manual"),
        record("acme/disabled", disabled=True),
        token=TOKEN,
    )
    border = at(hub)
    for name in ("acme/private", "acme/missing"):
        with pytest.raises(RepoGone):
            border.info("model", name)
    with pytest.raises(RepoDisabled):
        border.info("model", "acme/disabled")
    assert border.info("model", "acme/gated")["gated"] == "manual"
    with pytest.raises(RepoGated):
        border.card("model", "acme/gated", "main")
    with pytest.raises(RevisionGone):
        border.info("model", "acme/gated", "v9")
    assert at(hub, TOKEN).info("model", "acme/private")["private"] is True
    assert at(hub, TOKEN).card("model", "acme/gated", "main") == CARD.encode()


def test_a_401_on_plain_http_without_a_code_is_gone_or_private(loopback):
    hub = loopback()
    hub.fail("acme", Fault(status=401, body=b'{"error": "Invalid username or password."}'))
    with pytest.raises(RepoGone, match="gone or private"):
        at(hub).info("model", "acme/tiny")


def test_the_token_goes_to_the_hub_and_nowhere_else(loopback):
    hub, elsewhere = loopback(record("acme/tiny")), loopback(record("acme/tiny"))
    hub.fail("/api/models", Fault(status=307, headers={"Location": f"{elsewhere.endpoint}/api/models/acme/tiny"}))
    with pytest.raises(HubError, match="another host"):
        at(hub, TOKEN).info("model", "acme/tiny")
    link = f'<{elsewhere.endpoint}/api/models?cursor=1>; rel="next"'
    hub.fail("/api/models", Fault(status=200, body=b"[]", headers={"Link": link}))
    with pytest.raises(HubError, match="another host"):
        list(at(hub, TOKEN).listing("model"))
    with pytest.raises(HubError, match="another host"):
        list(at(hub, TOKEN).listing("model", next_url=f"{elsewhere.endpoint}/api/models"))
    assert elsewhere.asked == []
    assert {a.headers["authorization"] for a in hub.asked} == {f"Bearer {TOKEN}"}


def test_without_a_token_none_is_sent_even_where_the_machine_has_one(loopback, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub = loopback(record("acme/tiny"))
    at(hub).info("model", "acme/tiny")
    assert all("authorization" not in a.headers for a in hub.asked)


def test_no_error_and_no_log_line_shows_the_token(loopback, caplog):
    caplog.set_level("DEBUG")
    hub = loopback(record("acme/tiny"))
    secret = "plain-secret-of-no-known-form"
    for status in (400, 401, 403, 404, 429, 500):
        hub.fail("acme", Fault(status=status, body=f'{{"error": "you sent Bearer {secret}"}}'.encode()))
        with pytest.raises(HubError) as caught:
            at(hub, secret, patience_s=0).info("model", "acme/tiny")
        assert secret not in str(caught.value) and "\n" not in str(caught.value)
    assert secret not in caplog.text


def test_no_cookie_of_the_hub_is_kept(loopback):
    hub = loopback(record("acme/tiny"))
    hub.fail("acme", Fault(status=200, body=b'{"id": "acme/tiny"}', headers={"Set-Cookie": "seen=1; Path=/"}))
    border = at(hub)
    border.info("model", "acme/tiny")
    border.info("model", "acme/tiny")
    assert all("cookie" not in a.headers for a in hub.asked)


def test_offline_mode_is_one_clear_sentence(loopback, monkeypatch):
    hub = loopback(record("acme/tiny"))
    monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: True)
    with pytest.raises(HubError, match="HF_HUB_OFFLINE is set"):
        at(hub).info("model", "acme/tiny")
    assert hub.asked == []


def test_the_settings_name_the_hub(loopback, settings):
    hub = loopback(record("acme/tiny"), token=TOKEN)
    settings.HF_ENDPOINT, settings.HF_TOKEN = f"{hub.endpoint}/", TOKEN
    assert open_hub(patience_s=0).info("model", "acme/tiny")["id"] == "acme/tiny"
    assert re.fullmatch(r"stemma/.*; hf_hub/.*", hub.asked[0].headers["user-agent"])


def test_the_loopback_hub_satisfies_the_real_client(loopback, tmp_path):
    hub = loopback(
        *(record(f"acme/m{n}", card=CARD, likes=n) for n in range(5)),
        record("acme/gated", card=CARD, gated="auto"),
        page_items=2,
    )
    api = HfApi(endpoint=hub.endpoint, token=False)
    assert [m.id for m in api.list_models(author="acme", sort="likes", limit=3)] == ["acme/m4", "acme/m3", "acme/m2"]
    assert api.model_info("acme/m1", files_metadata=True).siblings[0].blob_id == git_sha1(CARD.encode())
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("acme/none")
    path = hf_hub_download("acme/m1", "README.md", endpoint=hub.endpoint, cache_dir=tmp_path, token=False)
    assert ModelCard.load(path).data.license == "mit"
    with pytest.raises(GatedRepoError):
        hf_hub_download("acme/gated", "README.md", endpoint=hub.endpoint, cache_dir=tmp_path, token=False)
