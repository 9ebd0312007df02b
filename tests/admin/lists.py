"""Call lists for tests of the admin: who may do what, and lists in every state."""

from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from huey.contrib.djhuey import HUEY

from calls.choices import ListStatus
from calls.models import CallList, Contact
from tests.admin.base import AdminTestCase, staff
from tests.browser.cast import make_contact, make_list


class ListTestCase(AdminTestCase):
    """`watcher` sees lists; `keeper` also makes and changes them; `runner` also starts and stops them."""

    watcher: User
    keeper: User
    runner: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.watcher = staff("watcher", "view_calllist")
        cls.keeper = staff("keeper", "view_calllist", "add_calllist", "change_calllist")
        cls.runner = staff(
            "runner",
            "view_calllist",
            "add_calllist",
            "change_calllist",
            "run_calllist",
            "place_call",
            "view_calllog",
        )

    def setUp(self) -> None:
        self.addCleanup(HUEY.flush)

    @classmethod
    def make_list(cls, status: ListStatus = ListStatus.CHECKED, people: int = 0, **fields: Any) -> CallList:
        """Return a list of the template, with so many people who are ready to be called."""
        call_list = make_list(cls.boss, cls.template, status, **fields)
        for _number in range(people):
            make_contact(call_list)
        CallList.objects.filter(pk=call_list.pk).update(total=people, done=people)
        return call_list

    def get(self, name: str, row: CallList | Contact, by: User | None = None, **query: str) -> Any:
        """Return a page of a list or of a person in it."""
        self.client.force_login(by or self.runner)
        return self.client.get(address(name, row), query)

    def post(self, name: str, row: CallList | Contact, by: User | None = None, **data: Any) -> Any:
        """Return the answer to what was sent to a page, followed to where it leads."""
        self.client.force_login(by or self.runner)
        return self.client.post(address(name, row), data, follow=True)


def address(name: str, row: CallList | Contact) -> str:
    return reverse(f"admin:calls_calllist_{name}", args=[row.pk])


def said(answer: Any) -> str:
    """Return the messages on a page."""
    return " ".join(str(message) for message in answer.context["messages"])
