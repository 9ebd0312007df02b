"""Many new rows at once: the same rows as bulk_create writes, or none."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from calls.models import CallList, CallTemplate, Contact
from calls.services import bulk

pytestmark = pytest.mark.django_db


@pytest.fixture
def call_list(template: CallTemplate) -> CallList:
    return CallList.objects.create(name="May", template=template, country="IN")


def people(call_list: CallList) -> list[Contact]:
    hostile = "Zoë \t\n \\N \\. 'x' \"y\" %s {} 𝄞 नमस्ते"
    return [
        Contact(
            call_list=call_list, row=1, person_name=hostile, values={hostile: hostile}, cells=[hostile, ""]
        ),
        Contact(call_list=call_list, row=2, next_attempt_at=timezone.now(), phone_number="+919876543210"),
        Contact(call_list=call_list, row=3, detail={"a": [1, None, True, {"b": 1.5}]}),
    ]


def written() -> list[tuple[Any, ...]]:
    names = [field.attname for field in Contact._meta.concrete_fields if not field.primary_key]
    return list(Contact.objects.order_by("row").values_list(*names))


def test_it_writes_what_bulk_create_writes(call_list: CallList) -> None:
    objects = people(call_list)
    bulk.insert(objects)
    ours = written()
    Contact.objects.all().delete()
    Contact.objects.bulk_create(objects)

    assert ours == written()


def test_they_are_found_by_what_stands_in_their_json(call_list: CallList) -> None:
    bulk.insert(people(call_list))

    assert Contact.objects.get(detail__a__3__b=1.5).row == 3


def test_a_row_that_is_there_already_writes_none(call_list: CallList) -> None:
    bulk.insert(people(call_list)[:1])
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(people(call_list)[::-1])

    assert Contact.objects.count() == 1
    assert not connection.needs_rollback


def test_without_rows_it_does_nothing() -> None:
    bulk.insert([])
