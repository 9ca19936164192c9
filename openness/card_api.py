"""`/api/v1/cards…`: the corpus's cards as counts, and what changed between two revisions of a repository's card."""

from __future__ import annotations

from dataclasses import asdict

from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from openness.api import MOVED, present_address, visible_repo
from openness.card_changes import REVISIONS_LISTED, NotKept, card_changes, chosen, kept_cards
from openness.card_statistics import card_statistics
from openness.gathered import CARD_RUBRICS
from registry.strict import StrictParameters

OLD = OpenApiParameter(
    "old", description="Sha of the earlier revision; by default the last whose card reads otherwise."
)
NEW = OpenApiParameter("new", description="Sha of the later revision; by default the newest.")


KIND = OpenApiParameter("kind", enum=list(CARD_RUBRICS), default="model")
STOCK = OpenApiParameter(
    "stock", enum=["with", "without"], default="with", description="without: no cards that tools or templates wrote."
)


class CardStatisticsSerializer(serializers.Serializer):
    """Counts of the public cards. Shares are from 0 to 1 of the cards that are said beside them; null of none."""

    kind = serializers.CharField()
    rubric = serializers.CharField()
    as_of = serializers.DateTimeField(allow_null=True, help_text="When the newest of them was assessed.")
    stock = serializers.CharField()
    left_out = serializers.DictField(allow_null=True, help_text="Without stock: cards left out of scores and sections.")
    cards = serializers.DictField(help_text="The population, with and without a card; suspected spam is left out.")
    scores = serializers.DictField(help_text="Bands of five points, the last with 100; quantiles.")
    kinds = serializers.ListField(child=serializers.DictField(), help_text="All kinds of card, stock or not.")
    sections = serializers.ListField(
        child=serializers.DictField(),
        help_text="By criterion: own (content under a title of its own), any (evidence), titled (the title stands).",
    )
    published = serializers.ListField(child=serializers.DictField(), help_text="Published rates in percent, and ours.")


class FirstSaidSerializer(serializers.Serializer):
    rubric = serializers.CharField()
    reader = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    as_of = serializers.DateTimeField()


class SideSerializer(serializers.Serializer):
    """One revision's card as the present rubric and reader judge it."""

    revision = serializers.CharField()
    committed_at = serializers.DateTimeField(allow_null=True)
    first_seen_at = serializers.DateTimeField()
    card_state = serializers.CharField()
    rubric = serializers.CharField()
    reader = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    assessed_weight = serializers.FloatField(allow_null=True)
    card_kind = serializers.CharField(allow_null=True)
    problem = serializers.CharField(allow_null=True)
    is_stored = serializers.BooleanField(help_text="False: read again from the stored text, for this answer.")
    first_said = FirstSaidSerializer(allow_null=True, help_text="What another rubric or reader stored of it.")


class LinesSerializer(serializers.Serializer):
    removed = serializers.IntegerField()
    added = serializers.IntegerField()
    is_cut = serializers.BooleanField(help_text="True: what lies behind the last hunk was not compared.")
    hunks = serializers.ListField(
        child=serializers.ListField(child=serializers.DictField()), help_text="Lines: sign, old and new number, text."
    )


class CardChangesSerializer(serializers.Serializer):
    id = serializers.CharField()
    kind = serializers.CharField()
    as_of = serializers.DateTimeField()
    old = SideSerializer()
    new = SideSerializer()
    score_change = serializers.FloatField(allow_null=True)
    read_by_other_rules = serializers.BooleanField(
        help_text="Other rules assessed a revision before; both are read anew."
    )
    criteria = serializers.IntegerField()
    changes = serializers.ListField(child=serializers.DictField(), help_text="Points are of the criterion's weight.")
    lines = LinesSerializer()


@method_decorator(conditional_page, name="dispatch")
class CardStatisticsView(StrictParameters, APIView):
    """How the public cards of models or datasets score, and which sections they have, beside published rates."""

    parameters = frozenset({"kind", "stock"})

    @extend_schema(tags=["statistics"], parameters=[KIND, STOCK], responses=CardStatisticsSerializer)
    def get(self, request):
        kind, stock = (request.query_params.get(name, usual) for name, usual in (("kind", "model"), ("stock", "with")))
        if kind not in CARD_RUBRICS:
            raise ValidationError({"kind": [f"One of {', '.join(CARD_RUBRICS)}."]})
        if stock not in ("with", "without"):
            raise ValidationError({"stock": ["One of with, without."]})
        found = card_statistics(kind, with_stock=stock == "with")
        return Response(CardStatisticsSerializer(found).data)


@method_decorator(conditional_page, name="dispatch")
class CardChangesView(StrictParameters, APIView):
    """What changed between two revisions of a repository's card: score, criteria, evidence and lines."""

    parameters = frozenset({"old", "new"})

    @extend_schema(tags=["assessments"], parameters=[OLD, NEW], responses={200: CardChangesSerializer, 307: MOVED})
    def get(self, request, kind: str, name: str):
        repo = visible_repo(request, kind, name)
        if repo.kind not in CARD_RUBRICS:
            raise NotFound("Cards of this kind of repository are not assessed.")
        if moved := present_address(request, repo, name):
            return moved
        asked = {side: request.query_params.get(side, "") for side in ("old", "new")}
        try:
            old, new = chosen(repo, list(kept_cards(repo)[:REVISIONS_LISTED]), **asked)
        except NotKept as problem:
            raise ValidationError({str(problem): ["No card of this revision is kept."]}) from None
        if old is None or new is None:
            raise NotFound("Fewer than two revisions of its card are kept.")
        found = card_changes(repo, old, new)
        found |= {"id": repo.name, "kind": repo.kind, "as_of": repo.observed_at, "lines": asdict(found["lines"])}
        return Response(CardChangesSerializer(found).data)
