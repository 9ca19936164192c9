"""Pages and REST of verifications: the verdict, what was measured of each parent, and the least alike tensors."""

from __future__ import annotations

from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import APIView

from lineage.claims import KINDS
from lineage.models import Relation, Verification, VerifiedParent
from lineage.sight import is_hidden, public_name
from registry.models import Repo
from registry.strict import StrictParameters
from registry.templatetags.panels import percent

NOT_SHOWN = "(not mirrored)"  # as `lineage.sight` calls what no public card names
FIGURES = {
    "largest_control": "largest control: cosine with its rows turned",
    "share_unlike": "matrices unlike",
    "share_of_elements_changed": "elements changed",
}
SHOWN = 60  # tensors of one parent on a page; REST gives all that are kept
PARENT = inline_serializer(
    "VerifiedParent",
    {
        "id": serializers.CharField(),
        "verdict": serializers.ChoiceField(Relation.Proof.choices),
        "reason": serializers.CharField(),
        "statistics": serializers.DictField(),
        "tensors": serializers.ListField(child=serializers.DictField(), help_text="The least alike first."),
    },
    many=True,
)
VERIFICATION = inline_serializer(
    "Verification",
    {
        "id": serializers.IntegerField(),
        "child": serializers.CharField(),
        "verdict": serializers.ChoiceField(Relation.Proof.choices),
        "reason": serializers.CharField(),
        "exactness": serializers.ChoiceField(["bit_exact", "one_ulp"], allow_null=True),
        "relation": serializers.ChoiceField(list(KINDS)),
        "parents": PARENT,
        "method": serializers.CharField(allow_null=True),
        "dialect": serializers.CharField(allow_null=True),
        "recovered_recipe": serializers.DictField(allow_null=True),
        "remade": serializers.DictField(allow_null=True),
        "bytes_read": serializers.IntegerField(),
        "seconds": serializers.FloatField(),
        "code": serializers.CharField(),
        "as_of": serializers.DateTimeField(),
    },
)


def parents_of(row: Verification, user) -> list[dict]:
    """What was found of each parent; of one that `user` may not see nothing but that there was one."""
    rows = VerifiedParent.objects.filter(verification=row).select_related("node__repo", "relation").order_by("pk")
    rows = list(rows)
    secret = names_hidden_from(user, [each.name for each in rows])
    return [parent_of(each, is_withheld(each, user, secret)) for each in rows]


def names_hidden_from(user, names: list[str]) -> set[str]:
    """Those of `names`, in small letters, that are of models which `user` may not see."""
    if user is not None and user.is_staff:
        return set()
    rows = Repo.objects.filter(kind=Repo.Kind.MODEL, staff_only=True).annotate(lower_name=Lower("name"))
    return set(rows.filter(lower_name__in=[name.lower() for name in names]).values_list("lower_name", flat=True))


def is_withheld(each: VerifiedParent, user, secret: set[str]) -> bool:
    """Is a parent staff's now, or was it when it was looked at and is not mirrored any more?"""
    if user is not None and user.is_staff:
        return False
    if each.node is not None and each.node.repo_id is not None:
        return is_hidden(each.node, user)
    return each.staff_only or each.name.lower() in secret


def parent_of(each: VerifiedParent, hidden: bool) -> dict:
    return {
        "id": each.name if not hidden else public_name(each.node) if each.node else NOT_SHOWN,
        "verdict": each.verdict,
        "reason": "" if hidden else each.reason,
        "statistics": {} if hidden else each.statistics,
        "tensors": [] if hidden else each.tensors,
        "relation": each.relation_id,
    }


def answer(row: Verification, user) -> dict:
    parents = parents_of(row, user)
    names_hidden = any(not each["reason"] for each in parents)
    return {
        "id": row.pk,
        "child": row.child.name if row.child else row.child_name,
        "verdict": row.verdict,
        "reason": "" if names_hidden else row.reason,
        "exactness": row.exactness or None,
        "relation": row.relation,
        "parents": [{key: value for key, value in each.items() if key != "relation"} for each in parents],
        "method": row.method or None,
        "dialect": row.dialect or None,
        "recovered_recipe": None if names_hidden else row.recovered_recipe,
        "remade": row.remade,
        "bytes_read": row.bytes_read,
        "seconds": row.seconds,
        "code": row.code,
        "as_of": row.verified_at,
    }


def visible(pk: int, user) -> Verification | None:
    return Verification.objects.visible_to(user).select_related("child").filter(pk=pk).first()


class VerificationView(StrictParameters, APIView):
    """One verification: what a model's weights said of its parents."""

    @extend_schema(operation_id="verifications_retrieve", tags=["lineage"], responses={200: VERIFICATION})
    def get(self, request, pk: int):
        row = visible(pk, request.user) if pk < 2**63 else None
        if row is None:
            raise NotFound(f"There is no verification {pk}.")
        return Response(answer(row, request.user))


@require_safe
def verification_page(request: HttpRequest, pk: int) -> HttpResponse:
    row = visible(pk, request.user) if pk < 2**63 else None
    if row is None:
        raise Http404("There is no such verification.")
    said = answer(row, request.user)
    parents = [
        each | {"shown": [drawn(tensor) for tensor in each["tensors"][:SHOWN]], "figures": figures(each["statistics"])}
        for each in parents_of(row, request.user)
    ]
    return render(request, "lineage/verification.html", {"row": row, "said": said, "parents": parents})


def drawn(tensor: dict) -> dict:
    """A tensor with the length of its bar, in per cent."""
    return tensor | {"bar": round(100 * max(tensor["cosine"] or 0.0, 0.0))}


def figures(statistics: dict) -> list[tuple[str, object]]:
    """The statistics of a parent as a reader takes them in: shares in per cent, other fractions to four places.

    >>> figures({"tensors": 27, "share_unlike": 1.0, "median_cosine": -0.000552763, "largest_control": None})
    [('tensors', 27), ('matrices unlike', '100 %'), ('median cosine', '-0.0006')]
    """
    return [
        (FIGURES.get(name, name.replace("_", " ")), figure(name, value))
        for name, value in statistics.items()
        if value not in (None, [])
    ]


def figure(name: str, value: object) -> object:
    if not isinstance(value, float):
        return value
    return percent(value) if name.startswith("share_") else f"{value:.4f}"
