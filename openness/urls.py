"""Pages that compose all three apps: the corpus, a repository, statistics."""

from django.urls import path

from openness import carbon_pages, card_pages, mof_pages, views

urlpatterns = [
    path("", views.corpus, name="corpus"),
    path("statistics", views.statistics, name="statistics-page"),
    path("openness", mof_pages.openness_of_corpus, name="openness-of-corpus"),
    path("openness/<kind:kind>/<hub_name:name>", mof_pages.openness_of_repo, name="openness-page"),
    path("cards", card_pages.cards_of_corpus, name="cards-of-corpus"),
    path("cards/<kind:kind>/<hub_name:name>", card_pages.card_of_repo, name="card-page"),
    path("carbon", carbon_pages.carbon_of_corpus, name="carbon-of-corpus"),
    path("carbon/model/<hub_name:name>", carbon_pages.carbon_of_repo, name="carbon-page"),
    path("<kinds:kind>/<hub_name:name>", views.repo, name="repo-page"),
    path("repos/<int:key>", views.repo_without_name, name="repo-without-name"),
    path("repos/<int:key>/<slug:action>", views.act, name="act"),
]
