"""`/api/v1/`: assessments, policies, the gate and the passport."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from openness import policy as policies
from openness.card_lint import judged_card
from openness.cards.advice import next_steps
from openness.filters import AssessmentFilter
from openness.gate import gate
from openness.loose_parents import cards_of_parents
from openness.models import Assessment
from openness.passport import passport_of
from openness.profiles import all_through
from openness.serializers import (
    AssessmentDetailSerializer,
    AssessmentSerializer,
    CardLineSerializer,
    CardSerializer,
    GateRequestSerializer,
    GateSerializer,
    PassportSerializer,
    PolicySerializer,
)
from registry.access import ReadPublicWriteScoped
from registry.models import ApiToken, Repo
from registry.strict import StrictParameters

POLICY = OpenApiParameter("policy", enum=policies.names(), default="default")
MOVED = OpenApiResponse(description="It has another name now; Location is its present address.")
AGAINST = OpenApiParameter("against", description="The repository, of the same kind, that it would replace.")


class ReadOrReckon(ReadPublicWriteScoped):
    """A POST that only reckons with what it is sent changes nothing, and is allowed to whoever may read."""

    def has_permission(self, request, view) -> bool:
        if request.method != "POST":
            return super().has_permission(request, view)
        if request.auth is not None:
            return self.scope_allows(request, ApiToken.Scope.READ)
        return settings.PUBLIC_READ or request.user.is_authenticated


def visible_repo(request, kind: str, name: str) -> Repo:
    """The repository that is called so, or was, as far as the caller may see it. Raises Http404."""
    if repo := Repo.objects.visible_to(request.user).select_related("head").called(kind, name):
        return repo
    raise Http404


def present_address(request, repo: Repo, name: str) -> HttpResponse | None:
    """A redirect where `name` is a former one: an answer about another name than was asked for would mislead."""
    if repo.name.lower() == name.lower() or not repo.holds_name:
        return None
    address = reverse(request.resolver_match.view_name, args=[repo.kind, repo.name])
    query = request.META.get("QUERY_STRING")
    return HttpResponse(status=307, headers={"Location": f"{address}?{query}" if query else address})


def gate_answer(request, kind: str, name: str, policy: policies.Policy, against: str | None) -> Response:
    repo = visible_repo(request, kind, name)
    if moved := present_address(request, repo, name):
        return moved
    try:
        old = visible_repo(request, kind, against) if against else None
    except Http404:
        raise ValidationError({"against": [f"No {kind} of this name is mirrored."]}) from None
    try:
        return Response(gate(repo, policy, old))
    except policies.BadPolicy as error:
        raise ValidationError({"policy": [str(error)]}) from None


@method_decorator(conditional_page, name="dispatch")
class GateView(StrictParameters, APIView):
    """May I adopt, or upgrade to, this? Which rule passed, failed or is unknown."""

    permission_classes = [ReadOrReckon]

    def known_parameters(self) -> set[str]:
        return {"policy", "against"} if self.request.method in SAFE_METHODS else set()

    @extend_schema(tags=["gate"], parameters=[POLICY, AGAINST], responses={200: GateSerializer, 307: MOVED})
    def get(self, request, kind: str, name: str):
        """Hold a repository against a policy that is shipped."""
        policy = named_policy(request.query_params.get("policy", "default"))
        return gate_answer(request, kind, name, policy, request.query_params.get("against"))

    @extend_schema(tags=["gate"], request=GateRequestSerializer, responses={200: GateSerializer, 307: MOVED})
    def post(self, request, kind: str, name: str):
        """Hold a repository against a policy of one's own."""
        asked = GateRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data["policy"]
        policy = named_policy(said) if isinstance(said, str) else own_policy(said)
        return gate_answer(request, kind, name, policy, asked.validated_data.get("against"))


def named_policy(name: str) -> policies.Policy:
    try:
        return policies.load(name)
    except policies.BadPolicy as error:
        raise ValidationError({"policy": [str(error)]}) from None


def own_policy(said: object) -> policies.Policy:
    try:
        return policies.read_policy(said)
    except policies.BadPolicy as error:
        raise ValidationError({"policy": [str(error)]}) from None


class TooLarge(APIException):
    status_code = 413


class OftenReckoned(UserRateThrottle):
    """Judging a card takes longer than a look-up."""

    scope, rate = "reckon", "120/min"


class CardView(StrictParameters, APIView):
    """What the linter says of a card that is sent: the line of `assess --card`. Nothing is kept."""

    permission_classes = [ReadOrReckon]
    throttle_classes = [OftenReckoned]

    def known_parameters(self) -> set[str]:
        return set()

    @extend_schema(
        tags=["assessments"], request=CardSerializer, responses=CardLineSerializer, operation_id="assess_card"
    )
    def post(self, request):
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge(f"The request has more than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")
        sent = CardSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        card = sent.validated_data
        text = card["card"].encode("utf8", "replace")
        line, odd = judged_card(card["file"], text, card["kind"], cards_of_parents)
        seen = all_through(card["kind"], line["findings"]) if line["findings"] else []
        line |= {"consistency": odd}
        return Response(line | {"next_steps": next_steps(line["findings"], line["rubric"]), "profiles": seen})


class PolicyList(StrictParameters, APIView):
    """The policies that this installation ships, with their rules."""

    @extend_schema(tags=["gate"], responses=PolicySerializer(many=True), operation_id="policies_list")
    def get(self, request):
        return Response([policies.load(name).as_dict() for name in policies.names()])


@method_decorator(conditional_page, name="dispatch")
class PassportView(StrictParameters, APIView):
    """Everything that is known of a repository, each part with its date and whether it is complete."""

    @extend_schema(tags=["passport"], responses={200: PassportSerializer, 307: MOVED})
    def get(self, request, kind: str, name: str):
        repo = visible_repo(request, kind, name)
        return present_address(request, repo, name) or Response(passport_of(repo, request.user))


@extend_schema_view(get=extend_schema(tags=["assessments"]))
@method_decorator(conditional_page, name="dispatch")
class AssessmentList(StrictParameters, ListAPIView):
    """What rubrics answered about repositories."""

    serializer_class = AssessmentSerializer
    filterset_class = AssessmentFilter
    ordering = "id"

    def get_queryset(self):
        return Assessment.objects.visible_to(self.request.user).select_related("repo", "revision")


@extend_schema_view(get=extend_schema(tags=["assessments"]))
@method_decorator(conditional_page, name="dispatch")
class AssessmentDetail(StrictParameters, RetrieveAPIView):
    """One assessment with its findings and their evidence."""

    serializer_class = AssessmentDetailSerializer
    lookup_url_kwarg = "number"

    def get_queryset(self):
        return Assessment.objects.visible_to(self.request.user).select_related("repo", "revision")
