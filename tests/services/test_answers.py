"""Required answers that are missing, and corrections: both values are kept, and later news changes neither."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from calls.choices import CallStatus, EventSource
from calls.models import CallLog
from calls.osvi.outcomes import CallOutcome, NewsSource
from calls.services import answers
from calls.services.record_outcome import record_outcome

pytestmark = pytest.mark.django_db
MakeCall = Callable[..., CallLog]
POINTS = [
    {"key": "confirmed", "description": "Ask whether they come.", "required": True},
    {"key": "reason", "description": "If not, ask why.", "required": False},
]
PICKED = CallOutcome(source=NewsSource.POLL, call_id="call_1", status="picked")


@pytest.fixture
def meera() -> User:
    return User.objects.create_user("meera", is_staff=True)


@pytest.fixture
def asking(make_call: MakeCall) -> CallLog:
    """A call that OSVI has, and that should find out whether they come."""
    return make_call(CallStatus.ACCEPTED, request={"data_extraction": POINTS})


def tell(call: CallLog, *news: CallOutcome) -> CallLog:
    for piece in news:
        record_outcome(call.pk, piece, source=EventSource.POLL)
    call.refresh_from_db()
    return call


def test_an_answered_call_without_a_required_answer_is_marked(asking: CallLog) -> None:
    assert tell(asking, PICKED).required_missing
    assert answers.missing_required(asking) == ["confirmed"]


@pytest.mark.parametrize("extracted", [{"confirmed": "yes"}, {"confirmed": False}, {"confirmed": 0}])
def test_an_answer_is_an_answer_even_if_it_is_no(asking: CallLog, extracted: dict[str, object]) -> None:
    assert not tell(asking, replace(PICKED, extracted=extracted)).required_missing


def test_the_mark_goes_when_the_answer_comes_whatever_the_order(make_call: MakeCall) -> None:
    news = [
        PICKED,
        replace(PICKED, extracted={"reason": "ill"}),
        replace(PICKED, extracted={"confirmed": "no"}),
    ]

    first = tell(make_call(CallStatus.ACCEPTED, request={"data_extraction": POINTS}), *news)
    assert not first.required_missing

    CallLog.objects.filter(pk=first.pk).update(call_id="")
    second = tell(make_call(CallStatus.ACCEPTED, request={"data_extraction": POINTS}), *reversed(news))
    assert not second.required_missing


def test_a_call_that_nobody_answered_misses_nothing(asking: CallLog) -> None:
    assert not tell(asking, replace(PICKED, status="not_picked")).required_missing


def test_a_correction_keeps_both_values_and_takes_the_mark_away(asking: CallLog, meera: User) -> None:
    tell(asking, replace(PICKED, extracted={"reason": "ill"}))
    assert asking.required_missing

    answers.correct(asking, "confirmed", "  no ", by=meera)
    answers.correct(asking, "reason", "on holiday", by=meera)

    asking.refresh_from_db()
    assert not asking.required_missing
    kept = answers.corrections(asking)
    assert (kept["confirmed"].original, kept["confirmed"].corrected) == (None, "no")
    assert (kept["reason"].original, kept["reason"].corrected) == ("ill", "on holiday")
    assert asking.extracted == {"reason": "ill"}
    assert asking.events.filter(by=meera).count() == 2


def test_later_news_leaves_a_correction_alone(asking: CallLog, meera: User) -> None:
    tell(asking, PICKED)
    answers.correct(asking, "confirmed", "no", by=meera)

    tell(asking, replace(PICKED, summary="They come.", extracted={"reason": "none"}))

    assert not asking.required_missing
    assert answers.corrections(asking)["confirmed"].corrected == "no"


def test_the_newest_correction_counts(asking: CallLog, meera: User) -> None:
    answers.correct(asking, "confirmed", "no", by=meera)
    answers.correct(asking, "confirmed", "yes", by=meera)

    assert answers.corrections(asking)["confirmed"].corrected == "yes"
    assert asking.corrections.count() == 2


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [("colour", "red", "unknown"), ("confirmed", " ", "empty"), ("confirmed", "x" * 3001, "too_long")],
)
def test_a_bad_correction_is_refused(asking: CallLog, meera: User, key: str, value: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        answers.correct(asking, key, value, by=meera)

    assert refused.value.code == code
    assert not asking.corrections.exists()
