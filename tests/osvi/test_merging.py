"""Any order and any repetition of a call's news ends in the same knowledge."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.osvi.merging import Known, canonical, merge
from calls.osvi.outcomes import CallOutcome, NewsSource, Turn, from_call, from_delivery
from tests.payloads import load

# How busy the machine is must not decide whether a property holds.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.sampled_from(
    ["", "picked", "not_picked", "no-answer", "busy", "voicemail", "failed", "ringing", "queued", "Other"]
)
SHORT = st.sampled_from(["", "a", "b", "longer"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text('aé"', max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(SHORT, inner, max_size=2),
    max_leaves=4,
)
MAPPINGS = st.dictionaries(st.sampled_from(["x", "y", "a.b"]), VALUES, max_size=3)
NEWS = st.builds(
    CallOutcome,
    source=st.sampled_from(NewsSource),
    status=WORDS,
    call_id=SHORT,
    call_log_id=SHORT,
    summary=SHORT,
    duration_seconds=st.none() | st.integers(0, 3),
    ended_by=SHORT,
    ended_reason=SHORT,
    tag=SHORT,
    extracted=MAPPINGS,
    analysis=MAPPINGS,
    transcript=st.lists(st.builds(Turn, st.sampled_from(["agent", "person"]), SHORT), max_size=2).map(tuple),
    retry_count=st.none() | st.integers(0, 2),
    picked_at=st.none() | st.datetimes(timezones=st.just(UTC)),
)


def merge_all(news: list[CallOutcome], known: Known | None = None) -> Known:
    return reduce(merge, news, known or Known())


def stored_and_read(known: Known) -> Known:
    """What a row gives back: its provenance and mappings went through JSON."""
    row = json.loads(
        json.dumps({name: asdict(known)[name] for name in ("provenance", "extracted", "analysis")})
    )
    return replace(known, **row)


@patient
@given(st.lists(NEWS, max_size=4), st.data())
def test_order_and_repetition_do_not_matter(news, data):
    again = (
        data.draw(st.permutations(news + data.draw(st.lists(st.sampled_from(news), max_size=3))))
        if news
        else []
    )
    first, second = merge_all(news), merge_all(again)
    assert first == second
    assert canonical(asdict(first)) == canonical(asdict(second))


@patient
@given(NEWS, NEWS)
def test_repeating_changes_nothing(one, other):
    known = merge_all([one, other])
    assert merge(known, one) == known
    assert merge(known, other) == known


@patient
@given(st.lists(NEWS, max_size=4), st.data())
def test_storing_between_two_news_changes_nothing(news, data):
    known = Known()
    for item in data.draw(st.permutations(news)):
        known = stored_and_read(merge(known, item))
    assert known == merge_all(news)


@patient
@given(NEWS, NEWS)
def test_a_present_value_never_goes_missing(one, other):
    before, after = asdict(merge(Known(), one)), asdict(merge_all([one, other]))
    for name, value in before.items():
        assert not (value not in (None, "", (), {}) and after[name] in (None, "", (), {})), name
    for name in ("extracted", "analysis"):
        for key, value in before[name].items():
            assert key in after[name]
            assert not (value not in (None, "", [], {}) and after[name][key] in (None, "", [], {}))


@patient
@given(NEWS, NEWS)
def test_merging_leaves_its_arguments_alone(one, other):
    known = merge(Known(), one)
    before = canonical(asdict(known))
    merge(known, other)
    assert canonical(asdict(known)) == before


LADDER = ["", "queued", "in_progress", "failed", "not_picked", "busy", "voicemail", "picked"]


@pytest.mark.parametrize("weaker", range(len(LADDER)))
def test_stronger_status_words_win_from_any_source_in_any_order(weaker):
    for stronger in range(weaker + 1, len(LADDER)):
        news = [
            CallOutcome(NewsSource.POLL, status=LADDER[weaker]),
            CallOutcome(NewsSource.ANSWER, status=LADDER[stronger]),
        ]
        for order in permutations(news):
            assert merge_all(list(order)).status == LADDER[stronger]


def test_a_row_without_provenance_never_unfinishes():
    for word in LADDER[:-1]:
        assert merge(Known(status="picked"), CallOutcome(NewsSource.POLL, status=word)).status == "picked"


def test_the_status_is_kept_as_the_known_word():
    assert merge(Known(), CallOutcome(NewsSource.POLL, status="No-Answer")).status == "not_picked"
    assert merge(Known(), CallOutcome(NewsSource.POLL, status="Transferred")).status == "Transferred"


def test_of_two_values_the_stronger_word_then_the_later_source_then_the_longer_text_wins():
    def summary(*news: CallOutcome) -> str:
        [result] = {merge_all(list(order)).summary for order in permutations(news)}
        return result

    answered = CallOutcome(NewsSource.ANSWER, status="picked", summary="from the answered attempt")
    unanswered = CallOutcome(
        NewsSource.POLL, status="not_picked", summary="from an attempt before it, longer"
    )
    assert summary(answered, unanswered) == answered.summary
    polled = CallOutcome(NewsSource.POLL, status="picked", summary="polled")
    assert summary(answered, polled) == "polled"
    assert summary(polled, replace(polled, summary="polled, and longer")) == "polled, and longer"
    assert summary(polled, replace(polled, summary="polleE")) == "polled"


def test_extracted_values_merge_key_by_key():
    delivery = CallOutcome(NewsSource.DELIVERY, status="picked", extracted={"a": "yes", "b": None, "c": 1})
    poll = CallOutcome(NewsSource.POLL, status="picked", extracted={"a": "", "b": False, "d": 0})
    for order in permutations([delivery, poll]):
        known = merge_all(list(order))
        assert known.extracted == {"a": "yes", "b": False, "c": 1, "d": 0}
        assert known.provenance["extracted.a"][1] < known.provenance["extracted.b"][1]


def test_zero_is_a_value():
    known = merge(Known(), CallOutcome(NewsSource.POLL, duration_seconds=0, retry_count=0))
    assert (known.duration_seconds, known.retry_count) == (0, 0)


def test_every_permutation_of_documented_news_ends_alike():
    news = [
        CallOutcome(NewsSource.ANSWER, call_id="call_abc123xyz"),
        from_delivery(load("webhooks/1_flat_chat")),
        from_delivery(load("webhooks/1_flat_chat_not_picked")),
        from_delivery(load("webhooks/2_analysis")),
        from_delivery(load("webhooks/4_nested_sections")),
        from_call(load("get/call")["data"]),
    ]
    first = merge_all(news)
    assert first.status == "picked"
    assert all(merge_all(list(order)) == first for order in permutations(news))


def test_canonical_text_ignores_what_databases_do_not_keep():
    assert canonical({"b": 1.0, "a": -0.0}) == canonical({"a": 0, "b": 1}) == '{"a":0,"b":1}'
    assert canonical(1e22) == "1" + "0" * 22
    moment = datetime(2026, 6, 1, 10, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert canonical(moment) == canonical(moment.astimezone(UTC))
    assert canonical(True) != canonical(1)
