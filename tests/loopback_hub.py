"""A Hub on 127.0.0.1 that answers the real huggingface_hub client from records that a test gives it.

    with LoopbackHub(record("acme/tiny", card="# Tiny")) as hub:
        HfApi(endpoint=hub.endpoint).model_info("acme/tiny")
        assert [asked.path for asked in hub.asked] == ["/api/models/acme/tiny"]

It sends what the Hub sends and the client needs: X-Error-Code, X-Repo-Commit, ETag, Link, RateLimit, 307. Each request
is kept in `hub.asked`. `hub.fail(…)` makes the next requests for a path go wrong in one of many ways.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from registry.hub_fields import EXPANDABLE

ALWAYS = ("_id", "id")
LISTED = (
    "modelId",
    "private",
    "likes",
    "downloads",
    "tags",
    "pipeline_tag",
    "library_name",
    "createdAt",
    "gated",
    "sdk",
)
IN_FULL = (*LISTED, "author", "sha", "lastModified", "siblings", "cardData", "config", "description", "disabled")
ONLY_BY_NAME = ("baseModels", "childrenModelCount", "downloadsAllTime", "evalResults", "mainSize")


@dataclass(frozen=True)
class Asked:
    """One request that reached the server."""

    method: str
    path: str  # without the query
    query: dict[str, list[str]]
    headers: dict[str, str]  # names in lower case


@dataclass(frozen=True)
class Fault:
    """How an answer goes wrong. Without a status the right answer is spoilt on its way."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hang_s: float = 0.0  # silence before the answer
    drip_s: float = 0.0  # silence before each byte of the body
    keep_bytes: int | None = None  # the connection closes after so many bytes of the body
    reset: bool = False  # the connection is reset before the answer


def git_sha1(text: bytes) -> str:
    """Git's id of a blob, which is the Hub's ETag of a file that is not in LFS."""
    return hashlib.sha1(b"blob %d\0" % len(text) + text).hexdigest()


def record(name: str, kind: str = "model", *, card: str | None = None, files: dict | None = None, **info) -> dict:
    """A dump line `{"kind", "info", "card", "files"}` of a repository that has all that the Hub always gives."""
    sha = hashlib.sha1(f"{kind} {name}".encode()).hexdigest()
    created_s = 1_700_000_000 + int(sha[:4], 16)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(created_s))
    texts = ({} if card is None else {"README.md": card}) | (files or {})
    siblings = [
        {"rfilename": path, "size": len(text.encode()), "blobId": git_sha1(text.encode())}
        for path, text in sorted(texts.items())
    ]
    base = {"_id": f"{created_s:08x}{sha[:16]}", "id": name, "author": name.split("/")[0], "sha": sha, "tags": []}
    base |= {"private": False, "gated": False, "disabled": False, "likes": 0, "downloads": 0, "siblings": siblings}
    base |= {"createdAt": stamp, "lastModified": stamp} | ({"modelId": name} if kind == "model" else {})
    return {"kind": kind, "info": base | info, "card": card, "files": files or {}}


class LoopbackHub:
    """The server. `page_items` bounds a page, and `quota` is what the RateLimit header tells."""

    def __init__(self, *records: dict, page_items: int = 1000, token: str = ""):
        self.records = {(r["kind"], r["info"]["id"]): r for r in records}
        self.renamed: dict[tuple[str, str], str] = {}
        self.asked: list[Asked] = []
        self.page_items, self.token = page_items, token
        self._faults: list[list] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.hub, self._server.daemon_threads = self, True
        self._server.handle_error = lambda *_: None  # a client that hangs up is part of the play
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> LoopbackHub:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, *records: dict) -> None:
        self.records |= {(r["kind"], r["info"]["id"]): r for r in records}

    def rename(self, kind: str, old: str, new: str) -> None:
        """Give a repository another name; the old one answers with a 307 from now on."""
        moved = self.records.pop((kind, old))
        self.add(moved | {"info": moved["info"] | {"id": new, "author": new.split("/")[0]}})
        self.renamed[kind, old] = new

    def fail(self, path: str, fault: Fault, *, times: int = 1) -> None:
        """Spoil the next `times` answers to requests whose path and query match the pattern `path`."""
        self._faults.append([re.compile(path), fault, times])

    def fault_for(self, target: str) -> Fault | None:
        for entry in self._faults:
            if entry[2] > 0 and entry[0].search(target):
                entry[2] -= 1
                return entry[1]
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_message = lambda *_: None  # noqa: E731  the test reads `asked`

    @property
    def hub(self) -> LoopbackHub:
        return self.server.hub

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.query = parse_qs(url.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hub.asked.append(Asked(self.command, url.path, self.query, headers))
        self.fault = self.hub.fault_for(self.path) or Fault()
        self.trusted = bool(self.hub.token) and headers.get("authorization") == f"Bearer {self.hub.token}"
        time.sleep(self.fault.hang_s)
        if self.fault.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif self.fault.status is not None:
            self.put(self.fault.status, self.fault.body, self.fault.headers)
        else:
            self.route(url.path)

    do_HEAD = do_GET

    def route(self, path: str) -> None:
        if match := re.fullmatch(r"/api/(models|datasets|spaces)", path):
            return self.put_listing(match[1].removesuffix("s"))
        if match := re.fullmatch(r"/api/(models|datasets|spaces)/(.+?)(?:/revision/([^/]+))?", path):
            return self.put_info(match[1].removesuffix("s"), match[2], match[3])
        if match := re.fullmatch(r"(?:/(datasets|spaces))?/([^/]+(?:/[^/]+)?)/resolve/([^/]+)/(.+)", path):
            return self.put_file((match[1] or "models").removesuffix("s"), match[2], match[3], unquote(match[4]))
        self.refuse(404, "", "Sorry, we can't find the page you are looking for.")

    def put_listing(self, kind: str) -> None:
        wanted = {key: values[-1] for key, values in self.query.items()}
        if unknown := set(self.query.get("expand", ())) - set(EXPANDABLE[kind]):
            allowed = ", ".join(EXPANDABLE[kind])
            return self.refuse(400, "", f"Invalid expand value {sorted(unknown)}; must be one of {allowed}")
        found = [r["info"] for (k, _), r in self.hub.records.items() if k == kind and self.shown(r["info"])]
        found = [i for i in found if set(self.query.get("filter", ())) <= set(i["tags"])]
        found = [i for i in found if wanted.get("author") in (None, i["author"])]
        found = [i for i in found if wanted.get("search", "").lower() in i["id"].lower()]
        sort = wanted.get("sort", "trendingScore")
        found.sort(key=lambda i: (i.get(sort) is not None, i.get(sort, 0), i["_id"]), reverse=True)
        start, size = int(wanted.get("cursor", 0)), min(int(wanted.get("limit", 1000)), self.hub.page_items)
        full = IN_FULL if "full" in self.query else LISTED
        page = [self.projected(i, full) for i in found[start : start + size]]
        headers = {}
        if start + size < len(found):
            query = urlencode(self.query | {"cursor": [str(start + size)]}, doseq=True)
            headers["Link"] = f'<{self.hub.endpoint}/api/{kind}s?{query}>; rel="next"'
        self.put(200, json.dumps(page).encode(), headers)

    def put_info(self, kind: str, name: str, revision: str | None) -> None:
        if new := self.hub.renamed.get((kind, name)):
            query = f"?{urlsplit(self.path).query}" if self.query else ""
            return self.put(307, b"", {"Location": f"/api/{kind}s/{new}{query}"})
        if (found := self.find(kind, name, revision)) is None:
            return None
        every = [f for f in found["info"] if f not in ONLY_BY_NAME]
        info = self.projected(found["info"], every)
        if "siblings" in info and "blobs" not in self.query:
            info["siblings"] = [{"rfilename": s["rfilename"]} for s in info["siblings"]]
        return self.put(200, json.dumps(info).encode())

    def put_file(self, kind: str, name: str, revision: str, path: str) -> None:
        if (found := self.find(kind, name, revision)) is None:
            return None
        info, texts = found["info"], {"README.md": found["card"]} | found["files"]
        if info["gated"] and not self.trusted:
            return self.refuse(401, "GatedRepo", f"Access to model {name} is restricted.")
        if (text := texts.get(path)) is None:
            return self.refuse(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": info["sha"]})
        body = text.encode()
        headers = {"ETag": f'"{git_sha1(body)}"', "X-Repo-Commit": info["sha"], "Content-Type": "text/plain"}
        return self.put(200, body, headers)

    def find(self, kind: str, name: str, revision: str | None) -> dict | None:
        """The record, or None once the refusal was sent; a stranger is told 401 for what is missing or private."""
        found = self.hub.records.get((kind, name))
        if found is None or not self.shown(found["info"]):
            status = 404 if self.trusted else 401
            self.refuse(
                status, "RepoNotFound", "Repository not found" if self.trusted else "Invalid username or password."
            )
        elif found["info"]["disabled"]:
            self.refuse(403, "", "", {"X-Error-Message": "Access to this resource is disabled."})
        elif revision is not None and unquote(revision) not in ("main", found["info"]["sha"]):
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {unquote(revision)}")
        else:
            return found
        return None

    def shown(self, info: dict) -> bool:
        return self.trusted or not info["private"]

    def projected(self, info: dict, unasked) -> dict:
        fields = {*ALWAYS, *(self.query.get("expand") or unasked)}
        return {key: value for key, value in info.items() if key in fields}

    def refuse(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        headers = (headers or {}) | ({"X-Error-Code": code} if code else {})
        self.put(status, json.dumps({"error": message}).encode(), headers)

    def put(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        given = {"RateLimit": '"api";r=499;t=300', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}
        given |= {"Content-Type": "application/json", "Content-Length": str(len(body))} | (headers or {})
        self.send_response(status)
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.put_body(body if self.fault.keep_bytes is None else body[: self.fault.keep_bytes])
        self.close_connection = self.close_connection or self.fault.keep_bytes is not None

    def put_body(self, body: bytes) -> None:
        if not self.fault.drip_s:
            self.wfile.write(body)
            return
        for at in range(len(body)):
            time.sleep(self.fault.drip_s)
            self.wfile.write(body[at : at + 1])
