"""What needs a person, as lines of Home: what happened, how often, what to do, and the list that shows it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.admin import paginator
from calls.admin.permissions import has_verb, person_of
from calls.choices import CallStatus, Verdict
from calls.services import overview
from calls.services.overview import Capped


@dataclass(frozen=True)
class Line:
    """One line; without `url` there is no list to go to."""

    key: str
    tone: str
    words: str
    advice: str
    url: str = ""


def lines(request: HttpRequest, signs: overview.Signs) -> list[Line]:
    """Return the lines this person may see, the most urgent first. A pause is told by an alarm of its own."""
    calls = [*_calls(request), *_people(request)] if has_verb(request, "view_calllog") else []
    return [*_worker(signs), *_do_not_call(request), *calls, *_deliveries(request)]


def _worker(signs: overview.Signs) -> Iterator[Line]:
    if signs.worker_silent:
        yield Line(
            "worker",
            "danger",
            _("The worker that sends calls gives no sign of life. Calls wait."),
            _("Ask the person who runs this console to start it."),
        )


def _calls(request: HttpRequest) -> Iterator[Line]:
    found = overview.calls_needing_attention(paginator.MOST_COUNTED)
    for status, count in found.items():
        if count:
            address = reverse("admin:calls_calllog_changelist")
            tone = "danger" if status == CallStatus.REJECTED else "warning"
            yield Line(status, tone, *_about_calls(status, count), f"{address}?status={status}")


def _about_calls(status: CallStatus, count: Capped) -> tuple[str, str]:
    match status:
        case CallStatus.UNCONFIRMED:
            words = ngettext(
                "We don't know whether %(count)s call went out.",
                "We don't know whether %(count)s calls went out.",
                count.number,
            )
            advice = _("Find out whether it rang and say so on its page, before you call again.")
        case CallStatus.NO_OUTCOME:
            words = ngettext(
                "%(count)s call went out, but OSVI never said what came of it.",
                "%(count)s calls went out, but OSVI never said what came of them.",
                count.number,
            )
            advice = _("Ask OSVI again from its page, or ask the person.")
        case _:
            words = ngettext("OSVI refused %(count)s call.", "OSVI refused %(count)s calls.", count.number)
            advice = _("Its page says why. Put that right and call again.")
    return words % {"count": count}, advice


def _people(request: HttpRequest) -> Iterator[Line]:
    """What was promised to people, and what they were not asked or did not say."""
    most = paginator.MOST_COUNTED
    address = reverse("admin:calls_calllog_changelist")
    mine, due = overview.follow_ups_due(most, person_of(request)), overview.follow_ups_due(most)
    if mine:
        words = ngettext(
            "%(count)s follow-up of yours is due.", "%(count)s follow-ups of yours are due.", mine.number
        )
        yield Line(
            "my_follow_ups",
            "warning",
            words % {"count": mine},
            _("Do what you promised, then set the follow-up as done on the call's page."),
            f"{address}?tab=follow_up&follow_up=mine",
        )
    if due != mine:
        words = ngettext(
            "%(count)s follow-up is due in all.", "%(count)s follow-ups are due in all.", due.number
        )
        advice = _("Each call's page says who took it on.")
        yield Line("follow_ups", "warning", words % {"count": due}, advice, f"{address}?tab=follow_up")
    if missing := overview.required_answers_missing(most):
        words = ngettext(
            "%(count)s answered call lacks a required answer.",
            "%(count)s answered calls lack a required answer.",
            missing.number,
        )
        advice = _("Read what was said and fill in the answer, or call again.")
        yield Line("missing", "warning", words % {"count": missing}, advice, f"{address}?missing=yes")


def _do_not_call(request: HttpRequest) -> Iterator[Line]:
    if not has_verb(request, "view_donotcall"):
        return
    if count := overview.proposals_undecided(paginator.MOST_COUNTED):
        words = ngettext(
            "%(count)s person may have asked not to be called.",
            "%(count)s people may have asked not to be called.",
            count.number,
        )
        advice = _("Read what was said and decide. Until then no list calls them.")
        address = reverse("admin:calls_donotcall_changelist")
        yield Line("do_not_call", "warning", words % {"count": count}, advice, f"{address}?tab=undecided")


def _deliveries(request: HttpRequest) -> Iterator[Line]:
    if not has_verb(request, "view_webhookdelivery"):
        return
    found = overview.deliveries_needing_attention(paginator.MOST_COUNTED)
    for verdict, count in found.items():
        if count:
            address = reverse("admin:calls_webhookdelivery_changelist")
            tone = "danger" if verdict == Verdict.FAILED else "warning"
            yield Line(verdict, tone, *_about_deliveries(verdict, count), f"{address}?verdict={verdict}")


def _about_deliveries(verdict: Verdict, count: Capped) -> tuple[str, str]:
    if verdict == Verdict.FAILED:
        words = ngettext(
            "%(count)s message from OSVI could not be applied.",
            "%(count)s messages from OSVI could not be applied.",
            count.number,
        )
        advice = _("Its page says what went wrong. Replay it once that is put right.")
    else:
        words = ngettext(
            "%(count)s message from OSVI belongs to no known call.",
            "%(count)s messages from OSVI belong to no known call.",
            count.number,
        )
        advice = _("Say on its page which call it is about.")
    return words % {"count": count}, advice
