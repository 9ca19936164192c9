"""Tokens for tools that write."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models


def digest_of(secret: str) -> str:
    """What is stored of a token: 256 random bits need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet):
    def usable(self, at: datetime) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=at, user__is_active=True)


class ApiToken(models.Model):
    """A hashed, expiring token with scopes; the secret itself is shown once and kept nowhere."""

    class Scope(models.TextChoices):
        READ = "read"
        MIRROR = "mirror"
        TRACE = "trace"
        ASSESS = "assess"
        COMPARE = "compare"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    label = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, help_text="shown, so that its owner knows which it is")
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, help_text="to the hour")
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix}…)"

    @classmethod
    def issue(cls, user, *, label: str, scopes: list[str], expires_at: datetime) -> tuple[ApiToken, str]:
        """A new token and its secret, which cannot be read again; ValueError for a scope that does not exist."""
        if unknown := set(scopes) - set(cls.Scope.values):
            raise ValueError(f"No scope is called {sorted(unknown)[0]!r}.")
        secret = f"stm_{secrets.token_urlsafe(32)}"
        row = cls.objects.create(
            user=user, label=label, prefix=secret[:10], digest=digest_of(secret), scopes=scopes, expires_at=expires_at
        )
        return row, secret
