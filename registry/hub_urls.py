"""Paths of the Hub-compatible read API. A prefix of a kind stands before bare ids, which may hold one slash."""

from django.urls import path

from registry.hub_api import FileView, InfoView, ListingView, TreeView

RESOLVE = "<hub_name:name>/resolve/<hub_revision:revision>/<path:path>"
file, info, tree = FileView.as_view(), InfoView.as_view(), TreeView.as_view()

urlpatterns = [
    path(
        "datasets/<hub_name:name>/resolve/<hub_revision:revision>/<path:path>",
        file,
        {"kind": "dataset"},
        "hub-dataset-file",
    ),
    path(
        "spaces/<hub_name:name>/resolve/<hub_revision:revision>/<path:path>", file, {"kind": "space"}, "hub-space-file"
    ),
    path("<hub_name:name>/resolve/<hub_revision:revision>/<path:path>", file, {"kind": "model"}, "hub-model-file"),
    path("api/<kinds:kind>", ListingView.as_view(), name="hub-listing"),
    path("api/<kinds:kind>/<hub_name:name>/revision/<hub_revision:revision>", info, name="hub-revision"),
    path("api/<kinds:kind>/<hub_name:name>/tree/<hub_revision:revision>", tree, name="hub-tree"),
    path("api/<kinds:kind>/<hub_name:name>/tree/<hub_revision:revision>/<path:folder>", tree, name="hub-folder"),
    path("api/<kinds:kind>/<hub_name:name>", info, name="hub-info"),
]
