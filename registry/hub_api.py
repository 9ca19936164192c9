"""The Hub's own read API over the mirror, so that `HfApi(endpoint=…)`, or another Stemma, reads from us."""

from __future__ import annotations

import json
import zlib

from django.contrib.auth.models import AnonymousUser
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.urls import reverse
from rest_framework.authentication import SessionAuthentication, get_authorization_header
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from registry.access import TokenAuthentication
from registry.hub_json import stamp, tree_entries
from registry.hub_listing import listing, shown
from registry.hub_query import BadQuery, expanded_fields, read_flags, read_limit, read_listing
from registry.hub_record import file_rows, record_at
from registry.models import Alias, Repo, Revision

HEAD_NAMES = (None, "main", "HEAD", "refs/heads/main")
DISABLED = "Access to this resource is disabled."  # the client knows a disabled repository by these words


class Refusal(Exception):
    """An answer other than 200, with the code by which a client of the Hub tells what is missing."""

    def __init__(self, status: int, message: str, code: str = "", **headers: str):
        super().__init__(message)
        self.status, self.headers = status, headers | ({"X-Error-Code": code} if code else {})


class OurTokens(TokenAuthentication):
    """Tokens of Stemma. A client of the Hub also sends us its user's Hub token, which is none of our business."""

    def authenticate(self, request):
        parts = get_authorization_header(request).split()
        return super().authenticate(request) if len(parts) == 2 and parts[1].startswith(b"stm_") else None


class HubView(APIView):
    """Errors as the Hub sends them; JSON whatever the client says it accepts."""

    authentication_classes = [OurTokens, SessionAuthentication]
    schema = None  # the Hub documents its API

    def perform_content_negotiation(self, request, force=False):
        return self.get_renderers()[0], "application/json"

    def handle_exception(self, exc):
        if isinstance(exc, BadQuery):
            exc = Refusal(400, str(exc))
        if isinstance(exc, Refusal):
            message = "".join(c if c.isprintable() else " " for c in str(exc))
            headers = exc.headers | {"X-Error-Message": message.encode("ascii", "replace").decode()}
            return answer({"error": message}, exc.status, headers)
        response = super().handle_exception(exc)
        if isinstance(exc, APIException):
            headers = {name: value for name, value in response.items() if name in ("Retry-After", "WWW-Authenticate")}
            return answer({"error": str(exc.detail)}, response.status_code, headers)
        return response

    @property
    def reader(self):
        """Whose eyes we show the mirror to; a token without the scope to read sees what everybody sees."""
        return self.request.user if self.permission_to_read() else AnonymousUser()

    def permission_to_read(self) -> bool:
        return self.request.auth is None or "read" in self.request.auth.scopes

    @property
    def given(self) -> dict[str, list[str]]:
        return dict(self.request.query_params.lists())

    def found(self, kind: str, name: str) -> Repo:
        """The repository called `name`; one that moved is answered with a redirect by `Refusal`."""
        if repo := shown(kind, self.reader).named(kind, name).first():
            if repo.is_disabled:
                raise Refusal(403, DISABLED)
            return repo
        past = Alias.objects.filter(kind=kind, valid_to__isnull=False).annotate(lower_name=Lower("name"))
        past = past.filter(lower_name=name.lower(), repo__in=shown(kind, self.reader)).order_by("-valid_from")
        if alias := past.select_related("repo").first():
            match = self.request.resolver_match
            moved_to = reverse(match.view_name, kwargs=match.kwargs | {"name": alias.repo.name})
            query = self.request.META.get("QUERY_STRING", "")
            raise Refusal(307, f"Moved to {alias.repo.name}.", Location=f"{moved_to}?{query}" if query else moved_to)
        raise Refusal(404, f"{kind} {name} is not in this mirror.", "RepoNotFound")

    def revision_of(self, repo: Repo, name: str | None) -> Revision | None:
        """The revision called `name`; None for the head of a repository of which no sha is known."""
        if name in HEAD_NAMES:
            return repo.head
        known = None if "\0" in name else Revision.objects.filter(repo=repo, sha=name).first()
        if known is None:
            raise Refusal(404, f"Invalid rev id: {name[:80]}", "RevisionNotFound")
        return known

    def link(self, cursor: str | None) -> dict[str, str]:
        """The `Link` to the page at `cursor`, on the address that the client used."""
        if cursor is None:
            return {}
        query = self.request.query_params.copy()
        query["cursor"] = cursor
        url = self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")
        return {"Link": f'<{url}>; rel="next"'}


class ListingView(HubView):
    """`/api/models?…`: one page of records."""

    def get(self, request, kind):
        records, cursor = listing(read_listing(kind, self.given), self.reader)
        return answer(records, headers=self.link(cursor.text() if cursor else None))


class InfoView(HubView):
    """`/api/models/{id}[/revision/{revision}]`: one record with its files."""

    def get(self, request, kind, name, revision=None):
        flags = read_flags(self.given, "blobs", "securityStatus", also=("expand", "expand[]"))
        named = expanded_fields(kind, self.given)
        repo = self.found(kind, name)
        record = record_at(repo, self.revision_of(repo, revision), named, blobs=flags["blobs"])
        if not flags["securityStatus"]:
            record.pop("securityRepoStatus", None)
        return answer(record, headers={"X-Stemma-As-Of": stamp(repo.observed_at)})


class TreeView(HubView):
    """`/api/models/{id}/tree/{revision}[/{folder}]`: files and folders with sizes and hashes, by path."""

    def get(self, request, kind, name, revision, folder=""):
        flags = read_flags(self.given, "recursive", "expand", also=("cursor", "limit"))
        if flags["expand"]:
            raise BadQuery("expand cannot be answered: this mirror does not know the last commit of each file.")
        limit = read_limit((self.given.get("limit") or [""])[-1]) or 1
        at = self.revision_of(self.found(kind, name), revision)
        if at is None or not at.has_file_list:
            raise Refusal(404, "This mirror does not know the files of that revision.", "EntryNotFound")
        entries = tree_entries(file_rows(at), folder.strip("/"), recursive=flags["recursive"])
        if folder and not entries:
            raise Refusal(404, f"{folder[:200]} is not a folder of that revision.", "EntryNotFound")
        start = (self.given.get("cursor") or [""])[-1]
        entries = [entry for entry in entries if entry["path"] > start]
        cursor = entries[limit - 1]["path"] if len(entries) > limit else None
        return answer(entries[:limit], headers=self.link(cursor))


class FileView(HubView):
    """`/{id}/resolve/{revision}/{path}`: the bytes of a card or of another small file that we keep."""

    def get(self, request, name, revision, path, kind="model"):
        repo = self.found(kind, name)
        at = self.revision_of(repo, revision)
        content = self.content_of(at, path)
        headers = {"ETag": f'"{content.git_sha1}"', "X-Repo-Commit": at.sha, "Content-Length": str(content.size_bytes)}
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return HttpResponse(status=304, headers={k: headers[k] for k in ("ETag", "X-Repo-Commit")})
        body = b"" if request.method == "HEAD" else zlib.decompress(content.packed)
        return HttpResponse(body, content_type="text/plain; charset=utf-8", headers=headers)

    def content_of(self, at: Revision | None, path: str):
        """The kept bytes of `path`.

        With X-Repo-Commit a 404 tells a client for good that the revision has no such file; that is said only where
        we know it, and not of a file that we merely do not keep.
        """
        if at is not None and path == "README.md" and at.card is not None:
            return at.card
        row = None if at is None or "\0" in path else at.files.filter(path=path).select_related("content").first()
        if row is not None and row.content is not None:
            return row.content
        absent = (
            at is not None and row is None and (at.has_file_list or at.card_state == "absent" and path == "README.md")
        )
        if absent:
            raise Refusal(404, "Entry not found", "EntryNotFound", **{"X-Repo-Commit": at.sha})
        raise Refusal(404, f"This mirror does not keep {path[:200]}.", "EntryNotFound")


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """`body` as JSON."""
    return HttpResponse(
        json.dumps(body, separators=(",", ":")),
        status=status,
        content_type="application/json; charset=utf-8",
        headers=headers,
    )
