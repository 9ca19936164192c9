"""Pages of registry."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from registry import energy_pages, views

urlpatterns = [
    path("sign-in", views.SignIn.as_view(), name="sign-in"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    path("energy", energy_pages.energy, name="energy-page"),
    path("harvests", views.harvests, name="harvests-page"),
    path("harvests/<int:number>", views.harvest, name="harvest-page"),
]
