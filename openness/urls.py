"""Pages that compose all three apps: the corpus, a repository, statistics."""

urlpatterns = []
