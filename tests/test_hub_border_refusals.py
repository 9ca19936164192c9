"""What the Hub's border refuses by itself: malformed names, weights, and files by which the Hub counts downloads."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.hub import BadName, Hub, HubError
from registry.hub_paths import may_ask, may_read
from tests.loopback_hub import Fault, LoopbackHub, record


@pytest.fixture
def loopback():
    """Starts loopback Hubs that end with the test."""
    with ExitStack() as stack:
        yield lambda *records, **options: stack.enter_context(LoopbackHub(*records, **options))


def at(hub, token="", **options):
    options.setdefault("pause", lambda seconds: None)
    return Hub(hub.endpoint, token, 2.0, **options)


MALFORMED = [
    "",
    "a/b/c",
    "../etc",
    "a b",
    "-x",
    "x.git",
    "x" * 97,
    "a/../b",
    "über/x",
    "a--b",
    "a\n",
    "datasets/a/b",
    "%2e",
]


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_id_is_refused_without_a_request(loopback, name):
    hub = loopback()
    for call in (lambda b: b.info("model", name), lambda b: b.card("model", name, "main")):
        with pytest.raises(BadName):
            call(at(hub))
    assert hub.asked == []


@pytest.mark.parametrize("revision", ["", "..", "a\0b", "x" * 300])
def test_a_malformed_revision_is_refused_without_a_request(loopback, revision):
    hub = loopback(record("acme/tiny"))
    with pytest.raises(BadName):
        at(hub).info("model", "acme/tiny", revision)
    with pytest.raises(BadName):
        at(hub).card("model", "acme/tiny", revision)
    assert hub.asked == []


@pytest.mark.parametrize("endpoint", ["", "ftp://hub", "http://", "https://user:pw@hub", "http://h:x", "http://h/?a=1"])
def test_only_a_plain_address_is_a_hub(endpoint):
    with pytest.raises(BadName):
        Hub(endpoint)


COUNTED = ["config.json", "adapter_config.json", "model.safetensors", "x.gguf", "hyperparams.yaml", "params.json"]


@pytest.mark.parametrize(
    "path", [*COUNTED, "meta.yaml", "config.yaml", "LICENSE.gguf", "a/README.md", "README.md/../x.bin"]
)
def test_weights_and_counted_files_are_never_asked_for(loopback, path):
    hub = loopback(record("acme/tiny", files={path: "x"}))
    with pytest.raises(HubError, match="not a file that a mirror may read"):
        at(hub).small_file("model", "acme/tiny", "main", path)
    assert hub.asked == []


def test_a_redirect_to_weights_is_not_followed(loopback):
    hub = loopback(record("acme/tiny", files={"model.safetensors": "x"}))
    there = {"Location": "/acme/tiny/resolve/main/model.safetensors"}
    hub.fail("README", Fault(status=307, headers=there))
    with pytest.raises(HubError, match="does not read"):
        at(hub).card("model", "acme/tiny", "main")
    assert len(hub.asked) == 1


@given(st.text(max_size=60), st.sampled_from(["safetensors", "bin", "gguf", "pt", "json", "onnx"]))
def test_no_spelling_of_a_weights_file_is_readable(stem, suffix):
    assert not may_read(f"{stem}.{suffix}")
    assert not may_ask(f"/acme/tiny/resolve/main/{stem}.{suffix}")


def test_small_text_files_on_the_list_are_read(loopback):
    files = {"LICENSE": "MIT", ".eval_results/a.yaml": "- value: 1", "mergekit_config.yml": "merge_method: ties"}
    hub = loopback(record("acme/tiny", files=files))
    for path, text in files.items():
        assert at(hub).small_file("model", "acme/tiny", "main", path) == text.encode()
