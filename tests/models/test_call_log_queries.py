from collections.abc import Callable

import pytest
from django.db import connection

from calls.models import CallLog


@pytest.mark.parametrize(("column", "index"), [("call_id", "call_id_once"), ("call_log_id", "call_log_id")])
def test_a_call_is_found_by_the_index_of_osvis_ids(
    make_call: Callable[..., CallLog], column: str, index: str
) -> None:
    wanted = make_call(**{column: "id-1"})
    make_call()

    assert list(CallLog.objects.with_osvi_id(column, ["id-1", "id-2"])) == [wanted]
    assert not CallLog.objects.with_osvi_id(column, [""]).exists()
    # PostgreSQL reads a table of two rows without any index.
    if connection.vendor == "sqlite":
        for ids in (["id-1"], ["id-1", "id-2"]):
            plan = CallLog.objects.with_osvi_id(column, ids).exclude(pk=0).explain()
            assert f"USING INDEX {index} " in plan
