"""Full text over calls, on whichever database the suite runs: what is found, by whom, and that it stays true."""

import random
import unicodedata
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from calls.choices import CallStatus
from calls.models import AnswerCorrection, CallLog, CallNote, Transcript, call_words_index
from calls.models.call_words import searched
from tests.services.together import together

MakeCall = Callable[..., CallLog]
FINISHED = CallStatus.FINISHED

NASTY = (
    "",
    " ",
    '"',
    '"asha',
    "'",
    "asha'; DROP TABLE calls_calllog; --",
    "asha OR ravi",
    "asha AND NOT rao",
    "NEAR(asha rao, 2)",
    "name : asha",
    "{name} : asha",
    "- asha",
    "^asha",
    "asha*",
    "* asha",
    "asha:*",
    "asha & rao | ravi",
    "!asha",
    "asha <-> rao",
    "(((((",
    "\\",
    "\\'",
    "asha\x00rao",
    "%",
    "_",
    "%s %(name)s",
    "😀",
    "asha 😀",
    "\u093e",
    "\u0301",
    "\u200d",
    "\u202e asha",
    "\U0010ffff",
    "\ufdfa" * 400,
    "a" * 10_000,
    "word " * 2_000,
    "श" * 10_000,
    '"' * 10_000,
)


def found(words: str, *, with_conversation: bool = True) -> set[str]:
    """Return the names of the calls that a search finds."""
    calls = CallLog.objects.search(words, with_conversation=with_conversation)
    return {call.person_name for call in calls}


@pytest.fixture
def asha(make_call: MakeCall) -> CallLog:
    """A call about which there is something in every place that is searched, beside one that shares none of it."""
    make_call(FINISHED, person_name="Ravi Iyer", summary="Wants an invoice.")
    call = make_call(
        FINISHED,
        person_name="Asha Rao",
        summary="She comes on Monday.",
        extracted={"reason": "toothache", "visit": {"room": 4711, "with": ["Kavita"]}, "confirmed": True},
    )
    Transcript.objects.create(call=call, text="Good day.\nNamaste, the clinic in Zanzibar.")
    CallNote.objects.create(call=call, text="Prefers the lift.")
    AnswerCorrection.objects.create(call=call, key="reason", corrected="wisdom tooth")
    return call


@pytest.mark.parametrize(
    "words",
    ["asha", "monday", "toothache", "4711", "kavita", "zanzibar", "lift", "wisdom", "rao MONDAY zanzi"],
)
def test_words_are_found_wherever_they_stand(asha: CallLog, words: str) -> None:
    assert found(words) == {"Asha Rao"}


@pytest.mark.parametrize(
    "words", ["monday", "toothache", "4711", "zanzibar", "lift", "wisdom", "asha monday"]
)
def test_without_conversation_only_names_are_searched(asha: CallLog, words: str) -> None:
    assert found(words, with_conversation=False) == set()
    assert found("asha", with_conversation=False) == {"Asha Rao"}


def test_a_search_in_names_does_not_even_open_the_index_of_conversations(asha: CallLog) -> None:
    names = str(CallLog.objects.search("asha", with_conversation=False).query)

    assert "calls_callwords" not in names or connection.vendor == "postgresql"
    assert "everything" not in names


def test_every_word_counts_and_the_last_may_be_begun(asha: CallLog, make_call: MakeCall) -> None:
    make_call(person_name="Asha Iyer")

    assert found("asha") == {"Asha Rao", "Asha Iyer"}
    assert found("asha ra") == {"Asha Rao"}
    assert found("as") == {"Asha Rao", "Asha Iyer"}
    assert found("as rao") == set()
    assert found("asha nobody") == set()
    # Nearly every text has a word that begins with any one letter.
    assert found("a") == set()


def test_devanagari_words_are_found_whole(make_call: MakeCall) -> None:
    make_call(person_name="शर्मा")
    make_call(person_name="one", summary="नमस्ते, मैं सोमवार को क्लिनिक आऊँगा।")
    make_call(person_name="two", summary="क्ल निक")
    # The letter with its dot in one piece, as some keyboards write it, and a joiner inside a word.
    make_call(person_name="three", summary="\u095bरूर")
    make_call(person_name="four", summary="रक्\u200dषा")

    assert found("शर्मा", with_conversation=False) == {"शर्मा"}
    assert found("शर") == {"शर्मा"}
    assert found("क्लिनिक") == {"one"}
    assert found("आऊँगा") == {"one"}
    assert found("आऊँगा सोमवार") == {"one"}
    assert found("लिनिक") == set()
    assert found("ज\u093cरूर") == found("\u095bरूर") == {"three"}
    assert found("रक्षा") == found("रक्\u200dषा") == {"four"}


def test_accents_and_case_are_ignored(make_call: MakeCall) -> None:
    make_call(person_name="José Müller")
    make_call(person_name=unicodedata.normalize("NFD", "Zoë"))

    for words in ("jose", "JOSÉ", "josé muller", "MÜLLER", unicodedata.normalize("NFD", "josé")):
        assert found(words, with_conversation=False) == {"José Müller"}, words
    assert found("zoe") == found("zoë") == {unicodedata.normalize("NFD", "Zoë")}


def test_words_are_separated_by_anything_else(make_call: MakeCall) -> None:
    make_call(
        person_name="Conan O'Brien-Smith", summary="Write to desk.two@clinic.example/path, version 2.1_b!"
    )

    for words in (
        "o'brien",
        "brien",
        "smith",
        "O’Brien",
        "desk",
        "clinic",
        "two@clinic",
        "path",
        "version",
        "b",
    ):
        assert found(words) == {"Conan O'Brien-Smith"}, words


def test_what_looks_like_markup_is_words_too(make_call: MakeCall) -> None:
    make_call(
        person_name="<b>Asha</b> &amp; Rao",
        summary="see http://clinic.example/?day=monday#ten a<b>c <i x='y'",
    )

    for words in ("asha", "rao", "amp", "<b>asha</b>", "example", "monday", "ten", "c", "y"):
        assert found(words) == {"<b>Asha</b> &amp; Rao"}, words


@pytest.mark.parametrize("words", NASTY, ids=range(len(NASTY)))
def test_any_text_is_safe(asha: CallLog, words: str) -> None:
    for with_conversation in (True, False):
        names = found(words, with_conversation=with_conversation)
        assert names <= {"Asha Rao", "Ravi Iyer"}
        assert CallLog.objects.search(words, with_conversation=with_conversation).count() == len(names)


def test_operators_are_words(asha: CallLog) -> None:
    assert found("asha OR ravi") == found("asha NOT ravi") == found("NEAR(asha rao)") == set()
    assert found("name:asha") == found("everything:asha") == set()
    assert found('"asha"*') == {"Asha Rao"}
    assert found("%") == found("😀") == found("") == set()


def test_random_text_is_safe_and_finds_what_it_is_made_of(make_call: MakeCall) -> None:
    chance = random.Random(7)
    letters = "aäß1 \"'*:()&|!<>-^%\\\x01\u0301\u093c\u200d😀कि字\u0000"
    call = make_call()
    for _trial in range(150):
        text = "".join(chance.choices(letters, k=chance.randrange(1, 30)))
        CallLog.objects.filter(pk=call.pk).update(summary=text.replace("\x00", " "))
        hits = CallLog.objects.search(text, with_conversation=True).count()
        assert hits == (1 if searched(text) else 0), repr(text)


# --- The index stays true ---------------------------------------------------------------------


def test_it_follows_every_change(asha: CallLog) -> None:
    CallLog.objects.filter(pk=asha.pk).update(person_name="Meera", summary="", extracted={"a": "new"})
    assert (
        found("rao")
        == found("rao", with_conversation=False)
        == found("monday")
        == found("toothache")
        == set()
    )
    assert found("meera new zanzibar") == {"Meera"}
    assert found("meera", with_conversation=False) == {"Meera"}

    Transcript.objects.filter(call=asha).update(text="Nothing.")
    CallNote.objects.create(call=asha, text="A second note.")
    assert found("zanzibar") == set()
    assert found("nothing lift second") == {"Meera"}

    CallNote.objects.filter(text__contains="lift").delete()
    AnswerCorrection.objects.all().delete()
    Transcript.objects.all().delete()
    assert found("lift") == found("wisdom") == found("nothing") == set()
    assert found("second") == {"Meera"}


def test_it_follows_a_note_that_moves_to_another_call(asha: CallLog, make_call: MakeCall) -> None:
    other = make_call(person_name="Other")

    CallNote.objects.update(call=other)

    assert found("lift") == {"Other"}


def test_it_follows_bulk_writes_and_deleted_calls(make_call: MakeCall) -> None:
    call = make_call(person_name="First")
    many = [CallLog(agent=call.agent, person_name=f"Bulk {number}", country="IN") for number in range(3)]
    CallLog.objects.bulk_create(many)
    Transcript.objects.bulk_create(Transcript(call=row, text="in bulk said") for row in many)
    assert found("said") == {"Bulk 0", "Bulk 1", "Bulk 2"}

    Transcript.objects.all().delete()
    CallLog.objects.filter(person_name="Bulk 1").delete()

    assert found("bulk", with_conversation=False) == found("bulk") == {"Bulk 0", "Bulk 2"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM calls_callwords")
        assert cursor.fetchone() == (CallLog.objects.count(),)


def test_a_change_that_is_taken_back_is_not_found(asha: CallLog) -> None:
    with transaction.atomic():
        CallNote.objects.create(call=asha, text="vanishing")
        transaction.set_rollback(True)

    assert found("vanishing") == set()


def test_a_transcript_without_end_can_be_stored(asha: CallLog) -> None:
    words = " ".join(f"नमस्ते{number}" for number in range(150_000))

    Transcript.objects.filter(call=asha).update(text=words)

    assert found("नमस्ते5") == {"Asha Rao"}
    assert found("lift") == {"Asha Rao"}


@pytest.mark.parametrize("few", [0, 5_000])
def test_many_and_few_are_found_alike(asha: CallLog, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr("calls.models.call_words._FEW_CALLS", few)

    assert found("zanzibar") == {"Asha Rao"}
    assert found("nobody") == set()
    calls = CallLog.objects.filter(status=FINISHED).search("monday", with_conversation=True)
    assert list(calls.order_by("-pk")[:5]) == [asha]


def test_other_conditions_still_hold(asha: CallLog) -> None:
    finished = CallLog.objects.filter(status=FINISHED)

    assert finished.search("asha", with_conversation=True).count() == 1
    assert finished.search("asha", with_conversation=True).filter(outcome="busy").count() == 0
    assert finished.search("asha", with_conversation=True).narrow().order_by("-pk").first() == asha


@pytest.mark.django_db(transaction=True)
def test_words_of_several_people_at_one_moment_are_all_kept(make_call: MakeCall) -> None:
    call = make_call(person_name="Asha Rao")

    def note_and_follow_up() -> None:
        with transaction.atomic():
            CallNote.objects.create(call=call, text="noted")
            CallLog.objects.filter(pk=call.pk).update(required_missing=True)

    def news() -> None:
        with transaction.atomic():
            CallLog.objects.filter(pk=call.pk).update(summary="told")
            Transcript.objects.create(call=call, text="spoken")

    def correct() -> None:
        AnswerCorrection.objects.create(call=call, key="a", corrected="corrected")

    assert together(note_and_follow_up, news, correct, note_and_follow_up) == [None] * 4
    assert found("asha noted told spoken corrected") == {"Asha Rao"}


# --- Tables and triggers ----------------------------------------------------------------------


def test_the_index_is_made_from_the_calls_that_are_there(asha: CallLog) -> None:
    call_words_index.uninstall(connection)
    CallLog.objects.filter(pk=asha.pk).update(summary="In between.")

    call_words_index.install(connection)

    for words in ("asha", "between", "toothache", "kavita", "zanzibar", "lift", "wisdom"):
        assert found(words) == {"Asha Rao"}, words
    assert found("asha", with_conversation=False) == {"Asha Rao"}


@pytest.mark.django_db(transaction=True)
def test_it_survives_that_a_migration_alters_the_table(make_call: MakeCall) -> None:
    call = make_call(person_name="Asha Rao")
    before, after = CallLog._meta.get_field("country"), CallLog._meta.get_field("country").clone()
    after.max_length = 3
    after.set_attributes_from_name("country")
    with connection.schema_editor() as editor:
        editor.alter_field(CallLog, before, after)
    CallLog.objects.filter(pk=call.pk).update(summary="changed before it was mended")

    call_words_index.mend(using="default")
    CallNote.objects.create(call=call, text="and a note")

    assert found("asha mended note") == {"Asha Rao"}
    with connection.schema_editor() as editor:
        editor.alter_field(CallLog, after, before)
    call_words_index.mend(using="default")
