from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.choices import CallStatus
from calls.models import Agent, CallNote, Transcript
from tests.admin.base import AdminTestCase, staff

SEARCH = reverse("admin:search")
LIVE = reverse("admin:search_live")


class GlobalSearchTests(AdminTestCase):
    def hits(self, person: User, term: str) -> dict[str, list[str]]:
        """Return the names that both doors show this person, by the kind of thing."""
        self.client.force_login(person)
        shown = self.client.post(LIVE, {"q": term})
        page = self.client.post(SEARCH, {"q": term})
        assert shown.status_code == page.status_code == 200
        found = [self.by_kind(answer.context["groups"]) for answer in (shown, page)]
        assert found[0] == found[1]
        return found[0]

    @staticmethod
    def by_kind(groups: Any) -> dict[str, list[str]]:
        return {group.key: [hit.name for hit in group.hits] for group in groups}

    def test_it_finds_pages_calls_templates_and_agents(self) -> None:
        call = self.make_call(person_name="Callum Front", status=CallStatus.FINISHED, outcome="not_picked")

        assert self.hits(self.boss, "call") == {
            "pages": ["Place a call", "Calls", "Do not call", "Calling hours"],
            "calls": ["Callum Front"],
        }
        assert self.hits(self.boss, "front") == {"calls": ["Callum Front"], "agents": ["Front desk"]}
        assert self.hits(self.boss, "remind") == {"templates": ["Appointment reminder"]}
        answer = self.client.post(LIVE, {"q": "callum"})
        for words in (
            "Callum Front",
            "Front desk",
            "Nobody answered",
            "+91 ••••• •210",
            "1 found. Enter opens it.",
        ):
            self.assertContains(answer, words)
        self.assertContains(answer, reverse("admin:calls_calllog_change", args=[call.pk]))

    def test_before_anything_is_typed_it_shows_the_pages(self) -> None:
        self.client.force_login(self.viewer)
        answer = self.client.get(SEARCH)

        assert self.by_kind(answer.context["groups"]) == {
            "pages": ["Home", "Calls", "Templates", "Agents", "Deliveries"]
        }
        self.assertContains(answer, "Type to search, or choose a page.")

    def test_each_person_finds_only_what_they_may_see(self) -> None:
        self.make_call(person_name="Front Row")

        assert self.hits(self.nobody, "front") == {}
        assert self.hits(self.nobody, "call") == {}
        assert self.hits(self.nobody, "ho") == {"pages": ["Home"]}
        assert self.hits(self.editor, "front") == {}
        assert self.hits(self.editor, "remind") == {"templates": ["Appointment reminder"]}
        assert self.hits(self.syncer, "front") == {"agents": ["Front desk"]}
        assert self.hits(self.onlooker, "front") == {"calls": ["Front Row"]}
        assert self.hits(self.viewer, "place") == {}
        assert self.hits(self.caller, "place") == {"pages": ["Place a call"]}

    def test_hidden_words_and_digits_cannot_be_probed(self) -> None:
        call = self.make_call(person_name="Asha Rao", summary="A toothache.", extracted={"day": "sunday"})
        Transcript.objects.create(call=call, text="Zanzibar")
        CallNote.objects.create(call=call, text="lift")

        for term in ("toothache", "sunday", "zanzibar", "lift", "98765", "+91 98765", "asha lift"):
            assert self.hits(self.onlooker, term) == {}, term
            assert self.hits(self.viewer, term) == {"calls": ["Asha Rao"]}, term
        assert self.hits(self.onlooker, "+91 98765 43210") == {"calls": ["Asha Rao"]}
        only_words = staff("words", "view_calllog", "view_conversation")
        assert self.hits(only_words, "zanzibar") == {"calls": ["Asha Rao"]}
        assert self.hits(only_words, "98765") == {}

    def test_nobody_sees_a_full_number_or_what_was_said(self) -> None:
        self.make_call(person_name="Asha Rao", summary="A toothache.")
        self.client.force_login(self.boss)

        for term in ("98765 43210", "toothache"):
            answer = self.client.post(LIVE, {"q": term})
            self.assertContains(answer, "+91 ••••• •210")
            self.assertNotContains(answer, "43210")
            self.assertNotContains(answer, "toothache")

    def test_what_was_typed_stands_in_no_address(self) -> None:
        for number in range(8):
            self.make_call(person_name=f"Asha {number}")
        self.client.force_login(self.boss)

        page = self.client.post(SEARCH, {"q": "98765 43210"}).content.decode()
        assert "q=98765" not in page
        assert "There are more; type more to find them." in page
        self.assertContains(self.client.post(SEARCH, {"q": "asha"}), "?q=asha")
        # An address is not even read.
        assert self.by_kind(self.client.get(SEARCH, {"q": "98765"}).context["groups"]).keys() == {"pages"}
        assert self.client.get(LIVE, {"q": "98765"}).status_code == 405

    def test_it_shows_the_newest_first_and_no_more_than_fit(self) -> None:
        for number in range(9):
            self.make_call(person_name=f"Asha {number}")

        assert self.hits(self.viewer, "asha")["calls"] == [f"Asha {number}" for number in range(8, 2, -1)]

    def test_a_single_letter_is_not_looked_for_in_calls(self) -> None:
        self.make_call(person_name="f")

        assert self.hits(self.boss, "f") == {"agents": ["Front desk"]}

    def test_archived_and_inactive_ones_come_last_and_say_so(self) -> None:
        self.make_template("A desk", is_archived=True)
        self.make_template("Z desk")

        found = self.hits(self.boss, "desk")

        assert found == {"templates": ["Z desk", "A desk"], "agents": ["Front desk", "Night desk"]}
        answer = self.client.post(LIVE, {"q": "desk"})
        self.assertContains(answer, "Archived")
        self.assertContains(answer, "Not active at OSVI")

    def test_nothing_found_says_what_to_do(self) -> None:
        self.client.force_login(self.boss)

        self.assertContains(self.client.post(SEARCH, {"q": "zzzz"}), "Nothing found. Try other words.")

    def test_any_text_is_safe_and_shown_as_text(self) -> None:
        self.make_call(person_name="<script>alert(1)</script>")
        for term in ("a\x00", "%", '"', "'; --", "(((", "😀", "a" * 10_000, "9" * 10_000, "\u202e"):
            found = self.hits(self.boss, term)
            assert "calls" not in found, term
            assert found == {} or term == "a\x00", term
        self.client.force_login(self.boss)
        answer = self.client.post(SEARCH, {"q": "<script>alert"})
        self.assertContains(answer, "&lt;script&gt;alert(1)&lt;/script&gt;")
        self.assertNotContains(answer, "<script>alert")

    def test_the_number_of_queries_does_not_grow_with_hits(self) -> None:
        self.client.force_login(self.boss)
        self.make_call(person_name="Desk")
        with CaptureQueriesContext(connection) as one:
            self.client.post(LIVE, {"q": "desk"})
        for number in range(5):
            agent = Agent.objects.create(agent_uuid=f"agent_{number}", name=f"Desk {number}")
            self.make_template(f"Desk {number}", agent=agent)
            self.make_call(person_name="Desk", agent=agent)

        with CaptureQueriesContext(connection) as many:
            self.client.post(LIVE, {"q": "desk"})

        assert len(many) == len(one)
        wide = [query["sql"] for query in many if '"summary"' in query["sql"] or '"prompt"' in query["sql"]]
        assert wide == []


class DoorsTests(AdminTestCase):
    def test_it_is_for_staff_who_are_logged_in(self) -> None:
        login = reverse("admin:login")
        for person in (None, User.objects.create_user("customer")):
            if person:
                self.client.force_login(person)
            self.assertRedirects(self.client.get(SEARCH), f"{login}?next={SEARCH}")
            self.assertRedirects(self.client.post(SEARCH, {"q": "a"}), f"{login}?next={SEARCH}")
            assert self.client.post(LIVE, {"q": "a"}).status_code == 401
            assert self.client.post(LIVE, {"q": "a"}).content == b""

    def test_another_site_cannot_search(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.boss)

        assert client.post(LIVE, {"q": "a"}).status_code == 403
        assert client.post(SEARCH, {"q": "a"}).status_code == 403

    def test_every_page_offers_it(self) -> None:
        self.client.force_login(self.nobody)
        answer = self.client.get(reverse("admin:index"))

        self.assertContains(answer, 'id="search-dialog"')
        self.assertContains(answer, f'href="{SEARCH}"')
        self.client.logout()
        self.assertNotContains(self.client.get(reverse("admin:login")), 'id="search-dialog"')

    def test_results_are_not_kept_by_the_browser(self) -> None:
        self.client.force_login(self.boss)
        for answer in (self.client.get(SEARCH), self.client.post(SEARCH), self.client.post(LIVE)):
            assert "no-store" in answer.headers["Cache-Control"]
