"""Notices: the people of a list are told when it ends, pauses itself or needs somebody."""

from django.conf import settings
from django.utils import timezone

from calls.choices import NoticeKind
from calls.models import CallList, Notice
from calls.services import nudge


def tell(call_list: CallList, kind: NoticeKind, why: str) -> list[Notice]:
    """Tell whoever made the list and whoever started it, each once. `why` is a sentence in English.

    An e-mail is planned for those who have an address, if the console sends any; services.notice_mail does it.
    """
    now = timezone.now()
    people = {person.pk: person for person in (call_list.created_by, call_list.launched_by) if person}
    notices = [
        Notice(
            person=person,
            call_list=call_list,
            kind=kind,
            why=why,
            at=now,
            next_mail_at=now if settings.SENDS_EMAIL and person.email else None,
        )
        for person in people.values()
        if person.is_active
    ]
    if any(notice.next_mail_at for notice in notices):
        nudge.send_notices()
    return Notice.objects.bulk_create(notices)
