"""Assessments, gates and passports as `/api/v1/` shows them."""

from __future__ import annotations

from django.core.validators import RegexValidator
from rest_framework import serializers

from openness.card_lint import RUBRICS
from openness.models import Assessment
from registry.converters import HubName

NAME = RegexValidator(rf"^(?:{HubName.regex})\Z", "Not a name of the Hub, which is OWNER/NAME or a bare NAME.")


class Text(serializers.CharField):
    """Text alone: a number that stands where words are due is a mistake."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictSerializer(serializers.Serializer):
    """A request in which a field that nobody knows is an error, as an unknown parameter is."""

    def to_internal_value(self, data):
        if isinstance(data, dict) and (unknown := sorted(data.keys() - self.fields.keys())):
            known = ", ".join(self.fields)
            raise serializers.ValidationError({unknown[0][:80]: [f"Unknown field. Known here: {known}."]})
        return super().to_internal_value(data)


class AssessmentSerializer(serializers.ModelSerializer):
    """One rubric's answer about one repository; findings stand in the single assessment."""

    number = serializers.IntegerField(source="pk")
    id = serializers.CharField(source="repo.name", help_text="The repository's present name.")
    kind = serializers.CharField(source="repo.kind")
    sha = serializers.CharField(source="revision.sha", default=None, allow_null=True)
    label = serializers.CharField(help_text="Class or grade, where the rubric gives one.")
    problem = serializers.SerializerMethodField()
    as_of = serializers.DateTimeField(source="assessed_at")

    class Meta:
        model = Assessment
        fields = "number id kind sha rubric reader score assessed_weight label problem is_current as_of".split()

    def get_problem(self, row) -> str | None:
        return row.problem or None


class AssessmentDetailSerializer(AssessmentSerializer):
    """With every finding and its evidence, and what the rubric answers beside them."""

    findings = serializers.ListField(child=serializers.DictField())
    result = serializers.DictField()

    class Meta(AssessmentSerializer.Meta):
        fields = [*AssessmentSerializer.Meta.fields, "findings", "result"]


class RuleAnswerSerializer(serializers.Serializer):
    rule = serializers.CharField()
    status = serializers.CharField(help_text="passed, failed or unknown")
    found = serializers.JSONField(allow_null=True, help_text="The number or truth that decided; null: unknown.")
    wanted = serializers.DictField(help_text="The comparison and its bound.")
    reason = serializers.CharField()
    asks = serializers.CharField(allow_blank=True)
    as_of = serializers.DateTimeField(allow_null=True)


class GateSerializer(serializers.Serializer):
    id = serializers.CharField()
    kind = serializers.CharField()
    against = serializers.CharField(allow_null=True)
    policy = serializers.CharField(help_text="name/version")
    verdict = serializers.CharField(help_text="pass, fail or unknown")
    rules = RuleAnswerSerializer(many=True)
    as_of = serializers.DateTimeField()


class GateRequestSerializer(StrictSerializer):
    """A policy of one's own, as data, or the name of one that is shipped."""

    policy = serializers.JSONField(help_text="A name, or a mapping with a list of rules.")
    against = Text(required=False, validators=[NAME])


class RuleSerializer(serializers.Serializer):
    rule = serializers.CharField()
    asks = serializers.CharField()
    fact = serializers.CharField()
    wanted = serializers.DictField()
    kinds = serializers.ListField(child=serializers.CharField())


class PolicySerializer(serializers.Serializer):
    name = serializers.CharField()
    version = serializers.CharField()
    about = serializers.CharField()
    rules = RuleSerializer(many=True)


class CardSerializer(StrictSerializer):
    """A card as it stands in its README."""

    card = Text(trim_whitespace=False, allow_blank=True)
    kind = serializers.ChoiceField(sorted(RUBRICS))
    file = Text(default="README.md", max_length=300, help_text="What the answer calls it.")


class CardLineSerializer(serializers.Serializer):
    """The linter's answer: the keys of `assess --card`, and beside them what contradicts itself and what to write."""

    file = serializers.CharField()
    problem = serializers.CharField(allow_null=True)
    rubric = serializers.CharField()
    reader = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    assessed_weight = serializers.FloatField()
    card_kind = serializers.CharField()
    flags = serializers.ListField(child=serializers.CharField())
    consistency = serializers.ListField(
        child=serializers.DictField(), help_text="What contradicts itself: id, what to write, and the evidence."
    )
    findings = serializers.ListField(child=serializers.DictField())
    carbon = serializers.DictField(allow_null=True)
    next_steps = serializers.ListField(child=serializers.DictField(), help_text="What to write, by points gained.")
    profiles = serializers.ListField(child=serializers.DictField(), help_text="The same evidence by other lists.")


class PartSerializer(serializers.Serializer):
    """A part of a passport; its other fields are those of the part."""

    as_of = serializers.DateTimeField(allow_null=True, help_text="Null: nobody looked.")
    is_complete = serializers.BooleanField()


class PassportSerializer(serializers.Serializer):
    """All that is known of a repository."""

    id = serializers.CharField()
    kind = serializers.CharField()
    as_of = serializers.DateTimeField()
    identity = PartSerializer()
    licence = PartSerializer()
    lineage = PartSerializer()
    openness = PartSerializer()
    card = PartSerializer()
    carbon = PartSerializer()
    comparisons = PartSerializer()
