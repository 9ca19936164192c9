"""What licences further up ask of a repository: clauses carried along the relations, and whether they were kept.

Pure code: `rules` says which clause passes along which relation, `paths` finds the shortest way by which each clause
came, `verdict` holds that against the repository's own licence, `whole` does all of it for a whole graph at once.
Everything found is a finding, never legal advice.
"""
