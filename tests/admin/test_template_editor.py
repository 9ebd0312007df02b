"""The editor of templates: preview, copies, the archive, versions, figures; who may, and what is refused in words."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.choices import CallStatus
from calls.models import CallTemplate
from tests.admin.base import staff
from tests.admin.test_templates import HOSTILE, LIST, TemplateTestCase, change

PREVIEW = reverse("admin:calls_calltemplate_preview")


def address(name: str, template: CallTemplate, **more: Any) -> str:
    return reverse(f"admin:calls_calltemplate_{name}", kwargs={"pk": template.pk, **more})


class PreviewTests(TemplateTestCase):
    def test_texts_are_rendered_with_the_samples(self) -> None:
        typed = {
            "greeting": "Hello {{ person_name | there }}, on {{ appointment_date }}.",
            "prompt": "Be {{ tone }}.",
            "sample_appointment_date": "Monday",
            "max_call_duration_seconds": "300",
            "retry_enabled": "true",
            "retry_max_attempts": "2",
            "retry_interval_minutes": "30",
        }

        response = self.client.post(PREVIEW, typed)

        for words in (
            "there",
            "Monday",
            "in the greeting",
            "in the prompt",
            "Hang up after 5 min",
            "Ring again up to 2 times, 30 min apart: at most 3 calls",
            "23 / ",
        ):
            self.assertContains(response, words)
        self.assertContains(response, 'piece--missing">Tone')

    def test_a_text_that_cannot_be_read_is_explained(self) -> None:
        response = self.client.post(PREVIEW, {"greeting": "Hello {{ person_name }"})

        self.assertContains(response, "is not closed by")

    def test_what_is_not_a_setting_yet_breaks_nothing(self) -> None:
        response = self.client.post(
            PREVIEW, {"max_call_duration_seconds": "soon", "retry_max_attempts": "9" * 99}
        )

        self.assertContains(response, "Everything as the agent is set up at OSVI.")

    def test_text_from_people_is_shown_as_text(self) -> None:
        response = self.client.post(PREVIEW, {"greeting": HOSTILE, "sample_x": HOSTILE, "prompt": "{{ x }}"})

        self.assertNotContains(response, "<script>")

    def test_it_needs_the_permission_to_write_and_a_login(self) -> None:
        assert self.client.get(PREVIEW).status_code == 405
        self.client.force_login(self.viewer)
        assert self.client.get(PREVIEW).status_code == 403
        assert self.client.post(PREVIEW).status_code == 403
        self.client.logout()
        assert self.client.post(PREVIEW).status_code == 401

    def test_readers_see_the_words_and_nothing_to_try(self) -> None:
        self.client.force_login(self.viewer)

        response = self.client.get(change(self.template))

        self.assertContains(response, "this is City Dental about")
        self.assertContains(response, "Hang up after 2 min")
        self.assertNotContains(response, "Try it with values")

    def test_an_unreadable_prompt_is_said_outside_of_the_fold(self) -> None:
        page = self.client.post(PREVIEW, {"prompt": "Ask {{ x }"}).content.decode()

        assert page.index('id="prompt-problem"') > page.index('role="status"')
        assert 'id="preview-prompt"' not in page

    def test_what_was_refused_is_previewed_as_typed(self) -> None:
        response = self.client.post(change(self.template), self.typed(name="", greeting="Good evening."))

        self.assertContains(response, 'piece--literal">Good evening.')


class CopyAndArchiveTests(TemplateTestCase):
    def test_a_copy_is_made_and_opened(self) -> None:
        response = self.client.post(address("duplicate", self.template), follow=True)

        copy = CallTemplate.objects.get(name="Copy of Appointment reminder")
        self.assertRedirects(response, change(copy))
        self.assertContains(response, "This is the copy.")

    def test_archived_templates_are_out_of_the_way(self) -> None:
        self.client.post(address("archive", self.template))

        self.assertNotContains(self.client.get(LIST), "Appointment reminder")
        self.assertContains(self.client.get(LIST, {"archived": "yes"}), "Appointment reminder")
        self.assertContains(self.client.get(LIST, {"archived": "all"}), "Appointment reminder")
        response = self.client.post(address("bring_back", self.template), follow=True)
        self.assertContains(response, "The template can be used again.")
        self.assertContains(self.client.get(LIST), "Appointment reminder")

    def test_who_archived_it_is_on_record(self) -> None:
        self.client.post(address("archive", self.template))
        self.client.post(address("archive", self.template))
        self.client.post(address("bring_back", self.template))

        entries = LogEntry.objects.order_by("pk")
        assert [entry.get_change_message() for entry in entries] == [
            "Archived.",
            "Brought back from the archive.",
        ]
        assert {entry.user for entry in entries} == {self.editor}

    def test_an_archive_is_not_an_empty_list(self) -> None:
        self.client.post(address("archive", self.template))

        self.assertNotContains(self.client.get(LIST), "There is no template yet")

    def test_many_are_archived_at_once(self) -> None:
        other = self.make_template("Other")
        chosen = {"action": "archive", "_selected_action": [self.template.pk, other.pk]}

        response = self.client.post(LIST, chosen, follow=True)

        self.assertContains(response, "2 templates were archived.")
        chosen |= {"action": "bring_back"}
        response = self.client.post(f"{LIST}?archived=yes", chosen, follow=True)
        self.assertContains(response, "2 templates can be used again.")

    def test_each_needs_its_permission_and_only_post_acts(self) -> None:
        for name in ("duplicate", "archive", "bring_back"):
            assert self.client.get(address(name, self.template)).status_code == 302
            assert self.client.post(address(name, CallTemplate(pk=0))).status_code == 404
        assert CallTemplate.objects.count() == 1
        self.client.force_login(self.viewer)
        for name in ("duplicate", "archive", "bring_back"):
            assert self.client.get(address(name, self.template)).status_code == 403
            assert self.client.post(address(name, self.template)).status_code == 403


class VersionTests(TemplateTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.template.greeting = "Good morning {{ person_name | there }}, this is City Dental."
        self.template.max_call_duration_seconds = 300
        self.template.save()
        self.template.data_points.create(position=2, key="reason", description="Ask why.")
        self.template.record_version(self.editor)

    def see(self) -> Any:
        return self.client.get(address("versions", self.template))

    def test_the_difference_is_told_by_more_than_colour(self) -> None:
        response = self.see()

        self.assertContains(response, "removed:")
        self.assertContains(response, "<ins>", html=False)
        page = response.content.decode()
        for words in ("Hello", "Good morning", "Hang up after 2 min", "Hang up after 5 min", "2. Ask why."):
            assert words in page, words

    def test_a_version_is_used_again(self) -> None:
        response = self.client.post(address("use_again", self.template, number=1), follow=True)

        self.assertContains(response, "Version 1 is used again, as version 3.")
        self.template.refresh_from_db()
        assert self.template.greeting.startswith("Hello")
        assert [point.key for point in self.template.data_points.all()] == ["confirmed"]

    def test_one_whose_agent_is_gone_is_refused_in_words(self) -> None:
        self.agent.is_active = False
        self.agent.save()

        response = self.client.post(address("use_again", self.template, number=1), follow=True)

        self.assertContains(response, "no longer active at OSVI")
        assert self.template.versions.count() == 2

    def test_who_may(self) -> None:
        again = address("use_again", self.template, number=1)
        assert self.client.get(again).status_code == 302
        assert self.template.versions.count() == 2
        assert self.client.post(address("use_again", self.template, number=9)).status_code == 404
        self.client.force_login(self.viewer)
        self.assertNotContains(self.see(), "Use this version again")
        assert self.client.post(again).status_code == 403
        self.client.force_login(self.nobody)
        assert self.see().status_code == 403

    def test_text_from_people_is_shown_as_text(self) -> None:
        self.template.prompt = HOSTILE
        self.template.additional_data = {HOSTILE: HOSTILE}
        self.template.save()
        self.template.record_version(self.editor)

        self.assertNotContains(self.see(), "<script>alert")

    def test_many_versions_come_in_pages_and_cost_no_more_queries(self) -> None:
        self.see()
        with CaptureQueriesContext(connection) as few:
            self.see()
        for number in range(30):
            self.template.greeting = f"Hello {number}."
            self.template.save()
            self.template.record_version(self.editor)

        with CaptureQueriesContext(connection) as many:
            response = self.see()
        assert len(many) == len(few)
        assert [row["version"].number for row in response.context["rows"]] == list(range(32, 12, -1))
        self.assertContains(response, "?before=13")

        older = self.client.get(address("versions", self.template), {"before": "13"})
        assert [row["version"].number for row in older.context["rows"]] == list(range(12, 0, -1))
        self.assertContains(older, "Use version 12 again")
        assert self.client.get(address("versions", self.template), {"before": "x" * 40}).status_code == 200


class RowTests(TemplateTestCase):
    def test_a_name_that_is_there_twice_is_said_beside_its_row(self) -> None:
        rows = [{"key": "confirmed", "description": words, "position": ""} for words in ("One.", "Two.")]
        self.client.force_login(self.boss)

        response = self.client.post(reverse("admin:calls_calltemplate_add"), self.typed(rows))

        formset = response.context["inline_admin_formsets"][0].formset
        assert formset.forms[0].errors == {}
        assert list(formset.forms[1].errors) == ["key"]
        self.assertContains(response, "Another row has this name already.")


class FigureTests(TemplateTestCase):
    def test_they_are_shown_to_people_who_may_see_calls(self) -> None:
        asking = {"data_extraction": [{"key": "confirmed", "description": "Ask."}]}
        self.make_call(
            status=CallStatus.FINISHED,
            outcome="picked",
            duration_seconds=60,
            extracted={"confirmed": "y"},
            request=asking,
        )
        self.client.force_login(self.viewer)

        response = self.client.get(change(self.template))

        self.assertContains(response, "Last 30 days")
        self.assertContains(response, "(100 %)")
        self.assertContains(response, "<meter")

    def test_answers_need_the_permission_to_read(self) -> None:
        self.make_call(status=CallStatus.FINISHED, outcome="picked", extracted={"confirmed": "y"})
        self.client.force_login(staff("counter", "view_calltemplate", "view_calllog"))

        response = self.client.get(change(self.template))

        self.assertContains(response, "Last 30 days")
        self.assertNotContains(response, "<meter")
        self.client.force_login(self.editor)
        self.assertNotContains(self.client.get(change(self.template)), "Last 30 days")


class LawAndConsentTests(TemplateTestCase):
    MISSING = "have to be told at the beginning of a call"

    def test_purpose_consent_and_disclosure_are_kept(self) -> None:
        data = self.typed(purpose="marketing", consent_basis="Agreed in the shop", discloses_ai="on")

        self.client.post(reverse("admin:calls_calltemplate_add"), data)

        template = CallTemplate.objects.get(name="Payment reminder")
        assert (template.purpose, template.consent_basis, template.discloses_ai) == (
            "marketing",
            "Agreed in the shop",
            True,
        )
        copy = self.client.post(address("duplicate", template), follow=True)
        self.assertContains(copy, "Agreed in the shop")

    def test_the_purpose_has_to_be_known(self) -> None:
        response = self.client.post(reverse("admin:calls_calltemplate_add"), self.typed(purpose=""))

        assert self.errors(response, "purpose")

    def test_a_missing_disclosure_is_a_warning_that_names_the_rule(self) -> None:
        response = self.client.post(reverse("admin:calls_calltemplate_add"), self.typed(country="US"))

        template = CallTemplate.objects.get(name="Payment reminder")
        warned, _saved = self.words(response)
        assert self.MISSING in warned
        assert "FCC 24-17" in warned
        self.assertContains(self.client.get(change(template)), "FCC 24-17")

        ticked = self.client.post(change(template), self.typed(country="US", discloses_ai="on"))
        assert len(self.words(ticked)) == 1
        self.assertNotContains(self.client.get(change(template)), self.MISSING)

    def test_the_preview_warns_while_somebody_types(self) -> None:
        typed = {"country": "US", "greeting": "Hello, this is City Dental.", "purpose": "service"}

        self.assertContains(self.client.post(PREVIEW, typed), "FCC 24-17")
        self.assertNotContains(self.client.post(PREVIEW, {**typed, "country": "IN"}), self.MISSING)
        self.assertNotContains(self.client.post(PREVIEW, {**typed, "discloses_ai": "on"}), self.MISSING)
        said = {**typed, "greeting": "Hello, this is the AI of City Dental."}
        self.assertNotContains(self.client.post(PREVIEW, said), self.MISSING)
