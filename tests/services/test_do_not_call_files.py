"""Import and export: what a file may hold, what is said of rows that cannot be used, and the way back."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation

from calls.choices import CallStatus, SuppressionSource, SuppressionStatus
from calls.models import Agent, DoNotCall
from calls.services import do_not_call, do_not_call_export
from calls.services.do_not_call_bulk import Scope, Wanted, suppress_many
from calls.services.do_not_call_import import Common, Imported, import_file
from calls.spreadsheets.limits import Unreadable
from tests.support.spreadsheets import read_csv

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+919876543210", "+919876543211"


@pytest.fixture
def take(tmp_path: Path):
    """Import a CSV file with this content."""

    def take(
        content: str, agent: Agent | None = None, name: str = "numbers.csv", by: User | None = None
    ) -> Imported:
        path = tmp_path / name
        path.write_text(content)
        return import_file(path, name, Common("IN", agent, "From the old system", by))

    return take


def test_a_file_with_all_columns(take) -> None:
    meera = User.objects.create_user("meera")
    next_year = date.today().year + 1  # noqa: DTZ011

    done = take(f"Phone,Reason,Until\n98765 43210,Moved away,{next_year}-05-20\n+919876543211,,\n", by=meera)

    assert (done.added, done.standing, done.left_out, done.remarks) == (2, 0, [], [])
    first, second = DoNotCall.objects.order_by("pk")
    assert (first.phone_number.as_e164, first.reason, first.source) == (
        NUMBER,
        "Moved away",
        SuppressionSource.IMPORT,
    )
    assert (first.added_by, timezone.localtime(do_not_call.last_moment(first)).date()) == (
        meera,
        date(next_year, 5, 20),
    )
    assert (second.reason, second.expires_at) == ("From the old system", None)


def test_a_file_without_headings(take) -> None:
    assert take("9876543210\n9876543211\n9876543210\n").added == 2


def test_rows_that_cannot_be_used_are_named(take) -> None:
    done = take("number;until\n12;\n9876543210;some day\n9.87654E+09;\n9876543211;01/02/2020\n")

    assert (done.added, [row.line for row in done.left_out], [row.line for row in done.remarks]) == (
        1,
        [2, 4, 5],
        [3],
    )
    assert "cut this number short" in done.left_out[1].words
    assert "passed" in done.left_out[2].words
    assert DoNotCall.objects.get().expires_at is None


def test_importing_again_changes_nothing(take) -> None:
    content = "number\n9876543210\n9876543211\n"
    take(content)

    again = take(content)

    assert (again.added, again.standing, DoNotCall.objects.count()) == (0, 2, 2)


def test_a_file_without_numbers_is_refused_in_words(take) -> None:
    with pytest.raises(Unreadable, match="No column with telephone numbers"):
        take("name,reason\nAsha,moved\nRavi,moved\n")
    with pytest.raises(Unreadable):
        take("")
    assert not DoNotCall.objects.exists()


def test_what_waits_for_imported_numbers_is_taken_back(take, make_call, agent: Agent) -> None:
    call = make_call(CallStatus.SCHEDULED)
    heard = make_call(CallStatus.FINISHED)
    proposal = do_not_call.propose(heard, "stop calling", "Heard.")
    assert proposal is not None

    take("number\n9876543210\n")

    call.refresh_from_db()
    proposal.refresh_from_db()
    assert (call.status, proposal.status) == (CallStatus.BLOCKED, SuppressionStatus.DISMISSED)
    agent.refresh_from_db()
    assert agent.do_not_call_next_read_at is None


def test_of_two_rows_for_one_number_the_longer_counts(agent: Agent) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    number = do_not_call.suppress(
        NUMBER, reason="", source=SuppressionSource.STAFF, expires_at=tomorrow
    ).phone_number

    done = suppress_many(
        [Wanted(number, "short", tomorrow), Wanted(number, "for good"), Wanted(number, "shorter", tomorrow)],
        Scope(None, SuppressionSource.IMPORT),
    )

    assert (done.added, done.standing) == (1, 0)
    entry = do_not_call.entries([NUMBER], agent.pk, timezone.now())[NUMBER]
    assert (entry.reason, entry.expires_at) == ("for good", None)


# --- Export ---------------------------------------------------------------------------------------


def exported(*, full_numbers: bool) -> list[dict[str, str]]:
    return read_csv(b"".join(do_not_call_export.csv(full_numbers=full_numbers)))


def test_the_export_can_be_imported_again(take, agent: Agent) -> None:
    until = do_not_call.end_of(timezone.localdate() + timedelta(days=3))
    do_not_call.suppress(NUMBER, reason="=SUM(A1)", source=SuppressionSource.STAFF, expires_at=until)
    do_not_call.lift(
        do_not_call.suppress(OTHER, reason="", source=SuppressionSource.STAFF).pk, None, "A mistake"
    )
    content = b"".join(do_not_call_export.csv(full_numbers=True)).decode()
    DoNotCall.objects.all().delete()

    done = take(content)

    assert (done.added, done.left_out, done.remarks) == (1, [], [])
    entry = DoNotCall.objects.get()
    assert (entry.phone_number.as_e164, entry.reason, entry.expires_at) == (NUMBER, "=SUM(A1)", until)


def test_the_export_in_hindi_can_be_imported_again(take) -> None:
    with translation.override("hi"):
        do_not_call.suppress(NUMBER, reason="वजह", source=SuppressionSource.STAFF)
        content = b"".join(do_not_call_export.csv(full_numbers=True)).decode()
    DoNotCall.objects.all().delete()

    take(content)

    assert DoNotCall.objects.get().reason == "वजह"


def test_formulas_are_only_text_and_numbers_are_masked(agent: Agent) -> None:
    do_not_call.suppress(
        NUMBER, agent=agent, reason="=HYPERLINK(1) said +91 98765 43210", source=SuppressionSource.STAFF
    )

    (masked,) = exported(full_numbers=False)
    (full,) = exported(full_numbers=True)

    assert NUMBER[3:] not in "".join(masked.values()).replace(" ", "")
    assert masked["reason"].startswith("'=")
    assert (full["number"], full["only for agent"]) == ("'" + NUMBER, agent.name)


@pytest.mark.parametrize("numbers", [2_500])
def test_many_numbers_take_few_questions(
    agent: Agent, take, django_assert_max_num_queries, numbers: int
) -> None:
    content = "number\n" + "\n".join(f"98765{number:05}" for number in range(numbers))

    with django_assert_max_num_queries(5 * 20):
        assert take(content).added == numbers
