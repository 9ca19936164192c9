"""Largest first, unknown last, on both databases and in their indexes."""

from django.db.models.expressions import OrderBy
from django.utils.deconstruct import deconstructible


@deconstructible(path="registry.models.ordering.LargestFirst")
class LargestFirst(OrderBy):
    """`x DESC NULLS LAST`; SQLite sorts so by itself and refuses the words in an index."""

    def __init__(self, expression, **kwargs):
        super().__init__(expression, descending=True, nulls_last=True)

    def as_sqlite(self, compiler, connection, **kwargs):
        return self.as_sql(compiler, connection, template="%(expression)s DESC")
