from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from calls.admin import paginator
from calls.choices import CallStatus
from calls.models import Agent, CallLog, CallNote, Transcript
from calls.services import sending
from tests.admin.base import AdminTestCase, staff

LIST = reverse("admin:calls_calllog_changelist")


class CallListTests(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.viewer)

    def names(self, **query: str) -> list[str]:
        """Return the names in the list that a query shows, in order."""
        response = self.client.get(LIST, query)
        assert response.status_code == 200
        return [call.person_name for call in response.context["cl"].result_list]

    def test_it_shows_person_outcome_template_agent_and_who_placed_it(self) -> None:
        self.make_call(status=CallStatus.FINISHED, outcome="not_picked", duration_seconds=96)

        response = self.client.get(LIST)

        for words in ("Asha Rao", "+91 ••••• •210", "Nobody answered", "Appointment reminder", "Front desk"):
            self.assertContains(response, words)
        self.assertContains(response, "1 min 36 s")
        self.assertContains(response, "caller")
        self.assertNotContains(response, "not_picked<")

    def test_an_outcome_that_only_osvi_knows_is_shown_as_it_came(self) -> None:
        self.make_call(status=CallStatus.ACCEPTED, outcome="rescheduled")

        self.assertContains(self.client.get(LIST), "rescheduled")

    def test_it_is_closed_to_people_without_the_permission(self) -> None:
        self.client.force_login(self.nobody)

        assert self.client.get(LIST).status_code == 403
        assert self.client.post(LIST).status_code == 403

    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        self.make_call()
        self.client.get(LIST)
        with CaptureQueriesContext(connection) as one:
            self.client.get(LIST)
        for number in range(20):
            agent = Agent.objects.create(agent_uuid=f"agent_{number}", name=f"Agent {number}")
            person = User.objects.create_user(f"person{number}")
            template = self.make_template(f"Template {number}")
            self.make_call(agent=agent, template=template, placed_by=person)

        with CaptureQueriesContext(connection) as many:
            self.client.get(LIST)

        assert len(many) == len(one)

    def test_it_reads_no_wide_columns(self) -> None:
        self.make_call(summary="A long story")

        with CaptureQueriesContext(connection) as queries:
            self.client.get(LIST)

        rows = [query["sql"] for query in queries if '"calls_calllog"."person_name"' in query["sql"]]
        assert rows
        for wide in ("summary", "extracted", "request", "greeting", "prompt"):
            assert not [sql for sql in rows if f'"{wide}"' in sql], wide

    def test_it_counts_no_further_than_it_can_page(self) -> None:
        for _number in range(4):
            self.make_call()
        with self.patched_cap(3), CaptureQueriesContext(connection) as queries:
            response = self.client.get(LIST)

        self.assertContains(response, "3+ calls")
        counts = [
            query["sql"] for query in queries if "COUNT(" in query["sql"] and "calls_calllog" in query["sql"]
        ]
        assert counts
        assert all("LIMIT 4" in sql for sql in counts), counts

    def patched_cap(self, rows: int) -> Any:
        """Lower the cap, so that four rows are as good as a thousand."""
        return patch.object(paginator, "MOST_COUNTED", rows)

    # --- Filters ------------------------------------------------------------------------------

    def test_it_filters_by_status(self) -> None:
        self.make_call(person_name="waiting", status=CallStatus.QUEUED)
        self.make_call(person_name="unsure", status=CallStatus.UNCONFIRMED)
        self.make_call(person_name="done", status=CallStatus.FINISHED, outcome="picked")

        assert self.names(status="unconfirmed") == ["unsure"]
        assert self.names(status="finished") == ["done"]
        assert self.names(status="nonsense") == []

    def test_it_filters_by_outcome(self) -> None:
        self.make_call(person_name="answered", status=CallStatus.FINISHED, outcome="picked")
        self.make_call(person_name="odd", outcome="rescheduled")
        self.make_call(person_name="open")

        assert self.names(outcome="picked") == ["answered"]
        assert self.names(outcome="other") == ["odd"]
        assert self.names(outcome="none") == ["open"]

    def test_it_filters_by_agent_template_and_person(self) -> None:
        other = self.make_template("Other", agent=self.idle_agent)
        self.make_call(person_name="mine")
        self.make_call(person_name="other", agent=self.idle_agent, template=other, placed_by=self.viewer)

        assert self.names(agent=str(self.idle_agent.pk)) == ["other"]
        assert self.names(template=str(other.pk)) == ["other"]
        assert self.names(placed_by=str(self.viewer.pk)) == ["other"]
        assert self.names(agent="1 OR 1") == []

    def test_it_filters_by_date(self) -> None:
        now = timezone.now()
        midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        self.make_call(person_name="month", requested_at=midnight - timedelta(days=20))
        self.make_call(person_name="week", requested_at=midnight - timedelta(days=3))
        self.make_call(person_name="yesterday", requested_at=midnight - timedelta(seconds=1))
        self.make_call(person_name="today", requested_at=midnight)

        assert self.names(when="today") == ["today"]
        assert self.names(when="yesterday") == ["yesterday"]
        assert self.names(when="7") == ["today", "yesterday", "week"]
        assert self.names(when="30") == ["today", "yesterday", "week", "month"]

    # --- Search -------------------------------------------------------------------------------

    def test_it_finds_a_number_in_any_form(self) -> None:
        self.make_call(person_name="wanted", phone_number="+919876543210")
        self.make_call(person_name="other", phone_number="+919123456789")
        self.make_call(person_name="abroad", phone_number="+14155552671", country="US")

        for term in ("+91 98765 43210", "9876543210", "098765-43210", "0091 98765", "98765", "(98765) 43210"):
            assert self.names(q=term) == ["wanted"], term
        assert self.names(q="+1 415") == ["abroad"]

    def test_it_finds_names_by_every_word(self) -> None:
        self.make_call(person_name="Asha Rao")
        self.make_call(person_name="Asha Iyer")

        assert self.names(q="rao ASHA") == ["Asha Rao"]
        assert self.names(q="%") == []

    def test_it_finds_ids_whole_or_by_their_beginning(self) -> None:
        wanted = self.make_call(person_name="wanted", call_id="call_abc123xyz", call_log_id="log-77-0001")
        self.make_call(person_name="other", call_id="call_zzz")

        reference = str(wanted.reference)
        for term in (reference, reference.upper(), reference[:9], "call_abc123xyz", "call_abc1", "log-77-00"):
            assert self.names(q=term) == ["wanted"], term

    def test_words_of_the_conversation_are_found_by_those_who_may_read_it(self) -> None:
        call = self.make_call(person_name="Asha Rao", summary="She has a toothache.")
        Transcript.objects.create(call=call, text="The clinic in Zanzibar.")
        CallNote.objects.create(call=call, text="Prefers the lift.")

        for term in ("toothache", "zanzi", "lift", "asha zanzibar lift"):
            assert self.names(q=term) == ["Asha Rao"], term
        self.client.force_login(self.onlooker)
        for term in ("toothache", "zanzi", "lift", "asha zanzibar"):
            assert self.names(q=term) == [], term
        assert self.names(q="asha ra") == ["Asha Rao"]

    def test_hidden_digits_cannot_be_guessed_one_by_one(self) -> None:
        self.make_call(person_name="wanted", phone_number="+919876543210")
        self.client.force_login(self.onlooker)

        for beginning in ("+91", "+91 98765", "98765", "987654321", "+91987654321"):
            assert self.names(q=beginning) == [], beginning
        for whole in ("+919876543210", "98765 43210", "098765-43210", "0091 98765 43210"):
            assert self.names(q=whole) == ["wanted"], whole

    def test_it_says_what_is_searched(self) -> None:
        self.assertContains(self.client.get(LIST), "words in summary, answers, notes and transcript")
        self.client.force_login(self.onlooker)
        self.assertContains(self.client.get(LIST), "Name, whole number, our reference or OSVI id")

    def test_the_newest_come_first_whatever_was_searched(self) -> None:
        for number in range(3):
            self.make_call(person_name=f"Asha {number}", summary="tooth")

        for term in ("asha", "tooth", "+91 98765"):
            assert self.names(q=term) == ["Asha 2", "Asha 1", "Asha 0"], term

    def test_any_text_may_be_searched(self) -> None:
        self.make_call()
        for term in (
            "%",
            "'",
            '"',
            "😀",
            "\x01",
            "(((",
            "+" * 500,
            "9" * 10_000,
            "a1" * 5_000,
            "-- ;",
            "0",
            "00",
            "+0",
            "000",
            "(0)",
        ):
            assert self.names(q=term) == [], term

    def test_a_text_that_no_form_can_hold_is_refused_in_words(self) -> None:
        self.make_call()

        self.assertContains(self.client.get(LIST, {"q": "a\x00b"}), "Null characters are not allowed.")

    # --- Sending is paused --------------------------------------------------------------------

    def test_it_says_why_nothing_is_sent_and_offers_to_resume(self) -> None:
        self.assertNotContains(self.client.get(LIST), "Sending is paused")
        sending.pause("The token is wrong.")

        response = self.client.get(LIST)
        self.assertContains(response, "The token is wrong.")
        self.assertNotContains(response, "Resume sending")
        self.client.force_login(staff("resumer", "view_calllog", "resume_sending"))
        self.assertContains(self.client.get(LIST), "Resume sending")

    def test_resuming_needs_its_permission_and_a_post(self) -> None:
        sending.pause("The token is wrong.")
        address = reverse("admin:calls_calllog_resume_sending")
        assert self.client.get(address).status_code == 403
        assert self.client.post(address).status_code == 403

        self.client.force_login(staff("resumer", "view_calllog", "resume_sending"))
        self.client.get(address)
        assert sending.is_paused()
        response = self.client.post(address, {"next": "https://elsewhere.example/"})
        assert not sending.is_paused()
        self.assertRedirects(response, LIST)


class HostileTextTests(AdminTestCase):
    def test_names_are_shown_as_text(self) -> None:
        self.agent.name = "<script>agent()</script>"
        self.agent.save()
        self.make_call(person_name='"><script>alert(1)</script>', outcome="<img src=x onerror=alert(2)>")
        self.client.force_login(self.viewer)

        page = self.client.get(LIST).content.decode()

        assert "<script>alert" not in page
        assert "<script>agent" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


class ReadOnlyTests(AdminTestCase):
    def test_nobody_changes_or_deletes_a_call(self) -> None:
        call = self.make_call()
        self.client.force_login(self.boss)

        before = CallLog.objects.values().get(pk=call.pk)
        self.client.post(reverse("admin:calls_calllog_change", args=[call.pk]), {"person_name": "Changed"})
        answer = self.client.post(reverse("admin:calls_calllog_delete", args=[call.pk]), {"post": "yes"})

        assert answer.status_code == 403
        assert CallLog.objects.values().get(pk=call.pk) == before
