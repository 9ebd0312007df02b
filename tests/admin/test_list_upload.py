"""A new list: the file, its columns, and what is said of bad ones."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from calls.choices import ContactVerdict, ListStatus
from calls.models import CallList
from calls.services import list_check, list_files
from tests.admin.base import AdminTestCase, staff
from tests.support.spreadsheets import content_of

ADD = reverse("admin:calls_calllist_add")
ROWS = "Mobile,Full name,Date\n+91 98765 43210,Asha Rao,Monday\n98765 43211,Ravi Iyer,\n"


class ListFileTestCase(AdminTestCase):
    maker: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.maker = staff("maker", "view_calllist", "add_calllist")

    def setUp(self) -> None:
        folder = self.enterContext(TemporaryDirectory())
        self.enterContext(self.settings(DATA_DIR=Path(folder)))
        self.client.force_login(self.maker)

    def upload(self, content: str | bytes = ROWS, file_name: str = "people.csv", **fields: Any) -> Any:
        data = content.encode() if isinstance(content, str) else content
        file = SimpleUploadedFile(file_name, data)
        return self.client.post(ADD, {"template": str(self.template.pk), "file": file, **fields})

    def columns(self, call_list: CallList) -> str:
        return reverse("admin:calls_calllist_columns", args=[call_list.pk])


class UploadTests(ListFileTestCase):
    def test_a_file_leads_to_its_columns_with_a_guess(self) -> None:
        answer = self.upload()

        call_list = CallList.objects.get()
        self.assertRedirects(answer, self.columns(call_list))
        assert call_list.name == "people"
        page = self.client.get(self.columns(call_list))
        assert page.context["form"]["column_0"].value() == "number"
        assert page.context["form"]["column_1"].value() == "name"
        assert page.context["form"]["column_2"].value() == "value:appointment_date"
        self.assertContains(page, "+91 98765 43210")
        self.assertContains(page, "2 rows")

    def test_the_columns_are_checked_and_the_rows_then(self) -> None:
        self.upload()
        call_list = CallList.objects.get()
        fields = {"has_header": "on", "country": "IN", "column_0": "number", "column_1": "name"}

        refused = self.client.post(self.columns(call_list), fields)
        self.assertContains(refused, "No column is chosen for “appointment_date”.")
        assert refused.context["form"]["column_0"].value() == "number"

        answer = self.client.post(self.columns(call_list), {**fields, "column_2": "value:appointment_date"})
        self.assertRedirects(answer, reverse("admin:calls_calllist_change", args=[call_list.pk]))
        list_check.check(call_list.pk)

        call_list.refresh_from_db()
        assert call_list.status == ListStatus.CHECKED
        verdicts = list(call_list.contacts.order_by("row").values_list("verdict", flat=True))
        assert verdicts == [ContactVerdict.FIXED, ContactVerdict.MISSING_VALUE]

    def test_two_columns_for_one_thing_are_refused(self) -> None:
        self.upload()
        call_list = CallList.objects.get()

        answer = self.client.post(
            self.columns(call_list),
            {
                "has_header": "on",
                "country": "IN",
                "column_0": "number",
                "column_1": "number",
                "column_2": "value:appointment_date",
            },
        )

        self.assertContains(answer, "Two columns are chosen for “Telephone number”.")
        call_list.refresh_from_db()
        assert call_list.status == ListStatus.MAPPING

    def test_a_bad_file_is_said_beside_the_field_and_the_rest_is_kept(self) -> None:
        answer = self.upload("a,b\n=SUM(A1),1\n", file_name="Sums.csv", name="Sums")

        self.assertContains(answer, "Cell A2 holds a formula.")
        self.assertContains(answer, 'value="Sums"')
        assert not CallList.objects.exists()

    def test_nothing_chosen_is_said_beside_the_fields(self) -> None:
        answer = self.client.post(ADD, {})

        self.assertContains(answer, "Please choose a file.")
        self.assertContains(answer, "Please choose what the agent should say.")

    def test_the_sample_of_a_template_is_read_without_a_question(self) -> None:
        sample = self.client.get(reverse("admin:calls_calllist_sample", args=[self.template.pk]))

        assert sample["Content-Disposition"] == 'attachment; filename="appointment-reminder.csv"'
        self.upload(sample.content)
        mapping = CallList.objects.get().mapping
        assert set(mapping.values()) == {"number", "name", "value:appointment_date", "value:tone"}

    def test_what_was_chosen_is_remembered_for_the_same_headings(self) -> None:
        self.upload("A,B,C\n+919876543210,Asha,Monday\n")
        first = CallList.objects.get()
        chosen = {"column_0": "number", "column_1": "name", "column_2": "value:appointment_date"}
        self.client.post(self.columns(first), {"has_header": "on", "country": "IN", **chosen})

        self.upload("A,B,C\n+919876543299,Ravi,Tuesday\n")

        assert CallList.objects.latest("pk").mapping == CallList.objects.get(pk=first.pk).mapping

    def test_numbers_in_the_file_are_hidden_from_others(self) -> None:
        self.upload()
        self.client.force_login(staff("other", "view_calllist", "add_calllist"))

        page = self.client.get(self.columns(CallList.objects.get()))

        self.assertContains(page, "••••• •210")
        self.assertNotContains(page, "98765")

    def test_without_the_permission_nothing_is_kept(self) -> None:
        self.client.force_login(staff("reader", "view_calllist"))

        assert self.upload().status_code == 403
        assert self.client.get(ADD).status_code == 403
        assert not CallList.objects.exists()


class CorrectionTests(ListFileTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.boss)
        self.upload(
            "Mobile,Full name,Date\n9876543210,Asha Rao,Monday\n12,Ravi Iyer,Monday\n9876543212,Imran,\n"
        )
        self.call_list = CallList.objects.get()
        chosen = {"column_0": "number", "column_1": "name", "column_2": "value:appointment_date"}
        self.client.post(self.columns(self.call_list), {"has_header": "on", "country": "IN", **chosen})
        list_check.check(self.call_list.pk)

    def download(self) -> str:
        address = reverse("admin:calls_calllist_bad_rows", args=[self.call_list.pk])
        return content_of(self.client.get(address)).decode("utf-8-sig")

    def correct(self, content: str, file_name: str = "corrected.csv") -> Any:
        address = reverse("admin:calls_calllist_correct", args=[self.call_list.pk])
        return self.client.post(
            address, {"file": SimpleUploadedFile(file_name, content.encode())}, follow=True
        )

    def verdicts(self) -> list[str]:
        return list(self.call_list.contacts.order_by("row").values_list("verdict", flat=True))

    def test_the_bad_rows_come_with_their_reasons(self) -> None:
        lines = self.download().splitlines()

        assert lines[0] == "Mobile,Full name,Date,Row,Reason"
        assert lines[1].startswith("12,Ravi Iyer,Monday,3,")
        assert "appointment_date" in lines[2]
        assert len(lines) == 3

    def test_corrected_rows_take_the_place_of_the_bad_ones(self) -> None:
        corrected = self.download().replace("12,Ravi", "9876543299,Ravi").replace("Imran,,", "Imran,Tuesday,")

        answer = self.correct(corrected)

        self.assertContains(answer, "2 rows were corrected.")
        assert self.verdicts() == [ContactVerdict.FIXED] * 3
        self.call_list.refresh_from_db()
        assert self.call_list.total == self.call_list.contacts.count() == 3
        assert self.call_list.events.filter(what="Corrected rows were uploaded.", by=self.boss).exists()

    def test_the_same_file_twice_changes_nothing_more(self) -> None:
        corrected = self.download().replace("12,Ravi", "9876543299,Ravi").replace("Imran,,", "Imran,Tuesday,")
        self.correct(corrected)

        answer = self.correct(corrected)

        self.assertContains(answer, "2 rows were left as they are")
        assert self.call_list.contacts.count() == 3

    def test_rows_without_a_number_of_a_row_are_added_and_duplicates_found(self) -> None:
        answer = self.correct(
            "Mobile,Full name,Date,Row,Reason\n9876543277,Divya,Friday,,\n9876543210,Twin,Friday,,\n13,Ravi,Monday,3,\n"
        )

        self.assertContains(answer, "1 row was corrected. 2 people were added. 1 still cannot be called.")
        assert self.verdicts() == [
            ContactVerdict.FIXED,
            ContactVerdict.BAD_NUMBER,
            ContactVerdict.MISSING_VALUE,
            ContactVerdict.FIXED,
            ContactVerdict.DUPLICATE,
        ]
        self.call_list.refresh_from_db()
        assert self.call_list.total == 5

    def test_another_file_is_refused(self) -> None:
        answer = self.correct("Phone,Something\n9876543210,else\n")

        self.assertContains(answer, "These are not the columns of this list.")
        assert self.call_list.contacts.count() == 3

    def test_numbers_are_given_out_only_to_people_who_may_reveal_them(self) -> None:
        self.client.force_login(staff("changer", "view_calllist", "change_calllist"))
        address = reverse("admin:calls_calllist_bad_rows", args=[self.call_list.pk])

        assert self.client.get(address).status_code == 403


class StateTests(ListFileTestCase):
    """What the page of a list says before it can start."""

    call_list: CallList

    def setUp(self) -> None:
        super().setUp()
        self.upload()
        self.call_list = CallList.objects.get()
        self.page = reverse("admin:calls_calllist_change", args=[self.call_list.pk])

    def check(self) -> None:
        chosen = {"column_0": "number", "column_1": "name", "column_2": "value:appointment_date"}
        self.client.post(self.columns(self.call_list), {"has_header": "on", "country": "IN", **chosen})
        list_check.check(self.call_list.pk)

    def test_what_the_agent_says_and_no_column_holds_is_said_at_once(self) -> None:
        self.upload(ROWS.replace("Date", "Remarks"))

        self.assertContains(
            self.client.get(self.columns(CallList.objects.latest("pk"))),
            "The agent says “appointment_date” during the call. Choose the column in which it stands.",
        )

    def test_the_page_leads_to_the_columns_as_long_as_they_are_not_chosen(self) -> None:
        self.assertRedirects(self.client.get(self.page), self.columns(self.call_list))

    def test_whoever_only_looks_is_told_what_is_to_be_done(self) -> None:
        self.client.force_login(staff("reader", "view_calllist"))

        self.assertContains(self.client.get(self.page), "The columns of this list are not chosen yet.")
        assert self.client.get(self.columns(self.call_list)).status_code == 403

    def test_without_its_file_the_list_says_so(self) -> None:
        list_files.delete(self.call_list.stored_name)

        self.assertRedirects(self.client.get(self.columns(self.call_list)), self.page)
        self.assertContains(self.client.get(self.page), "The file of this list is not kept any more.")

    def test_a_check_that_failed_can_begin_anew(self) -> None:
        self.check()
        CallList.objects.update(status=ListStatus.FAILED, status_reason="Something went wrong.")

        page = self.client.get(self.page)
        self.assertContains(page, self.columns(self.call_list))
        self.assertContains(page, "The list could not be checked, so nobody can be called with it.")

        list_files.delete(self.call_list.stored_name)
        self.assertNotContains(self.client.get(self.page), self.columns(self.call_list))

    def test_other_columns_can_be_chosen_until_it_starts(self) -> None:
        self.check()
        self.assertContains(self.client.get(self.page), self.columns(self.call_list))
        self.assertContains(
            self.client.get(self.columns(self.call_list)), "people added or corrected here are lost"
        )

        CallList.objects.update(status=ListStatus.SCHEDULED)
        self.assertRedirects(
            self.client.get(self.columns(self.call_list)), self.page, fetch_redirect_response=False
        )

    def test_the_download_is_offered_to_those_who_may_have_it(self) -> None:
        self.check()
        bad_rows = reverse("admin:calls_calllist_bad_rows", args=[self.call_list.pk])
        self.client.force_login(staff("changer", "view_calllist", "change_calllist"))
        page = self.client.get(self.page)
        self.assertNotContains(page, bad_rows)
        self.assertContains(page, "Ask somebody who may see them to download it.")

        self.client.force_login(self.boss)
        self.assertContains(self.client.get(self.page), bad_rows)
