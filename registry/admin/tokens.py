"""Tokens of tools: issued and revoked, never seen again."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.utils.timezone import now

from registry.models import ApiToken

MOST_DAYS = 366


class TokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(choices=ApiToken.Scope.choices, widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, initial=90, help_text="until it expires")

    class Meta:
        model = ApiToken
        fields = ["label"]


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Everybody issues and revokes their own; only a superuser sees those of others, and revokes them."""

    form = TokenForm
    list_display = ["label", "prefix", "user", "scopes", "expires_at", "last_used_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-id"]
    actions = ["revoke"]

    def get_queryset(self, request):
        tokens = super().get_queryset(request)
        return tokens if request.user.is_superuser else tokens.filter(user=request.user)

    def get_form(self, request, obj=None, change=False, **kwargs):
        """What to ask for; of a token that is there, its columns but the digest."""
        if change:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request, obj=None):
        return ["label", "scopes", "days"] if obj is None else [*self.list_display, "created_at"]

    def has_change_permission(self, request, obj=None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def save_model(self, request, obj, form, change):
        wanted = form.cleaned_data
        expires_at = now() + timedelta(days=wanted["days"])
        row, secret = ApiToken.issue(
            request.user, label=wanted["label"], scopes=sorted(wanted["scopes"]), expires_at=expires_at
        )
        obj.pk, obj.prefix = row.pk, row.prefix
        messages.warning(request, f"The token, shown this once: {secret}")

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request, queryset):
        number = queryset.filter(revoked_at=None).update(revoked_at=now())
        self.message_user(request, f"{number} tokens are revoked.")
