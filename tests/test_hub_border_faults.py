"""A Hub that is slow, busy, broken or hostile: each failure has its own name, and none takes for ever."""

import socket
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from huggingface_hub import HfApi
from huggingface_hub.utils import httpx
from hypothesis import given
from hypothesis import strategies as st

import registry.hub
from registry.hub import BadAnswer, BadRequest, BadToken, Hub, HubBusy, HubError, TooLarge
from registry.hub_answers import bytes_of, message_of, page_of, record_of, wait_s
from tests.loopback_hub import Fault, LoopbackHub, record


@pytest.fixture
def hub():
    with LoopbackHub(record("acme/tiny", card="# Tiny")) as loopback:
        yield loopback


def patient(hub, timeout_s=2.0, patience_s=330.0):
    """A border whose waits are noted in `.waited` instead of being spent."""
    waited = []
    border = Hub(hub.endpoint, "", timeout_s, patience_s=patience_s, pause=waited.append)
    border.waited = waited
    return border


BUSY = [
    (Fault(status=429, headers={"RateLimit": '"api";r=0;t=55', "Retry-After": "9"}), [56.0]),
    (Fault(status=429, headers={"Retry-After": "9"}), [9.0]),
    (Fault(status=429), [1.0]),
    (Fault(status=503, headers={"Retry-After": "3"}), [3.0]),
    (Fault(status=500), [1.0]),
    (Fault(status=504, body=b"<html>Gateway"), [1.0]),
    (Fault(reset=True), [1.0]),
    (Fault(keep_bytes=10), [1.0]),
]


@pytest.mark.parametrize(("fault", "waited"), BUSY)
def test_a_busy_hub_is_asked_again_after_the_wait_it_names(hub, fault, waited):
    hub.fail("blobs=", fault)
    border = patient(hub)
    assert border.info("model", "acme/tiny", expanded=False)["id"] == "acme/tiny"
    assert border.waited == waited and border.requests == 2


def test_a_hub_may_name_the_end_of_the_wait_as_a_date(hub):
    until = datetime.now(UTC) + timedelta(seconds=30)
    hub.fail("acme", Fault(status=429, headers={"Retry-After": format_datetime(until, usegmt=True)}))
    border = patient(hub)
    border.info("model", "acme/tiny", expanded=False)
    assert 25 < border.waited[0] <= 30


def test_a_listing_is_tried_again_like_anything_else(hub):
    hub.fail("/api/models", Fault(status=503), times=2)
    border = patient(hub)
    assert len(next(border.listing("model")).items) == 1 and border.waited == [1.0, 2.0]


def test_patience_ends(hub):
    hub.fail("acme", Fault(status=500), times=99)
    border = patient(hub)
    with pytest.raises(HubBusy):
        border.info("model", "acme/tiny")
    assert border.waited == [1.0, 2.0, 4.0, 8.0]


def test_a_wait_beyond_our_patience_is_told_instead_of_spent(hub):
    hub.fail("acme", Fault(status=429, headers={"Retry-After": "86400"}))
    border = patient(hub)
    with pytest.raises(HubBusy) as caught:
        border.info("model", "acme/tiny")
    assert caught.value.retry_after_s == 86400 and border.waited == [] and border.requests == 1


@pytest.mark.parametrize("fault", [Fault(hang_s=1.0), Fault(drip_s=0.05)])
def test_silence_and_a_dripping_body_end_as_time_outs(hub, fault):
    hub.fail("acme", fault, times=9)
    border = patient(hub, timeout_s=0.1, patience_s=0)
    with pytest.raises(HubBusy, match="longer than 0.1 s"):
        border.info("model", "acme/tiny")


def test_dripping_headers_end_as_a_time_out(monkeypatch):
    monkeypatch.setattr(registry.hub, "DEADLINES", 3)
    with dripping_headers() as endpoint, pytest.raises(HubBusy, match="longer than 0.1 s"):
        Hub(endpoint, timeout_s=0.1, patience_s=0).info("model", "acme/tiny")


@contextmanager
def dripping_headers():
    """A server that begins an answer and sends one more byte of its headers every hundredth of a second, for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nx-header: ")
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.01)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("fault", [Fault(status=504), Fault(hang_s=0.5)])
def test_a_page_that_takes_the_hub_too_long_is_asked_for_in_halves(hub, fault):
    hub.add(*(record(f"acme/r{n:03}") for n in range(130)))
    hub.fail("limit=500|limit=250", fault, times=4)
    pages = list(patient(hub, timeout_s=0.3, patience_s=2).listing("model"))
    assert [asked.query["limit"] for asked in hub.asked] == [["500"]] * 2 + [["250"]] * 2 + [["125"]] * 2
    assert [len(page.items) for page in pages] == [125, 6]


def test_a_hub_that_cannot_give_the_smallest_page_either_is_busy(hub):
    hub.fail("/api/models", Fault(status=504), times=99)
    with pytest.raises(HubBusy, match="504"):
        next(patient(hub).listing("model"))
    assert hub.asked[-1].query["limit"] == ["62"]


def told(left):
    """An answer that tells how many requests are left of five hundred, for fifty-five seconds."""
    headers = {"RateLimit": f'"api";r={left};t=55', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}
    return Fault(status=200, body=b'{"id": "acme/tiny"}', headers=headers)


def test_a_mirror_rests_when_seven_tenths_of_the_quota_are_used(hub):
    hub.fail("acme/tiny", told(left=151))
    hub.fail("acme/tiny", told(left=150))
    border = patient(hub)
    waited = []
    for _ in range(4):
        border.info("model", "acme/tiny", expanded=False)
        waited.append(len(border.waited))
    assert waited == [0, 0, 1, 1] and 50 < border.waited[0] <= 56


def test_files_count_against_a_quota_of_their_own(hub):
    hub.fail("/api/", told(left=10))
    border = patient(hub)
    border.info("model", "acme/tiny", expanded=False)
    border.card("model", "acme/tiny", "main")
    assert border.waited == []
    border.info("model", "acme/tiny", expanded=False)
    assert len(border.waited) == 1


def test_a_person_who_waits_is_served_from_what_mirrors_leave_alone(hub):
    hub.fail("acme/tiny", told(left=10), times=2)
    border = patient(hub, patience_s=5)
    for _ in range(2):
        border.info("model", "acme/tiny", expanded=False)
    assert border.waited == []


def test_calls_of_the_client_itself_have_a_time_out_too(hub, monkeypatch):
    monkeypatch.setattr(registry.hub, "TIMEOUT_S", 0.1)
    hub.fail("acme", Fault(hang_s=1.0))
    with pytest.raises(httpx.TimeoutException):
        HfApi(endpoint=hub.endpoint, token=False).model_info("acme/tiny")


def test_an_unreachable_hub_is_told_at_once():
    with pytest.raises(HubBusy, match="http://127.0.0.1:9 cannot be reached"):
        Hub("http://127.0.0.1:9", pause=pytest.fail).info("model", "acme/tiny")


UNREADABLE = {
    "a web page": b"<!doctype html><title>Log in</title>",
    "an empty answer": b"",
    "not JSON": b'{"id": "acme/tiny", ',
    "a JSON list": b"[]",
    "a JSON string": b'"x"',
    "a JSON null": b"null",
    "something that is not JSON": b'{"likes": NaN}',
    "something": b"[" * 100_000,
    "something that is": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("words", UNREADABLE)
def test_an_unreadable_answer_is_named_as_such(hub, words):
    hub.fail("acme", Fault(status=200, body=UNREADABLE[words]))
    with pytest.raises(BadAnswer, match=words):
        patient(hub).info("model", "acme/tiny")
    assert len(hub.asked) == 1


def test_a_page_of_another_shape_is_unreadable_and_a_bad_entry_only_a_problem(hub):
    hub.fail("/api/models", Fault(status=200, body=b'{"error": 1}'))
    with pytest.raises(BadAnswer, match="JSON object for the listing"):
        list(patient(hub).listing("model"))
    hub.fail(
        "/api/models", Fault(status=200, body=b'[{"id": "a/b"}, 7, null, {"id": "a/b"}, {"likes": 1}, {"id": []}]')
    )
    (page,) = patient(hub).listing("model")
    assert page.items == [{"id": "a/b"}, {"likes": 1}, {"id": []}]
    assert [problem[:11] for problem in page.problems] == ["Entry 2 of ", "Entry 3 of ", "a/b stands "]


def test_pages_without_end_are_noticed(hub):
    first = f'<{hub.endpoint}/api/models?cursor=1>; rel="next"'
    hub.fail("/api/models", Fault(status=200, body=b"[]", headers={"Link": first}), times=99)
    with pytest.raises(BadAnswer, match="no end"):
        list(patient(hub).listing("model"))
    assert len(hub.asked) == 2


def test_the_same_page_under_new_cursors_is_noticed(hub):
    for n in range(9):
        link = f'<{hub.endpoint}/api/models?cursor={n}>; rel="next"'
        hub.fail("/api/models", Fault(status=200, body=b'[{"id": "a/b"}]', headers={"Link": link}))
    with pytest.raises(BadAnswer, match="no end"):
        list(patient(hub).listing("model"))
    assert len(hub.asked) == 2


def test_a_next_page_of_another_listing_is_not_followed(hub):
    for path in ("/api/spaces?cursor=1", "/admin/", "//127.0.0.1:1/api/models"):
        hub.fail("/api/models", Fault(status=200, body=b"[]", headers={"Link": f'<{path}>; rel="next"'}))
        with pytest.raises(BadAnswer, match="leads to"):
            list(patient(hub).listing("model"))
    assert {asked.path for asked in hub.asked} == {"/api/models"}


def test_redirects_without_end_are_noticed(hub):
    hub.fail("acme", Fault(status=307, headers={"Location": "/api/models/acme/tiny"}), times=99)
    with pytest.raises(BadAnswer, match="without end"):
        patient(hub).info("model", "acme/tiny")
    assert len(hub.asked) == 6


def test_an_expired_cursor_and_a_bad_token_have_names_of_their_own(hub):
    hub.fail("cursor", Fault(status=400, body=b'{"error": "Invalid cursor"}'))
    with pytest.raises(BadRequest, match="Invalid cursor"):
        list(patient(hub).listing("model", next_url=f"{hub.endpoint}/api/models?cursor=gone"))
    hub.fail("acme", Fault(status=401, body=b'{"error": "Invalid credentials in Authorization header"}'))
    hub.fail("/api/models", Fault(status=401))
    for call in (lambda b: b.info("model", "acme/tiny"), lambda b: list(b.listing("model"))):
        with pytest.raises(BadToken):
            call(patient(hub))


def test_an_answer_beyond_the_bound_is_not_read():
    with pytest.raises(TooLarge):
        bytes_of([b"x" * 600, b"x" * 600], "", 1000)
    assert bytes_of([b"x" * 500, b"x" * 500], "", 1000) == b"x" * 1000


@pytest.mark.parametrize(
    ("encoding", "body"), [("br", b"x"), ("gzip, gzip", b"x"), ("gzip", b"plain"), ("gzip", b"\x1f\x8b")]
)
def test_an_encoding_that_was_not_asked_for_or_is_broken_is_refused(encoding, body):
    with pytest.raises(BadAnswer):
        bytes_of([body], encoding, 1000)


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304])
def test_a_status_that_answers_nothing_is_unreadable(hub, status):
    hub.fail("acme", Fault(status=status))
    with pytest.raises(BadAnswer, match=str(status)):
        patient(hub).info("model", "acme/tiny")


@given(st.binary(max_size=200))
def test_no_body_makes_the_readers_raise_anything_else(body):
    assert len(message_of(body)) <= 200
    for read in (lambda: record_of(body, "x"), lambda: page_of(body, "x", None), lambda: bytes_of([body], "gzip", 99)):
        try:
            read()
        except HubError:
            pass


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_makes_the_wait_raise_or_run_backwards(rate_limit, retry_after):
    headers = {"ratelimit": rate_limit, "retry-after": retry_after}
    assert (wait_s(429, headers, datetime.now(UTC)) or 0) >= 0
