"""`token`: issue an access token for a tool; the secret is printed once."""

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.utils.timezone import now

from registry.cli import YES, BadInput, StemmaCommand
from registry.models import ApiToken

MOST_DAYS = 366


class Command(StemmaCommand):
    help = "Issue a token for a user. The secret is printed once and kept nowhere."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--label", default="issued on the command line")
        parser.add_argument("--scope", action="append", dest="scopes", required=True, choices=ApiToken.Scope.values)
        parser.add_argument("--days", type=int, default=90, help=f"until it expires, at most {MOST_DAYS}")

    def work(self, *, username, label, scopes, days, **options) -> int:
        user = get_user_model().objects.filter(username=username, is_active=True).first()
        if user is None:
            raise BadInput(f"There is no active user {username!r}.")
        if not 1 <= days <= MOST_DAYS:
            raise BadInput(f"A token lasts from 1 to {MOST_DAYS} days.")
        expires_at = now() + timedelta(days=days)
        row, secret = ApiToken.issue(user, label=label[:80], scopes=sorted(set(scopes)), expires_at=expires_at)
        self.put({"token": secret, "scopes": row.scopes, "expires_at": expires_at.isoformat()}, secret)
        return YES
