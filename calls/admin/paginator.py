"""Paging through big tables without counting them."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

# Rows that are counted and paged through; beyond them people narrow the list by filters and search.
MOST_COUNTED = 1_000


class CappedPaginator(Paginator):
    """Counts at most MOST_COUNTED rows; `is_capped` says that there are more.

    Rows that were counted already carry their number, cut off above the cap, as `known_count`.
    """

    object_list: QuerySet[Any]

    @cached_property
    def _counted(self) -> int:
        if (known := getattr(self.object_list, "known_count", None)) is not None:
            return int(known)
        # In no order, so that the database may count by any index.
        return self.object_list.order_by()[: MOST_COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        """Rows that can be reached."""
        return min(self._counted, MOST_COUNTED)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than can be reached."""
        return self._counted > MOST_COUNTED
