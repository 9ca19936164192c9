"""The form that asks for a comparison of two uploaded files."""

from django import forms

from lineage.comparing import Version
from lineage.comparison_intake import Upload
from lineage.comparison_requests import Asked
from lineage.flip_report import Questions
from lineage.importers import IMPORTERS, ReadOptions
from lineage.must_pass import read_ids
from lineage.outcomes import BadOutcomes
from lineage.pairing import Allowances
from registry.models import Repo


class ComparisonForm(forms.Form):
    old = forms.FileField(label="Outcomes of the older version", max_length=200)
    new = forms.FileField(label="Outcomes of the newer version", max_length=200)
    noise = forms.FileField(label="The older version run again (gives the noise floor)", max_length=200, required=False)
    old_repo = forms.CharField(label="Older model, if it is mirrored", required=False, max_length=200)
    new_repo = forms.CharField(label="Newer model, if it is mirrored", required=False, max_length=200)
    budget = forms.FloatField(
        label="Largest negative flip rate that passes (a fraction)", required=False, min_value=0, max_value=1
    )
    non_inferiority = forms.FloatField(
        label="Largest loss of accuracy that passes (a fraction)", required=False, min_value=0, max_value=1
    )
    slices = forms.BooleanField(label="No slice may get significantly worse", required=False)
    must_pass = forms.CharField(
        label="Ids that must be right, one a line", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    format = forms.ChoiceField(
        label="Format", required=False, choices=[("", "found by content"), *((name, name) for name in IMPORTERS)]
    )
    common_items = forms.BooleanField(label="Leave out what only one file holds", required=False)
    labels_checked = forms.BooleanField(label="Labels that look permuted are right", required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_old_repo(self) -> Repo | None:
        return self.repo_named(self.cleaned_data["old_repo"])

    def clean_new_repo(self) -> Repo | None:
        return self.repo_named(self.cleaned_data["new_repo"])

    def clean_must_pass(self) -> tuple[str, ...]:
        text = self.cleaned_data["must_pass"]
        try:
            return read_ids(text) if text.strip() else ()
        except BadOutcomes as problem:
            raise forms.ValidationError(str(problem)) from None

    def rerun(self) -> Upload | None:
        """The older version run again, where it was given."""
        again = self.cleaned_data["noise"]
        return Upload(Version(again.name), again.file) if again else None

    def repo_named(self, name: str) -> Repo | None:
        if not name:
            return None
        repo = Repo.objects.visible_to(self.user).named(Repo.Kind.MODEL, name).first()
        if repo is None:
            raise forms.ValidationError("No such model is mirrored.")
        return repo

    def version(self, side: str) -> Version:
        """What one side is called."""
        repo = self.cleaned_data[f"{side}_repo"]
        return Version(repo.name, repo) if repo else Version(self.cleaned_data[side].name)

    def asked(self) -> Asked:
        """The questions of a valid form."""
        data = self.cleaned_data
        return Asked(
            Questions(
                budget=data["budget"],
                non_inferiority=data["non_inferiority"],
                slices=data["slices"],
                must_pass=data["must_pass"],
            ),
            Allowances(common_items=data["common_items"], swapped_labels=data["labels_checked"]),
            ReadOptions(format=data["format"]),
        )
