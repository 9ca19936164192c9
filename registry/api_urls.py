"""Paths of registry under `/api/v1/`."""

from django.urls import path

from registry.api import HarvestDetail, HarvestList, RepoDetail, RepoList
from registry.energy_pages import EnergyList

urlpatterns = [
    path("repos", RepoList.as_view(), name="repos"),
    path("repos/<kind:kind>/<hub_name:name>", RepoDetail.as_view(), name="repo"),
    path("harvests", HarvestList.as_view(), name="harvests"),
    path("harvests/<int:number>", HarvestDetail.as_view(), name="harvest"),
    path("energy", EnergyList.as_view(), name="energy"),
]
