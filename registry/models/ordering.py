"""Largest first, unknown last, on both databases and in their indexes."""

from django.db.models.expressions import OrderBy
from django.db.models.indexes import IndexExpression
from django.utils.deconstruct import deconstructible


@deconstructible(path="registry.models.ordering.LargestFirst")
class LargestFirst(OrderBy):
    """`x DESC NULLS LAST`; SQLite sorts so by itself and refuses the words in an index."""

    def __init__(self, expression, **kwargs):
        super().__init__(expression, descending=True, nulls_last=True)

    def as_sqlite(self, compiler, connection, **kwargs):
        plain = self.copy()
        plain.nulls_last = None
        return plain.as_sql(compiler, connection)


# An index accepts only the orderings that are registered with it.
IndexExpression.register_wrappers(*IndexExpression.wrapper_classes, LargestFirst)
