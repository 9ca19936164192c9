"""Every path of the site. Order matters: exact prefixes stand before the ids, which may hold one slash and dots."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from registry import converters  # noqa: F401  registers <hub_name:…>

api_v1 = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("", include("registry.api_urls")),
    path("", include("lineage.api_urls")),
    path("", include("openness.api_urls")),
]

handler400 = "registry.problems.bad_request"
handler404 = "registry.problems.not_found"
handler500 = "registry.problems.server_error"

urlpatterns = [
    path("admin/login/", RedirectView.as_view(pattern_name="sign-in", query_string=True)),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api_v1)),
    path("", include("registry.hub_urls")),
    path("", include("registry.page_urls")),
    path("", include("lineage.urls")),
    path("", include("openness.urls")),
]
