"""The form that asks for two mirrored versions to be run on a suite."""

from django import forms

from lineage.comparison_requests import Asked
from lineage.flip_report import Questions
from lineage.run_comparison import Execution
from lineage.run_places import named_version, suite_names, suite_path
from lineage.running import DEVICES, DTYPES, How
from lineage.version_files import BadVersion


class RunForm(forms.Form):
    old = forms.CharField(label="Older version (ID or ID@SHA)", max_length=240)
    new = forms.CharField(label="Newer version", max_length=240)
    suite = forms.ChoiceField(label="Suite")
    device = forms.ChoiceField(label="Device", choices=[(name, name) for name in DEVICES])
    dtype = forms.ChoiceField(label="Computed in", choices=[(name, name) for name in DTYPES])
    budget = forms.FloatField(
        label="Largest negative flip rate that passes (a fraction)", required=False, min_value=0, max_value=1
    )
    non_inferiority = forms.FloatField(
        label="Largest loss of accuracy that passes (a fraction)", required=False, min_value=0, max_value=1
    )
    slices = forms.BooleanField(label="No slice may get significantly worse", required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["suite"].choices = [(name, name) for name in suite_names()]

    def clean_old(self):
        return self.version("old")

    def clean_new(self):
        return self.version("new")

    def version(self, side: str):
        try:
            return named_version(self.cleaned_data[side], user=self.user)
        except BadVersion as problem:
            raise forms.ValidationError(str(problem)) from None

    def execution(self) -> Execution:
        """What a valid form wants run."""
        data = self.cleaned_data
        how = How(data["device"], data["dtype"])
        return Execution(data["old"][0], data["new"][0], str(suite_path(data["suite"])), how)

    def asked(self) -> Asked:
        """The questions of a valid form."""
        names = ("budget", "non_inferiority", "slices")
        return Asked(Questions(**{name: self.cleaned_data[name] for name in names}))
