"""The page "Place a call": who may, what it begins with, what a press does."""

import uuid
from datetime import timedelta
from typing import Any
from unittest import mock

from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from calls.admin.countries import country_choices
from calls.models import Agent, CallLog, CallTemplate, ConsoleState
from calls.osvi import contract
from calls.osvi.outcomes import REFERENCE_KEY
from calls.services import sending
from tests.admin.base import NUMBER, AdminTestCase, staff

ADD = reverse("admin:calls_calllog_add")
HOSTILE = "<script>alert(1)</script>"


class PlaceTestCase(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.caller)

    def typed(self, **changes: Any) -> dict[str, Any]:
        """Return what a browser posts for a call with the template; None leaves a field out."""
        data: dict[str, Any] = {
            "form_token": str(uuid.uuid4()),
            "template": self.template.pk,
            "version": self.template.current_version().pk,
            "agent": self.agent.pk,
            "phone_number": "98765 43210",
            "country": "IN",
            "person_name": "Asha Rao",
            "greeting": self.template.greeting,
            "prompt": self.template.prompt,
            "value_appointment_date": "Monday at 10",
            "value_tone": "",
            "data_points_key": ["confirmed"],
            "data_points_description": ["Ask whether they will come."],
            "data_points_required": ["yes"],
            "data_points_output_format": ["yes or no"],
            "max_call_duration_seconds": "120",
            "enable_callback": "unknown",
            "retry_enabled": "unknown",
        }
        return {name: value for name, value in {**data, **changes}.items() if value is not None}

    def place(self, **changes: Any) -> Any:
        return self.client.post(ADD, self.typed(**changes))

    def words(self, response: Any) -> list[str]:
        return [str(message) for message in get_messages(response.wsgi_request)]

    def refused(self, field: str, sentence: str, **changes: Any) -> Any:
        """Post, and expect this sentence beside this field and in the summary, and no call."""
        response = self.place(**changes)
        assert response.status_code == 200
        assert not CallLog.objects.exists()
        form = response.context["form"]
        assert sentence in list(form.errors.get(field, [])), form.errors
        self.assertContains(response, "The call was not placed yet")
        self.assertContains(response, f'href="#id_{field}"')
        return response


class PermissionTests(PlaceTestCase):
    def test_it_refuses_people_without_the_permission(self) -> None:
        for person in (self.nobody, self.viewer, self.editor):
            self.client.force_login(person)
            assert self.client.get(ADD).status_code == 403
            assert self.place().status_code == 403
        assert not CallLog.objects.exists()

    def test_it_sends_strangers_to_the_login(self) -> None:
        self.client.logout()
        self.assertRedirects(self.client.get(ADD), f"{reverse('admin:login')}?next={ADD}")

    def test_one_permission_is_enough(self) -> None:
        self.client.force_login(staff("dialler", "place_call"))
        self.assertContains(self.client.get(ADD), "Place call")

        response = self.place()

        # Who may not read calls comes back to the form instead of a refusal.
        self.assertRedirects(response, ADD)
        assert str(CallLog.objects.get().placed_by) == "dialler"

    def test_unknown_rows_are_not_found(self) -> None:
        self.template.is_archived = True
        self.template.save()
        for query in (
            "template=999",
            f"template={self.template.pk}",
            "template=x",
            "agent=999",
            f"agent={self.idle_agent.pk}",
            "again=999",
            "again=99999999999999999999",
        ):
            assert self.client.get(f"{ADD}?{query}").status_code == 404, query

    def test_an_earlier_call_is_shown_only_to_people_who_may_read_calls(self) -> None:
        call = self.make_call()
        self.client.force_login(staff("dialler", "place_call"))

        assert self.client.get(f"{ADD}?again={call.pk}").status_code == 403

        self.place(again=call.pk)
        assert not CallLog.objects.filter(again_of=call).exists()


class BeginTests(PlaceTestCase):
    def test_the_only_agent_is_chosen_and_the_country_is_the_consoles(self) -> None:
        form = self.client.get(ADD).context["form"]

        assert form["agent"].value() == self.agent.pk
        assert form["country"].value() == "IN"
        assert uuid.UUID(str(form["form_token"].value())).version == 4

    def test_nothing_is_chosen_where_there_is_a_choice(self) -> None:
        Agent.objects.create(agent_uuid="agent_second", name="Second")

        form = self.client.get(ADD).context["form"]

        assert form["agent"].value() is None
        names = [str(agent) for agent in form.fields["agent"].queryset]
        assert names == ["Front desk", "Second"]

    def test_a_template_fills_the_page(self) -> None:
        response = self.client.get(f"{ADD}?template={self.template.pk}")

        form = response.context["form"]
        assert form["agent"].value() == self.agent.pk
        assert form["greeting"].value() == self.template.greeting
        assert form["max_call_duration_seconds"].value() == 120
        assert form.value_names() == ["value_appointment_date", "value_tone"]
        self.assertContains(response, "Appointment date")
        self.assertContains(response, "Empty: the agent says “friendly”.")
        self.assertContains(response, "Ask whether they will come.")
        self.assertContains(response, '<dd dir="auto">City Dental</dd>', html=True)

    def test_a_value_without_fallback_is_required(self) -> None:
        form = self.client.get(f"{ADD}?template={self.template.pk}").context["form"]

        assert "required" in str(form["value_appointment_date"])
        assert "required" not in str(form["value_tone"])
        assert "required" not in str(form["person_name"])

    def test_default_data_fills_a_placeholder_of_the_same_name(self) -> None:
        template = self.make_template("Clinic", greeting="This is {{ clinic }}.", prompt="")

        form = self.client.get(f"{ADD}?template={template.pk}").context["form"]

        assert form["value_clinic"].value() == "City Dental"

    def test_each_template_names_its_agent_and_last_use(self) -> None:
        self.make_template("Never tried")
        self.make_call(requested_at=timezone.now() - timedelta(hours=3))

        response = self.client.get(ADD)

        self.assertContains(response, "Appointment reminder · Front desk · last used 3\xa0hours ago")
        self.assertContains(response, "Never tried · Front desk · never used")
        self.assertContains(response, 'data-name="Never tried"')

        self.client.force_login(staff("dialler", "place_call"))
        self.assertNotContains(self.client.get(ADD), "last used")

    def test_the_folds_say_what_they_hold_and_what_is_left_to_the_agent(self) -> None:
        response = self.client.get(f"{ADD}?template={self.template.pk}")

        hints = {section.name: section.hint for section in response.context["sections"]}
        assert hints["settings"] == "Hang up after 2 min"
        assert hints["answers"] == "1 to find out"
        self.assertContains(response, "“Agent&#x27;s default” means that the console asks for nothing")

        empty = self.client.get(ADD)
        hints = {section.name: section.hint for section in empty.context["sections"]}
        assert hints["settings"] == "All as the agent is set up"
        assert hints["answers"] == "What the agent is set to find out"

    def test_the_templates_own_value_is_an_example(self) -> None:
        template = self.make_template("Clinic", greeting="This is {{ clinic }}.", prompt="")

        response = self.client.get(f"{ADD}?template={template.pk}")

        self.assertContains(response, 'placeholder="For example: City Dental"')

    def test_an_agent_and_a_test_call(self) -> None:
        form = self.client.get(f"{ADD}?agent={self.agent.pk}&is_test=1").context["form"]

        assert form["agent"].value() == self.agent.pk
        assert form["is_test"].value()

    def test_taking_a_template_keeps_what_was_typed(self) -> None:
        other = self.make_template("Payment", country="AE", greeting="Hi, {{ amount }}.", prompt="")
        data = self.typed(
            template=other.pk,
            value_amount="500",
            additional_data_name=["shelf"],
            additional_data_value=["B2"],
            additional_data_kind=["text"],
            _use_template="1",
        )

        response = self.client.post(ADD, data, follow=True)

        self.assertRedirects(response, f"{ADD}?kept=1&template={other.pk}")
        form = response.context["form"]
        assert not CallLog.objects.exists()
        assert not form.errors
        assert form["phone_number"].value() == "98765 43210"
        assert form["person_name"].value() == "Asha Rao"
        assert form["form_token"].value() == data["form_token"]
        assert form["greeting"].value() == "Hi, {{ amount }}."
        assert form["country"].value() == "AE"
        assert form["value_amount"].value() == "500"
        self.assertContains(response, 'value="B2"')

    def test_what_was_kept_is_shown_once_and_to_no_other_page(self) -> None:
        self.client.post(ADD, self.typed(_use_template="1"))
        self.assertNotContains(self.client.get(f"{ADD}?template={self.template.pk}"), "98765 43210")
        self.assertNotContains(self.client.get(f"{ADD}?kept=1&template={self.template.pk}"), "98765 43210")

    def test_taking_no_template_empties_the_words(self) -> None:
        response = self.client.post(ADD, self.typed(template="", _use_template="1"), follow=True)

        form = response.context["form"]
        assert not form["greeting"].value()
        assert form["agent"].value() == str(self.agent.pk)
        self.assertContains(response, "The agent begins with its own greeting.")

    def test_taking_a_template_that_was_archived_meanwhile_says_so(self) -> None:
        CallTemplate.objects.update(is_archived=True)

        response = self.client.post(ADD, self.typed(_use_template="1"), follow=True)

        self.assertContains(response, "This template is archived or its agent is no longer active.")
        self.assertContains(response, "98765 43210")

    def test_the_preview_shows_values_and_marks_what_is_missing(self) -> None:
        response = self.client.get(f"{ADD}?template={self.template.pk}")

        self.assertContains(response, '<span class="piece piece--fallback">there</span>', html=True)
        self.assertContains(response, '<span class="piece piece--missing">Appointment date</span>', html=True)
        self.assertContains(response, "The marked places still need a value.")

    def test_limits_come_from_the_contract(self) -> None:
        response = self.client.get(ADD)

        greeting: Any = contract.limits("CallRequest.initial_greeting")
        self.assertContains(response, f'data-limit="{greeting.max_length}"')
        for name, field in (
            ("max_call_duration_seconds", "CallConfigOverrides.max_call_duration_seconds"),
            ("retry_max_attempts", "RetryConfig.max_attempts"),
            ("retry_interval_minutes", "RetryConfig.interval_minutes"),
        ):
            limits: Any = contract.limits(field)
            attrs = response.context["form"].fields[name].widget.attrs
            assert (attrs["min"], attrs["max"]) == (limits.minimum, limits.maximum)
            self.assertContains(response, f'min="{limits.minimum}" max="{limits.maximum}"')
            self.assertContains(response, f"From {limits.minimum} to {limits.maximum}.")

    def test_an_empty_console_offers_a_sync(self) -> None:
        Agent.objects.update(is_active=False)

        self.assertContains(self.client.get(ADD), "Ask somebody who may sync agents")

        self.client.force_login(self.boss)
        response = self.client.get(ADD)
        self.assertContains(response, "There is no agent yet")
        self.assertContains(response, f'action="{reverse("admin:calls_agent_sync")}"')
        self.assertNotContains(response, 'id="place-form"')

    def test_it_says_that_sending_is_paused(self) -> None:
        self.assertNotContains(self.client.get(ADD), "Sending is paused")
        sending.pause("OSVI does not accept the token.")

        with override_settings(CALL_QUEUE_DEADLINE=600):
            response = self.client.get(ADD)

        self.assertContains(response, "Sending is paused")
        self.assertContains(response, "OSVI does not accept the token.")
        self.assertContains(response, "after 10 minutes it is given up without ringing")

    def test_it_says_that_no_worker_was_seen(self) -> None:
        self.assertNotContains(self.client.get(ADD), "Nothing is sending calls")
        ConsoleState.objects.update(worker_seen_at=timezone.now() - 2 * sending.WORKER_SILENT_AFTER)

        self.assertContains(self.client.get(ADD), "Nothing is sending calls at the moment")

    def test_text_from_people_is_shown_as_text(self) -> None:
        template = self.make_template(HOSTILE, greeting=f"{HOSTILE} {{{{ what | {HOSTILE} }}}}", prompt="")
        sending.pause(HOSTILE)

        for response in (
            self.client.get(f"{ADD}?template={template.pk}"),
            self.place(
                template=template.pk,
                greeting=template.greeting,
                person_name=HOSTILE,
                phone_number=HOSTILE,
                additional_data_name=[HOSTILE],
                additional_data_value=[HOSTILE],
                data_points_key=[HOSTILE],
                data_points_description=[HOSTILE],
            ),
        ):
            assert response.status_code == 200
            self.assertNotContains(response, HOSTILE)
            self.assertContains(response, "&lt;script&gt;alert(1)&lt;/script&gt;")

    def test_the_language_of_pages_means_nothing_in_texts(self) -> None:
        response = self.place(greeting="Hi {% load x %} {{ person_name }}", prompt="{{ 7|add:7 }}")

        self.assertContains(response, "is not supported. Only placeholders such as")
        self.assertContains(response, "is not a placeholder name")

    def test_the_number_of_queries_does_not_grow(self) -> None:
        address = f"{ADD}?template={self.template.pk}"
        self.client.get(address)
        with self.assertNumQueries(15):
            # session, user, 2 × permissions, template, its version, console state, the chosen agent,
            # the version for review and facts, any agent?, worker, templates and agents to choose from,
            # people called lately, one's own number
            self.client.get(address)
        for number in range(5):
            self.make_template(f"Template {number}")
            Agent.objects.create(agent_uuid=f"agent_{number}", name=f"Agent {number}")
            self.make_call()
        with self.assertNumQueries(15):
            self.client.get(address)


class CountryTests(PlaceTestCase):
    def test_every_country_has_a_name(self) -> None:
        labels = dict(country_choices())

        assert labels["IN"] == "India (+91)"
        assert next(iter(labels)) == "IN"
        assert len(labels) >= 200
        assert not [label for label in labels.values() if label.startswith("*")]


class PressTests(PlaceTestCase):
    def test_it_places_the_call_and_shows_it(self) -> None:
        response = self.place()

        call = CallLog.objects.get()
        self.assertRedirects(
            response, reverse("admin:calls_calllog_change", args=[call.pk]), fetch_redirect_response=False
        )
        assert self.words(response) == ["The call is on its way. This page shows what comes of it."]
        assert call.phone_number.as_e164 == NUMBER
        assert call.placed_by == self.caller
        assert call.template_version == self.template.current_version()
        request = call.request
        assert request["initial_greeting"] == "Hello Asha Rao, this is City Dental about Monday at 10."
        assert request["system_prompt"] == "Remind of the appointment. Be friendly."
        assert request["additional_data"] == {
            "clinic": "City Dental",
            "appointment_date": "Monday at 10",
            REFERENCE_KEY: str(call.reference),
        }
        assert request["call_config_overrides"] == {"max_call_duration_seconds": 120}
        assert request["data_extraction"] == self.template.content()["data_points"]

    def test_numbers_are_understood_however_they_are_written(self) -> None:
        for typed in ("+91 98765 43210", "098765-43210", "(0)98765 43210", "9876543210"):
            self.place(phone_number=typed)
            assert CallLog.objects.latest("pk").phone_number.as_e164 == NUMBER, typed
            # Out of the way of the next one, which would have to be confirmed.
            CallLog.objects.update(phone_number="+919876500000", form_token=None)

    def test_without_template_and_words_the_agents_own_are_used(self) -> None:
        self.place(
            template="",
            version="",
            greeting="",
            prompt="",
            value_appointment_date=None,
            value_tone=None,
            max_call_duration_seconds="",
            data_points_key=[],
            data_points_description=[],
            data_points_output_format=[],
            data_points_required=[],
        )

        request = CallLog.objects.get().request
        assert set(request) == {
            "agent_uuid",
            "phone_number",
            "country_code",
            "person_name",
            "additional_data",
        }

    def test_words_settings_answers_and_facts_of_this_call_only(self) -> None:
        self.place(
            greeting="Good day {{ who }}",
            prompt="Be\r\nbrief.",
            value_who="Madam",
            enable_callback="true",
            retry_enabled="true",
            retry_max_attempts="2",
            retry_interval_minutes="15",
            data_points_key=["paid", ""],
            data_points_description=["Ask whether it is paid.", ""],
            data_points_required=["", ""],
            data_points_output_format=["", ""],
            additional_data_name=["clinic", "rooms", ""],
            additional_data_value=["West", "[1, 2]", ""],
            additional_data_kind=["text", "json", "text"],
            is_test="on",
        )

        call = CallLog.objects.get()
        assert call.is_test
        assert call.request["initial_greeting"] == "Good day Madam"
        assert call.request["system_prompt"] == "Be\nbrief."
        assert call.request["call_config_overrides"] == {
            "max_call_duration_seconds": 120,
            "enable_callback": True,
            "retry_config": {"enabled": True, "max_attempts": 2, "interval_minutes": 15},
        }
        assert call.request["data_extraction"] == [
            {"key": "paid", "description": "Ask whether it is paid.", "required": False}
        ]
        assert call.request["additional_data"]["clinic"] == "West"
        assert call.request["additional_data"]["rooms"] == [1, 2]

    def test_the_words_on_the_page_count_and_not_a_later_version(self) -> None:
        data = self.typed()
        CallTemplate.objects.update(greeting="Something else", additional_data={"clinic": "Other"})
        self.template.refresh_from_db()
        self.template.record_version(None)

        self.client.post(ADD, data)

        call = CallLog.objects.get()
        assert str(call.template_version).endswith("v1")
        assert "City Dental" in call.request["initial_greeting"]
        assert call.request["additional_data"]["clinic"] == "City Dental"

    def test_the_version_of_another_template_is_not_taken(self) -> None:
        other = self.make_template("Other")

        self.place(version=other.current_version().pk)

        assert CallLog.objects.get().template_version == self.template.current_version()

    def test_the_same_page_sent_twice_is_one_call(self) -> None:
        data = self.typed()
        first = self.client.post(ADD, data)
        # The second press may differ, and would not even be valid any more.
        second = self.client.post(ADD, {**data, "phone_number": "1", "agent": ""})

        assert CallLog.objects.count() == 1
        assert first["Location"] == second["Location"]
        assert "This call was already placed." in self.words(second)[-1]

    def test_two_presses_at_the_same_moment_are_one_call(self) -> None:
        data = self.typed()
        self.client.post(ADD, data)

        # The other press came in between this one's look and its writing.
        with mock.patch("calls.admin.place_view._placed_with", return_value=None):
            second = self.client.post(ADD, data)

        assert CallLog.objects.count() == 1
        assert "This call was already placed." in self.words(second)[-1]

    def test_a_page_without_token_asks_for_a_second_press(self) -> None:
        for token in (None, "", "nonsense"):
            response = self.place(form_token=token)

            self.assertContains(response, "This page was out of date.")
            assert not CallLog.objects.exists()
            fresh = response.context["form"]["form_token"].value()
        self.place(form_token=fresh)
        assert CallLog.objects.count() == 1


class ErrorTests(PlaceTestCase):
    def test_no_agent(self) -> None:
        self.refused("agent", "Please choose an agent.", agent="")

    def test_an_agent_that_is_gone(self) -> None:
        self.refused(
            "agent",
            "OSVI no longer lists this agent as active. Please choose another one.",
            agent=self.idle_agent.pk,
        )

    def test_a_template_that_is_archived(self) -> None:
        CallTemplate.objects.update(is_archived=True)
        self.refused(
            "template", "This template is archived or its agent is no longer active. Choose another one."
        )

    def test_no_number(self) -> None:
        self.refused("phone_number", "Please enter the number to call.", phone_number="  ")

    def test_a_number_nobody_has(self) -> None:
        response = self.refused(
            "phone_number",
            "This is not a telephone number that can be called. Check the digits and the country.",
            phone_number="12 34",
        )

        self.assertContains(response, 'value="12 34"')
        self.assertContains(response, 'aria-invalid="true"')
        self.assertContains(response, 'aria-describedby="id_phone_number_helptext id_phone_number_error"')
        self.assertContains(response, 'id="id_phone_number_error"')

    def test_a_country_nobody_knows(self) -> None:
        self.refused("country", "Please choose a country from the list.", country="ZZ")

    def test_missing_values_are_asked_for_all_at_once(self) -> None:
        sentence = "Please fill this in: the agent says it during the call."
        response = self.refused(
            "person_name",
            sentence,
            greeting="Hello {{ person_name }}, {{ appointment_date }}.",
            person_name=" ",
            value_appointment_date="",
            phone_number="",
        )

        errors = response.context["form"].errors
        assert errors["value_appointment_date"] == [sentence]
        assert "phone_number" in errors

    def test_a_placeholder_written_on_the_page_becomes_a_field(self) -> None:
        response = self.refused(
            "value_doctor_name",
            "Please fill this in: the agent says it during the call.",
            greeting="Hello from {{ doctor_name }}.",
        )

        self.assertContains(response, "Doctor name")

    def test_words_that_cannot_be_read(self) -> None:
        response = self.place(greeting="Hello {{ person_name", prompt="Bye }}")

        form = response.context["form"]
        assert "is not closed" in form.errors["greeting"][0]
        assert "closes nothing" in form.errors["prompt"][0]
        section = next(section for section in response.context["sections"] if section.name == "words")
        assert section.is_open
        self.assertContains(response, "Hello {{ person_name")

    def test_a_greeting_too_long_once_it_is_filled_in(self) -> None:
        limit: Any = contract.limits("CallRequest.initial_greeting").max_length
        response = self.place(greeting="{{ x }}", value_x="a" * (limit + 1))

        assert f"OSVI takes at most {limit}" in response.context["form"].errors["greeting"][0]

    def test_numbers_outside_the_limits(self) -> None:
        for name, field in (
            ("max_call_duration_seconds", "CallConfigOverrides.max_call_duration_seconds"),
            ("retry_max_attempts", "RetryConfig.max_attempts"),
            ("retry_interval_minutes", "RetryConfig.interval_minutes"),
        ):
            limits: Any = contract.limits(field)
            sentence = f"Please enter a number from {limits.minimum} to {limits.maximum}."
            self.refused(name, sentence, **{name: limits.minimum - 1})
            self.refused(name, sentence, **{name: limits.maximum + 1})
            self.refused(name, "Please enter a whole number.", **{name: "many"})

    def test_answers_that_are_not_complete(self) -> None:
        response = self.place(
            data_points_key=["a", "", "two words", "a"],
            data_points_description=["", "Ask.", "Ask.", "Ask."],
            data_points_required=["", "", "", "yes"],
            data_points_output_format=["", "", "", ""],
        )

        errors = response.context["form"].errors["data_points"]
        assert errors[0] == "Row 1: Say what to find out."
        assert errors[1] == "Row 2: Give the answer a name, such as confirmed."
        assert "Row 3: " in errors[2]
        assert errors[3] == "The name “a” is there twice."
        self.assertContains(response, 'value="two words"')
        self.assertContains(response, 'aria-describedby="id_data_points_error"')

    def test_facts_that_are_not_complete(self) -> None:
        response = self.refused(
            "additional_data",
            "Row 1 has a value but no name.",
            additional_data_name=["", "a", "a"],
            additional_data_value=["x", "1", "2"],
            additional_data_kind=["text", "text", "text"],
        )

        assert "The name “a” is there twice." in response.context["form"].errors["additional_data"]

    def test_what_the_order_refuses_at_the_last_moment_is_shown_too(self) -> None:
        """Between the form's check and the writing an agent may go; the service's own refusal is shown."""
        gone = ValidationError(
            {"agent": ["OSVI no longer lists this agent as active."], "webhook_url": ["Odd."]}
        )
        with mock.patch("calls.admin.place_view.place.place", autospec=True, side_effect=gone):
            response = self.place()

        form = response.context["form"]
        assert form.errors["agent"] == ["OSVI no longer lists this agent as active."]
        assert form.non_field_errors() == ["Odd."]
        self.assertContains(response, "Odd.")


class AgainTests(PlaceTestCase):
    def placed(self, **changes: Any) -> CallLog:
        self.place(**changes)
        return CallLog.objects.latest("pk")

    def begin(self, call: CallLog) -> Any:
        return self.client.get(f"{ADD}?again={call.pk}")

    def test_it_begins_like_the_earlier_call(self) -> None:
        call = self.placed(
            value_tone="calm",
            additional_data_name=["shelf"],
            additional_data_value=["B2"],
            additional_data_kind=["text"],
        )
        CallTemplate.objects.update(greeting="Changed since")

        response = self.begin(call)

        form = response.context["form"]
        self.assertContains(response, "Filled in like an earlier call")
        self.assertContains(response, "This call is still under way.")
        assert form["phone_number"].value() == "+91 ••••• •210"
        assert form["person_name"].value() == "Asha Rao"
        assert form["greeting"].value() == self.template.greeting
        assert form["version"].value() == call.template_version_id
        assert form["value_appointment_date"].value() == "Monday at 10"
        assert form["value_tone"].value() == "calm"
        assert form["max_call_duration_seconds"].value() == 120
        assert form.initial["additional_data"] == {"shelf": "B2"}
        assert form.initial["data_points"] == call.request["data_extraction"]

    def test_it_is_a_new_call_that_knows_the_earlier_one(self) -> None:
        call = self.placed()
        initial = self.begin(call).context["form"].initial
        again = self.placed(
            again=initial["again"],
            form_token=str(initial["form_token"]),
            confirmed_duplicate=str(call.reference),
        )

        assert again.pk != call.pk
        assert again.again_of == call
        assert again.request["initial_greeting"] == call.request["initial_greeting"]

    def test_words_changed_for_that_call_come_back_as_they_were_said(self) -> None:
        call = self.placed(greeting="Only today: {{ offer }}", value_offer="tea")

        form = self.begin(call).context["form"]

        assert form["greeting"].value() == "Only today: tea"
        assert form["prompt"].value() == self.template.prompt

    def test_an_archived_template_leaves_its_words_and_facts(self) -> None:
        call = self.placed()
        CallTemplate.objects.update(is_archived=True)

        form = self.begin(call).context["form"]

        assert form["template"].value() is None
        assert form["greeting"].value() == self.template.greeting
        assert form.initial["additional_data"] == {"clinic": "City Dental"}

    def test_a_call_without_template(self) -> None:
        call = self.placed(template="", version="", greeting="Hello.", prompt="")

        form = self.begin(call).context["form"]

        assert form["template"].value() is None
        assert form["greeting"].value() == "Hello."
        assert form["prompt"].value() == ""
