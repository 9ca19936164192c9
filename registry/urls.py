"""Every path of the site. Order matters: exact prefixes stand before the ids, which may hold one slash and dots."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
