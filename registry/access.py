"""Who may call the REST interface: sessions by their permissions, tools by hashed tokens with scopes."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.timezone import now
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission

from registry.models.access import ApiToken, digest_of

LAST_USED_STEP = timedelta(hours=1)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer stm_…`; the row found becomes `request.auth`."""

    def authenticate(self, request):
        parts = get_authorization_header(request).split()
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            return None
        token = (
            ApiToken.objects.usable(now()).select_related("user").filter(digest=digest_of(parts[1].decode("latin1")))
        )
        if not (row := token.first()):
            raise AuthenticationFailed("The token is unknown, expired or revoked.")
        if row.last_used_at is None or now() - row.last_used_at > LAST_USED_STEP:
            ApiToken.objects.filter(pk=row.pk).update(last_used_at=now())
        if request.method in SAFE_METHODS and ApiToken.Scope.READ not in row.scopes:
            return AnonymousUser(), row  # a token that may only write sees what everybody sees
        return row.user, row

    def authenticate_header(self, request) -> str:
        return "Bearer"


class ReadPublicWriteScoped(BasePermission):
    """Reading is public, or needs any token or session where PUBLIC_READ is off. Writing needs the view's scope.

    A view that writes names `write_scope` (of a token) and `write_permission` (of a signed-in user).
    """

    message = "This needs a token with the right scope, or a signed-in user with the permission."

    def has_permission(self, request, view) -> bool:
        if request.method in SAFE_METHODS:
            return settings.PUBLIC_READ or (request.user.is_authenticated and self.scope_allows(request, "read"))
        scope, permission = getattr(view, "write_scope", None), getattr(view, "write_permission", None)
        if not request.user.is_authenticated or scope is None:
            return False
        if request.auth is not None:
            return self.scope_allows(request, scope) and self.user_allows(request.user, permission)
        return self.user_allows(request.user, permission)

    @staticmethod
    def scope_allows(request, scope: str) -> bool:
        return request.auth is None or scope in request.auth.scopes

    @staticmethod
    def user_allows(user, permission: str | None) -> bool:
        return permission is None or user.has_perm(permission)
