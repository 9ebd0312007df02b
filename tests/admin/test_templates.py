"""The screen "Templates": list, form, versions, archiving, and the way to the place page."""

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.urls import reverse

from calls.models import CallTemplate, DataPoint
from calls.osvi import contract
from tests.admin.base import AdminTestCase, staff

LIST = reverse("admin:calls_calltemplate_changelist")
ADD = reverse("admin:calls_calltemplate_add")
PLACE = reverse("admin:calls_calllog_add")
HOSTILE = "<script>alert(1)</script>"


def change(template: CallTemplate) -> str:
    return reverse("admin:calls_calltemplate_change", args=[template.pk])


def delete(template: CallTemplate) -> str:
    return reverse("admin:calls_calltemplate_delete", args=[template.pk])


class TemplateTestCase(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.editor)

    def typed(self, points: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
        """Return what a browser posts for a template with these data points."""
        points = points or []
        data = {
            "name": "Payment reminder",
            "agent": self.agent.pk,
            "country": "IN",
            "greeting": "Hello {{ person_name }}.",
            "prompt": "Ask for {{ amount }}.",
            "enable_callback": "unknown",
            "retry_enabled": "unknown",
            "purpose": "service",
            "data_points-TOTAL_FORMS": len(points),
            "data_points-INITIAL_FORMS": sum("id" in point for point in points),
        }
        for number, point in enumerate(points):
            data |= {f"data_points-{number}-{name}": value for name, value in point.items()}
        return {**data, **changes}

    def errors(self, response: Any, field: str) -> list[str]:
        assert response.status_code == 200
        return list(response.context["adminform"].form.errors.get(field, []))

    def words(self, response: Any) -> list[str]:
        return [str(message) for message in get_messages(response.wsgi_request)]


class PermissionTests(TemplateTestCase):
    def test_it_refuses_people_without_permission(self) -> None:
        self.client.force_login(self.nobody)
        for address in (LIST, ADD, change(self.template), delete(self.template)):
            assert self.client.get(address).status_code == 403, address
            assert self.client.post(address, self.typed()).status_code == 403, address
        assert CallTemplate.objects.count() == 1

    def test_readers_read(self) -> None:
        self.client.force_login(self.viewer)

        self.assertContains(self.client.get(LIST), "Appointment reminder")
        self.assertContains(self.client.get(change(self.template)), "this is City Dental about")
        assert self.client.post(change(self.template), self.typed()).status_code == 403
        assert self.client.get(ADD).status_code == 403

    def test_a_template_that_is_not_there(self) -> None:
        address = reverse("admin:calls_calltemplate_change", args=[999])
        self.assertRedirects(self.client.get(address), reverse("admin:index"))


class ListTests(TemplateTestCase):
    def test_it_shows_what_a_template_asks_for_and_its_version(self) -> None:
        response = self.client.get(LIST)

        self.assertContains(response, "person name, appointment date, tone")
        self.assertContains(response, "Ready")
        self.assertContains(response, "Front desk")
        self.assertContains(response, '<td class="field-version">1</td>', html=True)

    def test_a_text_that_cannot_be_read_does_not_break_the_list(self) -> None:
        CallTemplate.objects.update(greeting="{{ broken", name=HOSTILE)

        response = self.client.get(LIST)

        self.assertContains(response, "(text cannot be read)")
        self.assertNotContains(response, HOSTILE)

    def test_the_number_of_queries_does_not_grow(self) -> None:
        self.client.get(LIST)
        with self.assertNumQueries(9):
            # session, user, any template, 2 × permissions, agents to filter by, 2 × count, rows
            self.client.get(LIST)
        for number in range(5):
            self.make_template(f"Template {number}")
        with self.assertNumQueries(9):
            self.client.get(LIST)


class SaveTests(TemplateTestCase):
    def test_a_new_template_keeps_its_first_version(self) -> None:
        points = [
            {"position": "", "key": "second", "description": "Ask more.", "output_format": ""},
            {
                "position": "1",
                "key": "first",
                "description": "Ask.",
                "required": "on",
                "output_format": "yes",
            },
        ]
        response = self.client.post(
            ADD,
            self.typed(
                points,
                additional_data_name=["clinic", ""],
                additional_data_value=["City Dental", ""],
                additional_data_kind=["text", "text"],
                max_call_duration_seconds="60",
                enable_callback="false",
            ),
        )

        self.assertRedirects(response, LIST)
        template = CallTemplate.objects.get(name="Payment reminder")
        assert template.additional_data == {"clinic": "City Dental"}
        assert template.enable_callback is False
        assert template.retry_enabled is None
        assert list(template.data_points.values_list("key", "position")) == [("first", 1), ("second", 2)]
        version = template.versions.get()
        assert (version.number, version.saved_by, version.content) == (1, self.editor, template.content())

    def test_saving_a_change_adds_a_version_and_shows_it(self) -> None:
        point = self.template.data_points.get()
        row = {
            "id": point.pk,
            "template": self.template.pk,
            "position": "1",
            "key": "confirmed",
            "description": "Ask again.",
            "output_format": "",
        }

        self.client.post(change(self.template), self.typed([row]))

        assert self.template.versions.count() == 2
        assert self.template.current_version().content["data_points"][0]["description"] == "Ask again."
        response = self.client.get(reverse("admin:calls_calltemplate_versions", args=[self.template.pk]))
        self.assertContains(response, "Version 2")
        self.assertContains(response, "editor ·")

    def test_saving_nothing_new_adds_no_version(self) -> None:
        for _time in range(2):
            self.client.post(change(self.template), self.typed())

        assert self.template.versions.count() == 2

    def test_line_ends_of_browsers_are_made_plain(self) -> None:
        self.client.post(ADD, self.typed(prompt="One\r\ntwo"))

        assert CallTemplate.objects.get(name="Payment reminder").prompt == "One\ntwo"

    def test_values_that_are_no_texts_keep_their_type(self) -> None:
        CallTemplate.objects.update(additional_data={"rooms": [1, 2], "floor": 3, "zip": "0123"})
        rows = self.client.get(change(self.template)).context["adminform"].form["additional_data"].value()
        self.client.post(
            change(self.template),
            self.typed(
                additional_data_name=[row["name"] for row in rows],
                additional_data_value=[row["value"] for row in rows],
                additional_data_kind=[row["kind"] for row in rows],
            ),
        )

        self.template.refresh_from_db()
        assert self.template.additional_data == {"rooms": [1, 2], "floor": 3, "zip": "0123"}


class ErrorTests(TemplateTestCase):
    def test_a_name_that_is_taken(self) -> None:
        response = self.client.post(ADD, self.typed(name="Appointment reminder"))
        assert "already exists" in self.errors(response, "name")[0]

    def test_words_that_cannot_be_read(self) -> None:
        response = self.client.post(ADD, self.typed(greeting="Hi {{ you", prompt="{% if %}"))
        assert "is not closed" in self.errors(response, "greeting")[0]
        assert "is not supported" in self.errors(response, "prompt")[0]

    def test_a_greeting_that_can_never_fit(self) -> None:
        limit: Any = contract.limits("CallRequest.initial_greeting").max_length
        response = self.client.post(ADD, self.typed(greeting="a" * (limit + 1)))
        assert f"OSVI takes at most {limit}" in self.errors(response, "greeting")[0]

    def test_numbers_outside_the_limits(self) -> None:
        for name, field in (
            ("max_call_duration_seconds", "CallConfigOverrides.max_call_duration_seconds"),
            ("retry_max_attempts", "RetryConfig.max_attempts"),
            ("retry_interval_minutes", "RetryConfig.interval_minutes"),
        ):
            limits: Any = contract.limits(field)
            response = self.client.post(ADD, {**self.typed(), name: limits.maximum + 1})
            assert self.errors(response, name) == [
                f"Please enter a number from {limits.minimum} to {limits.maximum}."
            ]
            self.assertContains(response, f'min="{limits.minimum}" max="{limits.maximum}"')

    def test_ringing_again_that_contradicts_itself(self) -> None:
        response = self.client.post(ADD, self.typed(retry_enabled="false", retry_max_attempts="2"))
        assert "Ringing again is switched off" in self.errors(response, "retry_enabled")[0]

    def test_facts_that_are_not_complete_stay_as_typed(self) -> None:
        response = self.client.post(
            ADD,
            self.typed(
                additional_data_name=[""], additional_data_value=[HOSTILE], additional_data_kind=["text"]
            ),
        )
        assert self.errors(response, "additional_data") == ["Row 1 has a value but no name."]
        self.assertNotContains(response, HOSTILE)
        self.assertContains(response, "&lt;script&gt;alert(1)&lt;/script&gt;")

    def test_two_answers_of_one_name(self) -> None:
        point = {"position": "", "key": "a", "description": "Ask.", "output_format": ""}
        response = self.client.post(ADD, self.typed([point, point]))

        self.assertContains(response, "Please correct")
        assert not DataPoint.objects.filter(key="a").exists()


class AnswerNameTests(TemplateTestCase):
    """Two rows, "confirmed" and "reason", of which names are taken away and given anew."""

    def setUp(self) -> None:
        super().setUp()
        DataPoint.objects.create(template=self.template, position=2, key="reason", description="Why?")

    def rows(self, *keys: str) -> list[dict[str, Any]]:
        """Return the rows as a browser posts them, with these names in their order."""
        pks = self.template.data_points.values_list("pk", flat=True)
        typed = {"template": self.template.pk, "description": "Ask.", "output_format": ""}
        return [
            {**typed, "id": pk, "position": str(place), "key": key}
            for place, (pk, key) in enumerate(zip(pks, keys, strict=True), start=1)
        ]

    def names(self) -> list[tuple[str, int]]:
        return list(self.template.data_points.values_list("key", "pk"))

    def test_rows_exchange_their_names(self) -> None:
        (_confirmed, first), (_reason, second) = self.names()

        response = self.client.post(change(self.template), self.typed(self.rows("reason", "confirmed")))

        self.assertRedirects(response, LIST)
        assert self.names() == [("reason", first), ("confirmed", second)]

    def test_the_name_of_a_row_that_is_removed_is_free(self) -> None:
        kept, removed = self.rows("reason", "reason")

        response = self.client.post(change(self.template), self.typed([kept, removed | {"DELETE": "on"}]))

        self.assertRedirects(response, LIST)
        assert self.names() == [("reason", kept["id"])]

    def test_a_name_that_somebody_else_gave_meanwhile_is_said_beside_the_row(self) -> None:
        rows = self.rows("confirmed", "day")
        DataPoint.objects.create(template=self.template, position=3, key="day", description="Which day?")

        response = self.client.post(change(self.template), self.typed(rows))

        self.assertContains(response, "Another row has this name already.")
        assert [name for name, _pk in self.names()] == ["confirmed", "reason", "day"]


class ArchiveTests(TemplateTestCase):
    def test_a_template_that_calls_used_is_not_deleted(self) -> None:
        self.make_call()

        self.assertNotContains(self.client.get(change(self.template)), "deletelink")
        assert self.client.post(delete(self.template), {"post": "yes"}).status_code == 403
        assert CallTemplate.objects.filter(pk=self.template.pk).exists()

    def test_an_unused_template_is_deleted_with_its_versions(self) -> None:
        self.assertContains(self.client.get(change(self.template)), "deletelink")
        self.assertContains(self.client.get(delete(self.template)), "Appointment reminder")

        self.client.post(delete(self.template), {"post": "yes"})

        assert not CallTemplate.objects.exists()

    def test_nothing_is_deleted_in_bulk(self) -> None:
        self.assertNotContains(self.client.get(LIST), "delete_selected")

    def test_archiving_takes_it_from_the_place_page(self) -> None:
        self.client.post(reverse("admin:calls_calltemplate_archive", args=[self.template.pk]))
        self.client.force_login(self.boss)

        assert not self.client.get(PLACE).context["form"].fields["template"].queryset.exists()
        self.assertContains(self.client.get(change(self.template)), "is archived, so no new call can use it")


class PlaceTests(TemplateTestCase):
    def choose(self, *templates: CallTemplate) -> Any:
        chosen = [template.pk for template in templates]
        return self.client.post(
            f"{LIST}?archived=all", {"action": "place_with_template", ACTION_CHECKBOX_NAME: chosen}
        )

    def test_it_is_hidden_from_people_who_may_not_place(self) -> None:
        self.assertNotContains(self.client.get(LIST), "place_with_template")
        self.assertNotContains(self.client.get(change(self.template)), "Place a call with this template")
        assert PLACE not in self.choose(self.template).get("Location", "")

    def test_it_opens_the_place_page(self) -> None:
        self.client.force_login(self.caller)
        address = f"{PLACE}?template={self.template.pk}"

        self.assertContains(self.client.get(LIST), "place_with_template")
        self.assertContains(self.client.get(change(self.template)), f'href="{address}"')
        self.assertRedirects(self.choose(self.template), address)

    def test_exactly_one_is_chosen(self) -> None:
        self.client.force_login(self.caller)
        other = self.make_template("Other")

        response = self.choose(self.template, other)

        assert self.words(response) == ["Please choose exactly one template to place a call with."]

    def test_one_that_cannot_be_used_says_why(self) -> None:
        self.client.force_login(self.caller)
        idle = self.make_template("Idle", agent=self.idle_agent)
        archived = self.make_template("Old", is_archived=True)

        assert "is not active at OSVI" in self.words(self.choose(idle))[0]
        assert "is archived" in self.words(self.choose(archived))[-1]
        self.assertContains(self.client.get(change(idle)), "is not active at OSVI")

    def test_one_permission_more_is_enough(self) -> None:
        self.client.force_login(staff("two", "view_calltemplate", "place_call"))
        assert self.choose(self.template)["Location"].startswith(PLACE)
