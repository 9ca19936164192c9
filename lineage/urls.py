"""Pages of lineage: the graph and the comparisons."""

from django.urls import path

from lineage import comparison_views, graph_views, run_views
from lineage.between_views import between_page
from lineage.obligations_api import obligations_page
from lineage.verification_views import verification_page

urlpatterns = [
    path("obligations/<kind:kind>/<hub_name:name>", obligations_page, name="obligations-page"),
    path("lineage/<kind:kind>/<hub_name:name>", graph_views.lineage_page, name="lineage-page"),
    path("lineage/between/<kind:kind>/<hub_name:name>", between_page, name="between-page"),
    path("lineage/relations/<int:pk>", graph_views.relation_page, name="relation-page"),
    path("verifications/<int:pk>", verification_page, name="verification-page"),
    path("lineage/recipes/<int:pk>", graph_views.recipe_page, name="recipe-page"),
    path("comparisons", comparison_views.comparison_list, name="comparisons"),
    path("comparisons/new", comparison_views.comparison_new, name="comparison-new"),
    path("comparisons/run", run_views.comparison_run, name="comparison-run"),
    path("comparisons/chain/<hub_name:name>", comparison_views.comparison_chain, name="comparison-chain"),
    path("comparisons/<int:pk>", comparison_views.comparison_page, name="comparison"),
    path("comparisons/<int:pk>/flipped.csv", comparison_views.flipped_csv, name="comparison-csv"),
]
