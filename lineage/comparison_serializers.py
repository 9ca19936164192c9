"""Comparisons as REST gives them, and what a request for one may say."""

import math

from rest_framework import serializers

from lineage.comparison_requests import Asked
from lineage.flip_report import Questions
from lineage.flip_verdict import WORST_FIRST
from lineage.importers import IMPORTERS, ReadOptions
from lineage.models import Comparison, FlippedItem
from lineage.must_pass import read_ids
from lineage.pairing import Allowances

MAX_ROWS = 50_000  # of one side written into a JSON request


class FiniteField(serializers.FloatField):
    """A number; NaN, which compares as neither too small nor too large, is none."""

    def to_internal_value(self, value):
        number = super().to_internal_value(value)
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class FractionField(FiniteField):
    """A number between 0 and 1."""

    def __init__(self, **kwargs):
        super().__init__(min_value=0, max_value=1, **kwargs)


class AskedSerializer(serializers.Serializer):
    """What is asked of a comparison, beside its two files."""

    old_repo = serializers.CharField(required=False, default="", max_length=240, help_text="ID[@SHA] that OLD is of")
    new_repo = serializers.CharField(required=False, default="", max_length=240, help_text="ID[@SHA] that NEW is of")
    budget = FractionField(required=False, default=None, help_text="largest negative flip rate that passes")
    solid_budget = FractionField(required=False, default=None, help_text="the same for flips beyond the noise band")
    non_inferiority = FractionField(required=False, default=None, help_text="largest loss of accuracy that passes")
    slices = serializers.BooleanField(required=False, default=False, help_text="no slice may get significantly worse")
    must_pass = serializers.CharField(required=False, default="", help_text="ids that must be right, one a line")
    tolerance = FiniteField(required=False, default=0.0, min_value=0, help_text="change of a score that is a tie")
    margin_band = FiniteField(required=False, default=None, min_value=0, help_text="noise band of margins")
    format = serializers.ChoiceField(list(IMPORTERS), required=False, default="", help_text="found if not given")
    metric = serializers.CharField(required=False, default="", max_length=100, help_text="that says right or wrong")
    filter = serializers.CharField(required=False, default="", max_length=100, help_text="of a log that holds several")
    threshold = FiniteField(required=False, default=None, help_text="score from which a graded answer is right")
    common_items = serializers.BooleanField(required=False, default=False)
    labels_checked = serializers.BooleanField(required=False, default=False)

    def asked(self) -> Asked:
        """The validated request as a value."""
        data = self.validated_data
        asked = {key: data[key] for key in ("budget", "solid_budget", "non_inferiority", "slices", "tolerance")}
        must_pass = read_ids(data["must_pass"]) if data["must_pass"] else ()
        return Asked(
            Questions(**asked, must_pass=must_pass, margin_band=data["margin_band"]),
            Allowances(common_items=data["common_items"], swapped_labels=data["labels_checked"]),
            ReadOptions(**{key: data[key] for key in ("format", "metric", "filter", "threshold")}),
        )


class UploadSerializer(AskedSerializer):
    """Two files of recorded outcomes."""

    old = serializers.FileField(help_text="outcomes of the older version", max_length=200)
    new = serializers.FileField(help_text="outcomes of the newer version", max_length=200)
    noise = serializers.FileField(help_text="the older version run again", max_length=200, required=False)


class OutcomeSerializer(serializers.Serializer):
    """One outcome, for the schema; the importer checks it, so that every way in says the same."""

    id = serializers.CharField()
    label = serializers.CharField(required=False)
    prediction = serializers.CharField(required=False)
    correct = serializers.BooleanField(required=False)
    score = serializers.FloatField(required=False)
    margin = serializers.FloatField(required=False)
    slice = serializers.CharField(required=False)
    cluster = serializers.CharField(required=False)
    input = serializers.CharField(required=False)


class RowsSerializer(AskedSerializer):
    """Two lists of recorded outcomes, for small suites."""

    old = serializers.ListField(child=serializers.DictField(), max_length=MAX_ROWS)
    new = serializers.ListField(child=serializers.DictField(), max_length=MAX_ROWS)
    noise = serializers.ListField(child=serializers.DictField(), max_length=MAX_ROWS, required=False)


class RowsSchemaSerializer(AskedSerializer):
    """The request body of `RowsSerializer`, spelled out."""

    old = OutcomeSerializer(many=True)
    new = OutcomeSerializer(many=True)
    noise = OutcomeSerializer(many=True, required=False, help_text="the older version run again")


class CellsSerializer(serializers.Serializer):
    cc = serializers.IntegerField()
    cw = serializers.IntegerField()
    wc = serializers.IntegerField()
    ww_same = serializers.IntegerField(allow_null=True)
    ww_diff = serializers.IntegerField(allow_null=True)


class FlooredSerializer(serializers.Serializer):
    """What flips when a version runs again."""

    flips = serializers.FloatField(help_text="items; a fraction only where it is a mean")
    nfr = serializers.FloatField()
    pfr = serializers.FloatField()
    churn = serializers.FloatField(allow_null=True)


class FloorSerializer(serializers.Serializer):
    """The noise floor over all reruns."""

    max = FlooredSerializer()
    mean = FlooredSerializer()


class RerunSerializer(FlooredSerializer):
    """The older version run again in one way."""

    name = serializers.CharField(help_text="dtype and batches that it ran again in")
    n = serializers.IntegerField()
    flips = serializers.IntegerField()
    margin_band = serializers.FloatField(allow_null=True)


class NoiseSerializer(serializers.Serializer):
    """How much the older version differs from itself when it runs again; of several reruns, the largest figures."""

    n = serializers.IntegerField()
    flips = serializers.IntegerField()
    nfr = serializers.FloatField()
    pfr = serializers.FloatField()
    churn = serializers.FloatField(allow_null=True)
    nfr_above = serializers.FloatField(help_text="negative flip rate above this floor")
    margin_band = serializers.FloatField(allow_null=True, help_text="99.9th percentile of the change of margin")
    reruns = RerunSerializer(many=True, required=False, help_text="where the versions were run here")
    floor = FloorSerializer(required=False)
    flips_checked = serializers.IntegerField(required=False, help_text="negative flips of items that ran again")
    flips_beyond = serializers.IntegerField(
        required=False, help_text="of these, on items that the older version mostly gets right when it runs again"
    )


class SliceSerializer(serializers.Serializer):
    slice = serializers.CharField()
    n = serializers.IntegerField()
    cw = serializers.IntegerField()
    wc = serializers.IntegerField()
    p = serializers.FloatField(allow_null=True, help_text="one-sided; null below 20 items")
    p_holm = serializers.FloatField(allow_null=True)


def rate(**kwargs) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text="a fraction; null where it is undefined", **kwargs)


class ReportSerializer(serializers.Serializer):
    """The report line of a comparison."""

    n = serializers.IntegerField()
    cells = CellsSerializer()
    accuracy_old = rate()
    accuracy_new = rate()
    nfr = rate()
    pfr = rate()
    nfr_ci = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2)
    nfr_upper = serializers.FloatField(help_text="95 % one-sided")
    relative_nfr = rate()
    nfi = rate()
    btc = rate()
    bec_of_new_errors = rate()
    bec_of_old_errors = rate()
    churn = rate()
    mcnemar_p = serializers.FloatField()
    delta = serializers.FloatField(help_text="accuracy, new − old")
    delta_ci = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2)
    slices = SliceSerializer(many=True)
    new_label_flips = serializers.IntegerField(allow_null=True)
    noise = NoiseSerializer(allow_null=True)
    verdict = serializers.ChoiceField(list(WORST_FIRST), allow_null=True)
    reason = serializers.CharField()


class ComparisonSerializer(serializers.ModelSerializer):
    """One comparison in a list."""

    url = serializers.HyperlinkedIdentityField("comparison-detail")
    page = serializers.CharField(source="get_absolute_url", read_only=True)
    old_repo = serializers.CharField(source="old_repo.name", default=None, allow_null=True)
    new_repo = serializers.CharField(source="new_repo.name", default=None, allow_null=True)

    class Meta:
        model = Comparison
        fields = [
            "id",
            "url",
            "page",
            "status",
            "old_name",
            "new_name",
            "old_repo",
            "new_repo",
            "old_sha",
            "new_sha",
            "suite",
            "items",
            "budget",
            "negative_flip_rate",
            "verdict",
            "reason",
            "problem",
            "asked_at",
            "finished_at",
        ]
        read_only_fields = fields


class ComparisonDetailSerializer(ComparisonSerializer):
    """One comparison with everything that was found."""

    report = ReportSerializer(allow_null=True, read_only=True)
    details = serializers.DictField(allow_null=True, read_only=True)
    flipped = serializers.HyperlinkedIdentityField("comparison-flipped")
    progress = serializers.DictField(allow_null=True, read_only=True, help_text="how far the running version is")

    class Meta(ComparisonSerializer.Meta):
        fields = [*ComparisonSerializer.Meta.fields, "progress", "report", "details", "flipped"]
        read_only_fields = fields


class ChainSerializer(serializers.Serializer):
    """A chain of versions, oldest first, and what they broke of one another."""

    chain = serializers.ListField(child=serializers.CharField())
    suites = serializers.ListField(child=serializers.CharField(allow_blank=True))
    suite = serializers.CharField(allow_null=True)
    report = serializers.DictField(allow_null=True, help_text="null where no two versions ran on one suite")
    problem = serializers.CharField(help_text="why there is no report, if it is not for want of outcomes")


class FlippedItemSerializer(serializers.ModelSerializer):
    """One item whose correctness changed."""

    class Meta:
        model = FlippedItem
        exclude = ["comparison"]
