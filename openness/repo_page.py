"""Everything that the page of one repository shows, gathered in a bounded number of queries."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Sum
from django.http import HttpRequest

from lineage.graph_views import lineage_panel
from openness import policy as policies
from openness.card_corpus import ranks_shown
from openness.cards.addresses import Place
from openness.cards.advice import next_steps, what_is_odd
from openness.gate import gate
from openness.gathered import CARD_RUBRICS, Gathered, gather
from openness.models import Assessment
from openness.passport import passport_of
from openness.profiles import all_through
from openness.rendering import RENDERER, Rendered, render
from registry.cards import READER, read_card
from registry.completeness import completeness_of, missing_in_words
from registry.keyset import Order
from registry.models import Alias, File, Repo, Revision, Visit
from registry.page_rows import page_of

ROWS_SHOWN = 10
STEPS_SHOWN = 5
BY_PATH = Order("path")
CARD_KEPT_FOR_S = 3600
SOURCE_LINES_MOST = 2_000
SOURCE_CHARACTERS_MOST = 200_000
RULE_ORDER = ("failed", "unknown", "passed")
MOF_CLASSES = [("3", "III Open Model"), ("2", "II Open Tooling"), ("1", "I Open Science")]
VERDICTS = {"pass": "Yes", "fail": "No", "unknown": "Not known"}


def repo_page(repo: Repo, request: HttpRequest) -> dict:
    """The context of the page; `request` says who looks, which policy is asked and which files are shown."""
    completeness, gathered = completeness_of(repo), gather(repo)
    passport = passport_of(repo, request.user, gathered)
    return {
        "repo": repo,
        "seen": completeness,
        "missing": missing_in_words(completeness),
        "answer": answer(gathered, request.GET.get("policy", "")),
        "policies": policies.names(),
        "passport": passport,
        "ranks": ranks_shown(passport["card"]["percentile"]),
        "family": lineage_panel(repo, request.user),
        **card_score(repo, gathered.card),
        "mof_assessment": gathered.assessments.get("mof"),
        "carbon_assessment": gathered.assessments.get("carbon"),
        "mof_classes": MOF_CLASSES,
        "has_card_rubric": repo.kind in CARD_RUBRICS,
        **names_and_revisions(repo),
        **card(repo),
        **files(repo, request),
        "visits": Visit.objects.filter(repo=repo).shown_to(request.user).order_by("-id")[:ROWS_SHOWN],
    }


def card_score(repo: Repo, row: Assessment | None) -> dict:
    """The assessment of its card, what would raise it most, and the same evidence through other lists."""
    findings = row.findings if row else []
    return {
        "card_assessment": row,
        "odd": odd_of(row.result) if row else [],
        "next_steps": next_steps(findings, row.rubric)[:STEPS_SHOWN] if row else [],
        "profiles": all_through(repo.kind, findings) if findings else [],
    }


def odd_of(result: dict) -> list[dict]:
    """What is odd about a card: each flag, what to do about it, and where it stands, as far as that was kept."""
    places = {each["id"]: each["evidence"] for each in result.get("consistency", ())}
    flags = result.get("flags", ())
    return [{"flag": flag, "write": what_is_odd(flag), "evidence": places.get(flag, [])} for flag in flags]


def answer(gathered: Gathered, policy_name: str) -> dict:
    """The gate's answer by the policy that is asked for, else by the default one; what failed comes first."""
    policy = policies.load(policy_name if policy_name in policies.names() else "default")
    said = gate(gathered.repo, policy, gathered=gathered)
    said["rules"].sort(key=lambda rule: RULE_ORDER.index(rule["status"]))
    return said | {"word": VERDICTS[said["verdict"]]}


def names_and_revisions(repo: Repo) -> dict:
    revisions = Revision.objects.filter(repo=repo).annotate(file_count=Count("files")).order_by("-id")
    return {
        "aliases": Alias.objects.filter(repo=repo, valid_to__isnull=False).order_by("-valid_to", "-id")[:ROWS_SHOWN],
        "revisions": (shown := list(revisions[:ROWS_SHOWN])),
        "cards_differ": len({each.card_id for each in shown if each.card_id or each.card_state == "absent"}) > 1,
    }


def files(repo: Repo, request: HttpRequest) -> dict:
    """One page of the newest revision's files, and the sum of their sizes; nothing where no list was seen."""
    if repo.head is None or not repo.head.has_file_list:
        return {"files": [], "more_files": None, "file_sums": None}
    rows = File.objects.filter(revision=repo.head)
    found, following = page_of(rows, BY_PATH, request, "files")
    sums = rows.aggregate(number=Count("pk"), sized=Count("size_bytes"), size_bytes=Sum("size_bytes"))
    return {"files": found, "more_files": following, "file_sums": sums}


def card(repo: Repo) -> dict:
    """The card as safe HTML, and its own lines, numbered from 1, so that evidence can point at them; both bounded."""
    head = repo.head
    if head is None or head.card is None:
        return {"card": None, "source_lines": None, "source_is_cut": False}
    text = head.card.text
    lines = text[:SOURCE_CHARACTERS_MOST].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    is_cut = len(text) > SOURCE_CHARACTERS_MOST or len(lines) > SOURCE_LINES_MOST
    return {
        "card": rendered(repo, head, text),
        "source_lines": lines[:SOURCE_LINES_MOST],
        "source_is_cut": is_cut,
    }


def rendered(repo: Repo, head: Revision, text: str) -> Rendered:
    """The card's HTML, kept by what it was made from: a hostile one takes half a second to render."""
    key = f"card-{RENDERER}-{READER}-{head.card.sha256}-{repo.pk}-{head.sha}"
    place = Place(repo.kind, repo.name, head.sha, settings.HF_ENDPOINT)
    return cache.get_or_set(key, lambda: render(read_card(text), place), CARD_KEPT_FOR_S)
