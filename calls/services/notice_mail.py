"""E-mail about lists: one for each notice, sent by the worker, tried again a few times when the server is down."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls.choices import NoticeKind
from calls.models import Notice
from calls.services import nudge

logger = logging.getLogger(__name__)

# Waits between tries: after so many of them the console's own notice has to do.
WAITS = (timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
# A worker that died with an e-mail in its hands is given this long before the next one takes it up.
_HELD = timedelta(minutes=10)
# E-mails that are sent in one go.
BATCH = 50


def sweep() -> int:
    """Have a worker send what is due. Returns how many e-mails wait."""
    due = Notice.objects.filter(next_mail_at__lte=timezone.now()).count()
    if due:
        nudge.send_notices()
    return due


def send_due() -> int:
    """Send the e-mails that are due. Returns how many were sent."""
    due = Notice.objects.filter(next_mail_at__lte=timezone.now()).select_related("person", "call_list")
    return sum(_send(notice) for notice in due.order_by("pk")[:BATCH])


def _send(notice: Notice) -> bool:
    now = timezone.now()
    mine = Notice.objects.filter(pk=notice.pk, next_mail_at=notice.next_mail_at)
    if not mine.update(next_mail_at=now + _HELD, mail_tries=notice.mail_tries + 1):
        return False  # Another worker sends it.
    with translation.override(settings.LANGUAGE_CODE):
        subject, text = written(notice)
    try:
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [notice.person.email])
    except OSError as error:
        # What smtplib raises, too. The address and the words stay out of the log.
        logger.warning("Notice %s could not be sent by e-mail: %s.", notice.pk, type(error).__name__)
        waits = WAITS[notice.mail_tries : notice.mail_tries + 1]
        Notice.objects.filter(pk=notice.pk).update(next_mail_at=now + waits[0] if waits else None)
        return False
    Notice.objects.filter(pk=notice.pk).update(next_mail_at=None, mailed_at=timezone.now())
    return True


def written(notice: Notice) -> tuple[str, str]:
    """Return subject and text of a notice. They name the list and no person of it."""
    subjects = {
        NoticeKind.ENDED: _("The call list “%(name)s” has ended"),
        NoticeKind.PAUSED: _("The call list “%(name)s” has paused itself"),
        NoticeKind.NEEDS_SOMEBODY: _("The call list “%(name)s” needs somebody"),
    }
    # A name with a line end would end the header.
    name = " ".join(notice.call_list.name.split())
    address = reverse("admin:calls_calllist_change", args=[notice.call_list_id])
    lines = [
        _("Hello,"),
        subjects[NoticeKind(notice.kind)] % {"name": name} + ".",
        _(notice.why) if notice.why else "",
        _("See what came of it and what to do: %(address)s")
        % {"address": settings.PUBLIC_BASE_URL + address},
    ]
    return subjects[NoticeKind(notice.kind)] % {"name": name}, "\n\n".join(filter(None, lines)) + "\n"
