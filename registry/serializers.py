"""Repositories and harvests as `/api/v1/` shows them: unknown is null, and every row says when it was seen."""

from __future__ import annotations

from django.core.validators import RegexValidator
from rest_framework import serializers

from registry.completeness import completeness_of
from registry.converters import HubName
from registry.models import Alias, Harvest, Repo, Revision, Visit

NAME = RegexValidator(rf"^(?:{HubName.regex})\Z", "Not a name of the Hub, which is OWNER/NAME or a bare NAME.")
NAMES_MOST = 500
LISTED_MOST = 1_000_000


class RepoSerializer(serializers.ModelSerializer):
    """One repository as far as it is known."""

    id = serializers.CharField(source="name", help_text="Its present name on the Hub.")
    author = serializers.CharField(source="account.name", default=None, allow_null=True)
    sha = serializers.CharField(source="head.sha", default=None, allow_null=True, help_text="Its newest known commit.")
    created_at = serializers.DateTimeField(source="hub_created_at", allow_null=True)
    modified_at = serializers.DateTimeField(source="hub_modified_at", allow_null=True)
    as_of = serializers.DateTimeField(source="observed_at")
    state = serializers.SerializerMethodField()
    completeness = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField()

    class Meta:
        model = Repo
        fields = (
            "id kind hub_id author source state sha gated is_disabled licence pipeline_tag library_name sdk tags "
            "downloads downloads_all_time likes parameters used_storage_bytes created_at modified_at as_of visited_at "
            "completeness page"
        ).split()

    def get_state(self, repo) -> str:
        """present, gone, or name_lost: another repository took the name over."""
        if not repo.holds_name:
            return "name_lost"
        return "gone" if repo.gone_at else "present"

    def get_completeness(self, repo) -> dict[str, str]:
        """What of it was seen: its identity, its card, its file list, and whether it was visited itself."""
        return completeness_of(repo)

    def get_page(self, repo) -> str:
        path = repo.path
        return request.build_absolute_uri(path) if (request := self.context.get("request")) else path


class AliasSerializer(serializers.ModelSerializer):
    class Meta:
        model = Alias
        fields = ["name", "valid_from", "valid_to"]


class RevisionSerializer(serializers.ModelSerializer):
    files = serializers.SerializerMethodField(help_text="How many; null where no list was seen.")

    class Meta:
        model = Revision
        fields = ["sha", "committed_at", "first_seen_at", "card_state", "card_problem", "files"]

    def get_files(self, revision) -> int | None:
        return revision.file_count if revision.has_file_list else None


class VisitSerializer(serializers.ModelSerializer):
    class Meta:
        model = Visit
        fields = ["kind", "name", "status", "problem", "requests", "started_at", "finished_at"]


class RepoDetailSerializer(RepoSerializer):
    """One repository with its names, its newest revisions and its last visits."""

    aliases = AliasSerializer(many=True)
    revisions = RevisionSerializer(source="newest_revisions", many=True)
    visits = VisitSerializer(source="newest_visits", many=True)
    gone_at = serializers.DateTimeField(allow_null=True)
    first_seen_at = serializers.DateTimeField()

    class Meta(RepoSerializer.Meta):
        fields = [*RepoSerializer.Meta.fields, "first_seen_at", "gone_at", "aliases", "revisions", "visits"]


class HarvestSerializer(serializers.ModelSerializer):
    """One run and what came of it; what it was asked for, and the problems, are told by its detail."""

    harvest = serializers.IntegerField(source="pk")
    seconds = serializers.FloatField(source="wall_s", allow_null=True)
    as_of = serializers.SerializerMethodField()

    class Meta:
        model = Harvest
        fields = (
            "harvest status source created_at started_at finished_at as_of seen created updated unchanged gone failed "
            "requests seconds problem"
        ).split()

    def get_as_of(self, harvest) -> str | None:
        """The moment that the counters speak of: its end, or now while it runs, or null before it began."""
        at = harvest.finished_at or harvest.leased_until and harvest.started_at
        return at.isoformat().replace("+00:00", "Z") if at else None


class ProblemRow(serializers.Serializer):
    line = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(allow_blank=True)
    problem = serializers.CharField()


class HarvestDetailSerializer(HarvestSerializer):
    request = serializers.JSONField(source="shown_request", allow_null=True)
    problems = ProblemRow(source="shown_problems", many=True)

    class Meta(HarvestSerializer.Meta):
        fields = [*HarvestSerializer.Meta.fields, "request", "problems"]


class HarvestRequestSerializer(serializers.Serializer):
    """The options of the command `mirror`, but for dumps, which only the command reads."""

    kind = serializers.ChoiceField(choices=[*Repo.Kind.values, "all"], default="model")
    names = serializers.ListField(
        child=serializers.CharField(validators=[NAME], max_length=193, trim_whitespace=False),
        required=False,
        max_length=NAMES_MOST,
    )
    author = serializers.RegexField(r"^[A-Za-z0-9._-]{1,96}\Z", required=False)
    filters = serializers.ListField(child=serializers.CharField(max_length=255), required=False, max_length=20)
    search = serializers.CharField(max_length=200, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=LISTED_MOST, required=False)
    changed = serializers.BooleanField(default=False)
    sweep = serializers.BooleanField(default=False)

    def to_internal_value(self, data):
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError({str(name)[:80]: ["Unknown field."] for name in unknown[:20]})
        return super().to_internal_value(data)

    def validate(self, attrs):
        """Names stand alone; a listing says what it is of."""
        listing = [key for key in ("author", "filters", "search", "limit") if attrs.get(key)]
        listing += [key for key in ("changed", "sweep") if attrs[key]]
        if attrs.get("names"):
            if listing:
                raise serializers.ValidationError({"names": [f"Not together with {', '.join(listing)}."]})
            if attrs["kind"] == "all":
                raise serializers.ValidationError({"kind": ["Names need one kind."]})
        elif attrs["changed"] and attrs["sweep"]:
            raise serializers.ValidationError({"sweep": ["Not together with changed."]})
        elif not listing:
            raise serializers.ValidationError({"names": ["Give names, or author, filters, search, limit or changed."]})
        return attrs
