"""The Hub-compatible read API, asked by the real client and by our own border over a live server."""

import os
import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.timezone import now, timedelta
from huggingface_hub import HfApi, ModelCard, hf_hub_download, hf_hub_url
from huggingface_hub.errors import (
    BadRequestError,
    DisabledRepoError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from registry.hub import Hub, RepoDisabled, RepoGone, RevisionGone
from registry.models import Alias, ApiToken, Repo, Revision
from tests.mirrored import SEEN, content_of, mirrored
from tests.tagged_repos import tagged_repo as repo

CARD = "---\nlicense: mit\n---\n# Tiny\n"
SHA256 = "c" * 64


@pytest.fixture
def api(live_server):
    return HfApi(endpoint=live_server.url, token=False)


INFO = {
    "id": "was/other",
    "downloads": 1,
    "config": {"model_type": "tiny"},
    "siblings": [{"rfilename": "README.md", "size": 1}, "junk"],
    "cardData": {"license": "mit"},
    "baseModels": {"relation": "finetune", "models": [{"id": "acme/base"}]},
    "safetensors": {"parameters": {"F32": 5}, "total": 5},
}


def test_records_are_columns_over_what_the_hub_said(db, api):
    row = repo("acme/tiny", info=INFO, downloads=77, hub_id="a" * 24, tags=["en"], library_name="tiny", likes=3)
    Repo.objects.filter(pk=row.pk).update(hub_modified_at=SEEN, hub_created_at=SEEN)
    (plain,) = api.list_models()
    assert (plain.id, plain.downloads, plain.likes, plain.tags) == ("acme/tiny", 77, 3, ["en"])
    assert plain.siblings is None and plain.card_data is None and plain.sha is None
    (full,) = api.list_models(full=True, cardData=True, fetch_config=True)
    assert [s.rfilename for s in full.siblings] == ["README.md"] and full.card_data.license == "mit"
    assert full.config == {"model_type": "tiny"} and full.last_modified == SEEN
    assert full.sha == row.head.sha and full.author == "acme" and full.gated is False
    (named,) = api.list_models(expand=["safetensors", "baseModels"])
    assert named.safetensors.total == 5 and named.base_models["relation"] == "finetune" and named.downloads is None
    info = api.model_info("acme/tiny")
    assert info.downloads == 77 and info.config == {"model_type": "tiny"} and info.library_name == "tiny"
    assert not info.base_models and api.model_info("acme/tiny", expand=["baseModels"]).base_models


def test_what_is_unknown_is_left_out(db, client):
    mirrored("bare", tags=[])
    record = client.get("/api/models/bare").json()
    assert set(record) == {"id", "modelId", "sha", "tags"}


def test_the_header_of_the_card_stands_in_for_card_data(db, api):
    repo("acme/tiny", card=CARD, header={"license": "mit"}, info={"id": "acme/tiny"})
    (model,) = api.list_models(cardData=True)
    assert model.card_data.license == "mit" and api.model_info("acme/tiny").card_data.license == "mit"


def test_datasets_and_spaces_are_read_like_models(db, api):
    repo("acme/data", kind="dataset", card=CARD, info={"description": "Rows."}, texts={"README.md": CARD})
    repo("acme/app", kind="space", sdk="gradio", info={"models": ["acme/tiny"], "datasets": ["acme/data"]})
    assert api.dataset_info("acme/data").description == "Rows."
    assert next(api.list_datasets(full=True)).id == "acme/data"
    assert api.space_info("acme/app").sdk == "gradio" and api.space_info("acme/app").models == ["acme/tiny"]
    assert next(api.list_spaces(linked=True)).datasets == ["acme/data"]
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("acme/data")


def test_files_come_with_sizes_and_hashes_when_asked(db, api):
    row = repo("acme/tiny", files={"a/model.safetensors": 1000, "b.txt": None}, info={"id": "acme/tiny"})
    row.head.files.filter(size_bytes=1000).update(lfs_sha256=SHA256, blob_id="d" * 40)
    weights, text = api.model_info("acme/tiny", files_metadata=True).siblings
    assert (weights.size, weights.blob_id, weights.lfs.sha256) == (1000, "d" * 40, SHA256)
    assert weights.lfs.pointer_size == 129 and text.size is None
    assert api.model_info("acme/tiny").siblings[0].size is None
    tree = list(api.list_repo_tree("acme/tiny"))
    assert [entry.path for entry in tree] == ["a", "b.txt"]
    assert [e.path for e in api.list_repo_tree("acme/tiny", "a")] == ["a/model.safetensors"]
    assert api.list_repo_files("acme/tiny") == ["a/model.safetensors", "b.txt"]


def test_an_older_revision_tells_only_what_is_known_of_it(db, api):
    row = repo("acme/tiny", card=CARD, info=INFO, likes=3)
    old = Revision.objects.create(repo=row, sha="b" * 40, first_seen_at=SEEN, card=content_of("# Old"))
    info = api.model_info("acme/tiny", revision=old.sha)
    assert info.sha == old.sha and info.likes == 3
    assert info.config is None and info.card_data is None and info.siblings is None and info.tags is None
    assert api.model_info("acme/tiny", revision=row.head.sha).config == {"model_type": "tiny"}
    for unknown in ("v9", "refs/pr/1"):
        with pytest.raises(RevisionNotFoundError):
            api.model_info("acme/tiny", revision=unknown)


def test_cards_are_downloaded_and_loaded(db, live_server, tmp_path):
    row = repo("acme/tiny", card=CARD)
    repo("acme/tiny", kind="dataset", card=CARD.replace("Tiny", "Rows"))
    where = {"endpoint": live_server.url, "cache_dir": tmp_path, "token": False}
    path = hf_hub_download("acme/tiny", "README.md", **where)
    assert ModelCard.load(path).data.license == "mit" and row.head.sha in path
    assert "Rows" in open(hf_hub_download("acme/tiny", "README.md", repo_type="dataset", **where)).read()


AS_A_USER = """
from huggingface_hub import HfApi, ModelCard, hf_hub_download
print([m.id for m in HfApi().list_models(author="acme")], ModelCard.load("acme/tiny").data.license)
print(open(hf_hub_download("acme/tiny", "README.md")).read())
"""


def test_a_user_needs_to_change_nothing_but_the_address(db, live_server, tmp_path):
    repo("acme/tiny", card=CARD)
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    place = {"HF_ENDPOINT": live_server.url, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_TELEMETRY": "1"}
    done = subprocess.run([sys.executable, "-c", AS_A_USER], env=kept | place, capture_output=True, text=True)
    assert done.stdout == f"['acme/tiny'] mit\n{CARD}\n", done.stderr


def test_head_tells_etag_commit_and_length(db, client):
    row = repo("acme/tiny", card=CARD)
    url = f"/acme/tiny/resolve/{row.head.sha}/README.md"
    head, get = client.head(url), client.get(url)
    for response in (head, get):
        assert response.headers["ETag"] == f'"{row.head.card.git_sha1}"'
        assert response.headers["X-Repo-Commit"] == row.head.sha
        assert response.headers["Content-Length"] == str(len(CARD.encode()))
        assert response.headers["Content-Type"].startswith("text/plain")
    assert head.content == b"" and get.content == CARD.encode()
    assert client.get(url, headers={"If-None-Match": head.headers["ETag"]}).status_code == 304


def test_a_file_that_is_merely_not_kept_is_not_called_absent(db, api, client, tmp_path):
    repo("acme/tiny", files={"model.safetensors": 9}, texts={"LICENSE": "MIT"}, card="")
    repo("acme/unknown")
    with pytest.raises(RemoteEntryNotFoundError):
        hf_hub_download("acme/tiny", "nope.bin", endpoint=api.endpoint, cache_dir=tmp_path, token=False)
    assert client.get("/acme/tiny/resolve/main/LICENSE").content == b"MIT"
    known = {"acme/tiny": {"nope.bin": True, "README.md": True, "model.safetensors": False}}
    for name, files in (known | {"acme/unknown": {"README.md": False, "x": False}}).items():
        for path, is_absent in files.items():
            response = client.get(f"/{name}/resolve/main/{path}")
            assert response.status_code == 404 and response.headers["X-Error-Code"] == "EntryNotFound"
            assert ("X-Repo-Commit" in response.headers) is is_absent


def test_an_old_name_leads_to_the_new_one(db, api, client, tmp_path):
    row = repo("acme/new", card=CARD)
    Alias.objects.create(repo=row, kind="model", name="acme/Old", valid_from=SEEN, valid_to=SEEN)
    assert api.model_info("acme/old").id == "acme/new"
    response = client.get("/api/models/acme/old/revision/main?expand=sha")
    assert response.status_code == 307
    assert response.headers["Location"] == "/api/models/acme/new/revision/main?expand=sha"
    path = hf_hub_download("acme/old", "README.md", endpoint=api.endpoint, cache_dir=tmp_path, token=False)
    assert open(path).read() == CARD


def test_missing_gone_disabled_and_hidden_repositories_are_told_apart(db, api, client, live_server):
    repo("acme/gone", gone_at=SEEN)
    repo("acme/disabled", is_disabled=True)
    secret = repo("acme/secret", staff_only=True, card=CARD, likes=4)
    Alias.objects.create(repo=secret, kind="model", name="acme/old", valid_from=SEEN, valid_to=SEEN)
    for name in ("acme/gone", "acme/secret", "acme/never", "acme/old"):
        with pytest.raises(RepositoryNotFoundError):
            api.model_info(name)
        assert client.get(f"/{name}/resolve/main/README.md").headers["X-Error-Code"] == "RepoNotFound"
        with pytest.raises(RepoGone):
            Hub(live_server.url).info("model", name)
    with pytest.raises(DisabledRepoError):
        api.model_info("acme/disabled")
    with pytest.raises(RepoDisabled):
        Hub(live_server.url).info("model", "acme/disabled")
    assert "acme/secret" not in {m.id for m in api.list_models()}


def test_staff_see_what_only_staff_may_see(db, live_server):
    repo("acme/secret", staff_only=True)
    user = get_user_model().objects.create_user("curator", is_staff=True)
    until = now() + timedelta(days=1)
    _, token = ApiToken.issue(user, label="r", scopes=["read"], expires_at=until)
    _, writer = ApiToken.issue(user, label="w", scopes=["mirror"], expires_at=until)
    assert HfApi(endpoint=live_server.url, token=token).model_info("acme/secret").id == "acme/secret"
    with pytest.raises(RepositoryNotFoundError):
        HfApi(endpoint=live_server.url, token=writer).model_info("acme/secret")


def test_a_token_of_the_hub_is_no_obstacle_and_a_wrong_one_of_ours_is(db, client, settings):
    repo("acme/tiny")
    given = {"Authorization": "Bearer hf_abcdefghijklmnop"}
    assert client.get("/api/models/acme/tiny", headers=given).status_code == 200
    assert client.get("/api/models", headers={"Authorization": "Bearer stm_wrong"}).status_code == 401
    settings.PUBLIC_READ = False
    assert client.get("/api/models/acme/tiny", headers=given).status_code == 401


def test_an_unknown_expand_is_answered_with_the_known_ones(db, api):
    repo("acme/tiny")
    with pytest.raises(BadRequestError, match="baseModels"):
        api.model_info("acme/tiny", expand=["nonsense"])


def test_one_stemma_mirrors_another(db, live_server):
    made = repo("acme/tiny", card=CARD, info=INFO, hub_id="a" * 24, texts={"README.md": CARD}, likes=3, gated="auto")
    for n in range(4):
        repo(f"acme/m{n}", hub_created_at=SEEN)
    hub = Hub(live_server.url, patience_s=0)
    pages = list(hub.listing("model"))
    record = next(item for page in pages for item in page.items if item["id"] == "acme/tiny")
    assert record["_id"] == "a" * 24 and record["config"] == INFO["config"] and record["gated"] == "auto"
    assert record["baseModels"] == INFO["baseModels"] and record["sha"] == made.head.sha
    info = hub.info("model", "acme/tiny")
    assert info["baseModels"] == INFO["baseModels"] and info["siblings"][0]["size"] == len(CARD.encode())
    assert hub.card("model", "acme/tiny", info["sha"]) == CARD.encode()
    with pytest.raises(RevisionGone):
        hub.info("model", "acme/tiny", "v9")
    assert [item["id"] for page in hub.listing("model", author="acme", limit=3) for item in page.items]


def test_hostile_paths_are_answered_not_crashed_on(db, client):
    repo("acme/tiny", card=CARD)
    for path in ("README.md%00", "a%0Ab", "..%2F..%2Fsettings.py", "%FF", "x" * 2000):
        assert client.get(f"/acme/tiny/resolve/main/{path}").status_code == 404
        assert client.get(f"/api/models/acme/tiny/tree/main/{path}").status_code == 404
    for revision in ("%00", "refs%2Fpr%2F1", "%0A"):
        assert client.get(f"/api/models/acme/tiny/revision/{revision}").status_code == 404


def test_writing_is_not_understood(db):
    for path in ("/api/models", "/api/models/acme/tiny", "/acme/tiny/resolve/main/README.md"):
        assert Client(enforce_csrf_checks=True).post(path).status_code in (401, 403, 405)


def test_the_urls_are_those_that_the_client_makes(client, db):
    row = repo("acme/tiny", card=CARD)
    for kind in ("dataset", "space"):
        repo("tiny", kind=kind, card=CARD)
        url = hf_hub_url("tiny", "README.md", repo_type=kind, endpoint="")
        assert client.get(url).status_code == 200, url
    assert client.get(hf_hub_url("acme/tiny", "README.md", revision=row.head.sha, endpoint="")).status_code == 200
