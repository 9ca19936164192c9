"""Pages of lineage: the graph and the comparisons."""

urlpatterns = []
