from typing import Any
from unittest.mock import patch

from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.urls import reverse

from calls.admin.saved_views import SavedViewForm, clean, has_number
from calls.models import SavedView
from tests.admin.base import AdminTestCase, staff

LIST = reverse("admin:calls_calllog_changelist")
SAVE = reverse("admin:calls_calllog_save_view")


def change(view: SavedView) -> str:
    return reverse("admin:calls_calllog_change_view", args=[view.pk])


def delete(view: SavedView) -> str:
    return reverse("admin:calls_calllog_delete_view", args=[view.pk])


class SavedViewTestCase(AdminTestCase):
    sharer: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.sharer = staff("sharer", "view_calllog", "share_view")

    def setUp(self) -> None:
        self.client.force_login(self.viewer)

    def save(self, query: str = "tab=attention", **data: str) -> Any:
        return self.client.post(f"{SAVE}?{query}", data)

    def view(self, name: str = "Mine", **fields: Any) -> SavedView:
        return SavedView.objects.create(
            **{"name": name, "owner": self.viewer, "query": "tab=attention", **fields}
        )

    def names(self, person: User) -> list[str]:
        self.client.force_login(person)
        return [view.name for view in self.client.get(LIST).context["cl"].saved_views]


class SaveTests(SavedViewTestCase):
    def test_it_keeps_tab_filters_and_search_and_nothing_else(self) -> None:
        response = self.save(
            "q=rao&p=3&tab=review&status=finished&o=-1&e=1&evil=1&agent=&outcome=a%00b", name="To do"
        )

        self.assertRedirects(response, f"{LIST}?tab=review&q=rao&status=finished")
        view = SavedView.objects.get()
        assert (view.name, view.owner, view.is_shared) == ("To do", self.viewer, False)
        assert view.query == "tab=review&q=rao&status=finished"
        messages = [str(message) for message in get_messages(response.wsgi_request)]
        assert messages == ["The view “To do” was saved."]

    def test_the_page_says_what_the_view_shows(self) -> None:
        page = self.client.get(f"{SAVE}?tab=review&outcome=busy&q=rao")

        for words in ("To review", "Line busy", "rao"):
            self.assertContains(page, words)
        assert not SavedView.objects.exists()

    def test_the_list_offers_it_and_shows_which_is_current(self) -> None:
        self.view("Worries")

        page = self.client.get(LIST, {"tab": "attention", "p": "1"})
        self.assertContains(page, 'href="?tab=attention"')
        assert page.context["cl"].current_view.name == "Worries"
        self.assertNotContains(page, SAVE)
        other = self.client.get(LIST, {"tab": "review"})
        assert other.context["cl"].current_view is None
        self.assertContains(other, f"{SAVE}?tab=review")

    def test_a_name_is_taken_only_once_by_a_person(self) -> None:
        self.view("Mine")
        SavedView.objects.create(name="Theirs", owner=self.boss, query="tab=review")

        page = self.save(name="Mine")

        self.assertContains(page, "You have a view of this name already")
        self.assertContains(page, 'value="Mine"')
        assert self.save(name="Theirs").status_code == 302

    def test_the_same_name_at_the_same_moment_is_refused_too(self) -> None:
        self.view("Mine")

        with patch.object(SavedViewForm, "clean_name", lambda form: form.cleaned_data["name"]):
            page = self.save(name="Mine")

        self.assertContains(page, "You have a view of this name already")
        assert SavedView.objects.count() == 1

    def test_without_a_name_or_anything_to_keep_it_says_so(self) -> None:
        self.assertContains(self.save(name=""), "This field is required.")
        self.assertContains(self.save("p=2", name="All"), "this view would show every call")
        self.assertContains(self.save(f"q={'x' * 3000}", name="Long"), "too many filters")
        assert not SavedView.objects.exists()

    def test_a_telephone_number_is_not_kept(self) -> None:
        for search in ("98765 43210", "+91 98", "(098) 765-43", "Asha 9876543210", "98765", "९८७६५"):
            query = f"tab=review&q={search.replace('+', '%2B')}"
            self.assertContains(self.client.get(f"{SAVE}?{query}"), "looks like a telephone number")
            page = self.save(query, name="Number")
            self.assertContains(page, "looks like a telephone number")
            self.assertContains(page, 'href="?tab=review"')
        assert not SavedView.objects.exists()
        for search in ("Asha", "room 12", "Ward 4"):
            assert not has_number(f"q={search}")

    def test_it_is_closed_to_people_who_see_no_calls(self) -> None:
        view = self.view(owner=self.nobody)
        self.client.force_login(self.nobody)

        for address in (SAVE, change(view), delete(view)):
            assert self.client.get(address).status_code == 403
            assert self.client.post(address, {"name": "x"}).status_code == 403
        assert SavedView.objects.get() == view

    def test_names_and_searches_are_text(self) -> None:
        self.view("<script>alert(1)</script>", query="q=%3Cscript%3Ealert%282%29")

        page = self.client.get(LIST, {"q": "<script>alert(2)"})
        form = self.client.get(SAVE, {"q": "<script>alert(3)"})

        self.assertNotContains(page, "<script>alert")
        self.assertNotContains(form, "<script>alert")


class ShareTests(SavedViewTestCase):
    def test_sharing_takes_its_permission(self) -> None:
        self.assertNotContains(self.client.get(f"{SAVE}?tab=review"), "is_shared")
        self.save(name="Private", is_shared="on")
        assert not SavedView.objects.get().is_shared

        self.client.force_login(self.sharer)
        self.assertContains(self.client.get(f"{SAVE}?tab=review"), "is_shared")
        self.save(name="Shared", is_shared="on")
        assert SavedView.objects.get(name="Shared").is_shared

    def test_everybody_sees_shared_views_and_only_owners_see_others(self) -> None:
        self.view("Private")
        self.view("Shared", owner=self.sharer, is_shared=True)

        assert self.names(self.viewer) == ["Private", "Shared"]
        assert self.names(self.onlooker) == ["Shared"]
        self.assertContains(self.client.get(LIST), "shared by sharer")


class ChangeTests(SavedViewTestCase):
    def test_owners_rename_their_views(self) -> None:
        view = self.view("Old")

        response = self.client.post(change(view), {"name": "New"})

        self.assertRedirects(response, f"{LIST}?tab=attention")
        assert SavedView.objects.get().name == "New"

    def test_owners_delete_their_views_by_post_only(self) -> None:
        view = self.view()

        self.client.get(delete(view))
        assert SavedView.objects.exists()
        self.assertRedirects(self.client.post(delete(view)), LIST)
        assert not SavedView.objects.exists()

    def test_nobody_else_renames_or_deletes_a_view(self) -> None:
        for view in (self.view("Private"), self.view("Shared", is_shared=True)):
            for person in (self.boss, self.sharer):
                self.client.force_login(person)
                assert self.client.get(change(view)).status_code == 404
                assert self.client.post(change(view), {"name": "Mine now"}).status_code == 404
                assert self.client.post(delete(view)).status_code == 404
        assert set(SavedView.objects.values_list("name", flat=True)) == {"Private", "Shared"}

    def test_a_view_that_was_deleted_meanwhile_is_not_found(self) -> None:
        view = self.view()
        address = delete(view)
        view.delete()

        assert self.client.post(address).status_code == 404

    def test_clean_always_gives_the_same_order(self) -> None:
        page = self.client.get(LIST, {"status": "finished", "tab": "review"})
        turned = self.client.get(LIST, {"tab": "review", "status": " finished "})

        assert clean(page.wsgi_request.GET) == clean(turned.wsgi_request.GET)
