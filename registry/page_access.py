"""Who may read pages, and how often one may try to sign in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class PagesForReaders(LoginRequiredMiddleware):
    """Where PUBLIC_READ is off every page needs a signed-in user, new ones too; REST decides by its own permissions."""

    def process_view(self, request, view_func, view_args, view_kwargs):
        if settings.PUBLIC_READ or issubclass(getattr(view_func, "cls", object), APIView):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class SignInThrottle(SimpleRateThrottle):
    """Tries to sign in from one address; each server process counts its own."""

    rate = "10/min"

    def get_cache_key(self, request, view) -> str:
        return f"sign-in:{self.get_ident(request)}"
