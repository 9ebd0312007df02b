import re
from datetime import timedelta
from unittest.mock import patch
from xml.etree import ElementTree

from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from calls.admin import paginator
from calls.choices import CallStatus, Verdict
from calls.models import Agent, CallLog, CallTemplate, ConsoleState, WebhookDelivery
from calls.services import overview, sending
from tests.admin.base import AdminTestCase, staff

HOME = reverse("admin:index")
LIVE = reverse("admin:home_live")
CALLS = reverse("admin:calls_calllog_changelist")
DELIVERIES = reverse("admin:calls_webhookdelivery_changelist")
HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(2)>'


class HomeTestCase(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.viewer)

    def make_one_of_each(self) -> None:
        for status in CallStatus:
            self.make_call(status=status, person_name=f"Person {status}")
        self.make_call(status=CallStatus.FINISHED, outcome="picked", duration_seconds=96)


class AttentionTests(HomeTestCase):
    def test_it_says_when_nothing_needs_anybody(self) -> None:
        self.make_call(status=CallStatus.FINISHED, outcome="picked")

        self.assertContains(self.client.get(HOME), "Nothing needs you.")

    def test_each_kind_of_call_is_counted_and_its_link_shows_exactly_those(self) -> None:
        self.make_one_of_each()
        self.make_call(status=CallStatus.REJECTED, person_name="Person rejected")

        response = self.client.get(HOME)

        self.assertNotContains(response, "Nothing needs you.")
        wanted = {
            "unconfirmed": ("We don&#x27;t know whether 1 call went out.", 1),
            "no_outcome": ("1 call went out, but OSVI never said what came of it.", 1),
            "rejected": ("OSVI refused 2 calls.", 2),
        }
        for status, (words, rows) in wanted.items():
            address = f"{CALLS}?status={status}"
            self.assertContains(response, f'<a href="{address}">{words}</a>', html=True)
            shown = self.client.get(address).context["cl"].result_list
            assert [call.person_name for call in shown] == [f"Person {status}"] * rows

    def test_each_kind_of_delivery_is_counted_and_its_link_shows_exactly_those(self) -> None:
        for verdict in Verdict:
            WebhookDelivery.objects.create(route="call", verdict=verdict)

        response = self.client.get(HOME)

        wanted = {
            "failed": "1 message from OSVI could not be applied.",
            "unmatched": "1 message from OSVI belongs to no known call.",
        }
        for word, words in wanted.items():
            address = f"{DELIVERIES}?verdict={word}"
            self.assertContains(response, f'<a href="{address}">{words}</a>', html=True)
            shown = self.client.get(address).context["cl"].result_list
            assert [delivery.verdict for delivery in shown] == [word]

    def test_follow_ups_are_counted_ones_own_first(self) -> None:
        today = timezone.localdate()
        for owner, due in (
            (self.viewer, today),
            (self.viewer, today - timedelta(days=3)),
            (self.viewer, today + timedelta(days=1)),
            (self.caller, today),
            (None, today),
        ):
            self.make_call(status=CallStatus.FINISHED, follow_up_owner=owner, follow_up_on=due)

        page = self.client.get(HOME).content.decode()

        mine = f'<a href="{CALLS}?tab=follow_up&amp;follow_up=mine">2 follow-ups of yours are due.</a>'
        due_in_all = f'<a href="{CALLS}?tab=follow_up">4 follow-ups are due in all.</a>'
        assert 0 < page.find(mine) < page.find(due_in_all)
        for query, count in (("tab=follow_up&follow_up=mine", 2), ("tab=follow_up", 4)):
            assert len(self.client.get(f"{CALLS}?{query}").context["cl"].result_list) == count

    def test_follow_ups_that_are_all_ones_own_are_said_once(self) -> None:
        self.make_call(
            status=CallStatus.FINISHED, follow_up_owner=self.viewer, follow_up_on=timezone.localdate()
        )

        response = self.client.get(HOME)

        self.assertContains(response, "1 follow-up of yours is due.")
        self.assertNotContains(response, "in all.")

    def test_required_answers_that_are_missing_are_counted_once_nothing_more_is_expected(self) -> None:
        self.make_call(status=CallStatus.FINISHED, outcome="picked", required_missing=True)
        self.make_call(
            status=CallStatus.FINISHED,
            outcome="picked",
            required_missing=True,
            next_poll_at=timezone.now() + timedelta(minutes=5),
        )

        response = self.client.get(HOME)

        words = "1 answered call lacks a required answer."
        self.assertContains(response, f'<a href="{CALLS}?missing=yes">{words}</a>', html=True)
        assert len(self.client.get(f"{CALLS}?missing=yes").context["cl"].result_list) == 1

    def test_counts_are_capped_like_the_list(self) -> None:
        for _number in range(4):
            self.make_call(status=CallStatus.REJECTED)

        with patch.object(paginator, "MOST_COUNTED", 3):
            self.assertContains(self.client.get(HOME), "OSVI refused 3+ calls.")

    def test_a_silent_worker_is_said(self) -> None:
        words = "gives no sign of life"
        self.assertNotContains(self.client.get(HOME), words)

        ConsoleState.objects.update(worker_seen_at=timezone.now() - timedelta(hours=2))

        response = self.client.get(HOME)
        self.assertContains(response, words)
        self.assertContains(response, "Worker silent, last seen")
        self.assertContains(response, "2\xa0hours ago")

    def test_a_pause_is_said_with_its_reason_and_only_who_may_can_resume_it(self) -> None:
        sending.pause("OSVI does not accept the API token.")

        response = self.client.get(HOME)
        self.assertContains(response, "OSVI does not accept the API token.")
        self.assertNotContains(response, "Nothing needs you.")
        self.assertNotContains(response, '<form method="post" action="/admin/calls/')

        self.client.force_login(staff("resumer", "view_calllog", "resume_sending"))
        for address in (HOME, LIVE):
            self.assertContains(self.client.get(address), "Resume sending")
        answer = self.client.post(reverse("admin:calls_calllog_resume_sending"), {"next": HOME})
        self.assertRedirects(answer, HOME)
        assert not sending.is_paused()

    def test_the_form_of_the_live_part_leads_back_home(self) -> None:
        sending.pause("Why.")
        self.client.force_login(self.boss)

        self.assertContains(
            self.client.get(LIVE), f'<input type="hidden" name="next" value="{HOME}">', html=True
        )


class FiguresTests(HomeTestCase):
    def test_today_and_the_month_with_links_to_the_calls_they_count(self) -> None:
        self.make_call(status=CallStatus.FINISHED, outcome="picked", duration_seconds=96)
        self.make_call(status=CallStatus.FINISHED, outcome="not_picked")
        self.make_call(status=CallStatus.FINISHED, outcome="failed")
        self.make_call(requested_at=timezone.now() - timedelta(days=10))
        self.make_call(requested_at=timezone.now() - timedelta(days=60))

        response = self.client.get(HOME)

        self.assertContains(response, "1 min 36 s")
        self.assertContains(response, "50 %")
        self.assertContains(response, "of 2 calls that rang")
        for when, placed in (("today", 3), ("30", 4)):
            address = f"{CALLS}?when={when}"
            self.assertContains(response, f'<a href="{address}">{placed}</a>', html=True)
            assert self.client.get(address).context["cl"].result_count == placed
            answered = f"{address}&status=finished&outcome=picked"
            assert self.client.get(answered).context["cl"].result_count == 1

    def test_the_picture_has_a_name_and_the_same_figures_as_its_table(self) -> None:
        today = timezone.localdate()
        for ago, outcomes in {0: ["picked", "picked", "busy"], 5: ["not_picked"]}.items():
            for outcome in outcomes:
                at = overview.midnight(today - timedelta(days=ago))
                self.make_call(status=CallStatus.FINISHED, outcome=outcome, requested_at=at)

        page = self.client.get(HOME).content.decode()

        found = re.search(r'<svg class="home-chart__picture".*?</svg>', page, re.DOTALL)
        assert found
        picture = ElementTree.fromstring(found[0])  # noqa: S314  # our own markup
        assert picture.get("role") == "img"
        ids = (picture.get("aria-labelledby") or "").split()
        assert [element.get("id") for element in picture if element.get("id")] == ids
        drawn = [
            (bar.get("class"), float(bar.get("x", "")), float(bar.get("height", "")))
            for bar in picture.iter("rect")
        ]
        assert drawn == [
            ("kind--not_picked", 24.1, 20.0),
            ("kind--picked", 29.1, 40.0),
            ("kind--busy", 29.1, 20.0),
        ]
        assert "style=" not in found[0]
        rows = re.findall(r'<th scope="row" class="nowrap">.*?</tr>', page, re.DOTALL)
        figures = [re.findall(r'<td class="numeric">(\d+)</td>', row) for row in rows]
        assert len(figures) == overview.DAYS
        assert figures[0] == ["3", "2", "0", "0", "1", "0", "0"]
        assert figures[5] == ["1", "0", "1", "0", "0", "0", "0"]

    def test_agents_and_templates_link_to_their_calls(self) -> None:
        other = self.make_template("Other", agent=self.idle_agent)
        self.make_call(agent=self.idle_agent, template=other)
        self.make_call()
        self.make_call(template=None, template_version=None)

        response = self.client.get(HOME)

        for key, row in (("agent", self.idle_agent), ("template", other)):
            address = f"{CALLS}?{key}={row.pk}&when=30"
            self.assertContains(response, f'<a href="{address}">{row.name}</a>', html=True)
            assert self.client.get(address).context["cl"].result_count == 1
        self.assertContains(response, "Without a template")


class RecentTests(HomeTestCase):
    def test_it_shows_the_latest_calls_as_the_list_does(self) -> None:
        for number in range(10):
            self.make_call(person_name=f"Person {number}.")
        newest = CallLog.objects.latest("pk")

        response = self.client.get(HOME)

        for number in range(2, 10):
            self.assertContains(response, f"Person {number}.")
        for number in (0, 1):
            self.assertNotContains(response, f"Person {number}.")
        self.assertContains(response, reverse("admin:calls_calllog_change", args=[newest.pk]))
        self.assertContains(response, "+91 ••••• •210", count=8)
        self.assertNotContains(response, "98765")

    def test_the_live_part_is_a_fragment_that_looks_again(self) -> None:
        call = self.make_call(status=CallStatus.QUEUED)
        response = self.client.get(LIVE)
        self.assertContains(response, "Waiting to be sent")
        self.assertContains(response, f'hx-get="{LIVE}"')
        self.assertContains(response, 'hx-trigger="every 4s"')
        self.assertNotContains(response, "<html")
        assert "no-store" in response.headers["Cache-Control"]

        CallLog.objects.filter(pk=call.pk).update(status=CallStatus.FINISHED, outcome="picked")
        response = self.client.get(LIVE)
        self.assertContains(response, "Answered")
        self.assertNotContains(response, "Waiting to be sent")
        self.assertContains(response, 'hx-trigger="every 20s"')

    def test_the_live_part_is_the_one_of_the_page(self) -> None:
        self.make_one_of_each()

        page, part = self.client.get(HOME).content.decode(), self.client.get(LIVE).content.decode()

        for piece in re.findall(r'id="([^"]+)"', part):
            assert f'id="{piece}"' in page
        assert re.findall(r"<a [^>]*>", part)[0] in page

    def test_people_who_were_logged_out_get_a_reload(self) -> None:
        self.client.logout()

        response = self.client.get(LIVE)

        assert response.status_code == 401
        assert response.headers["HX-Refresh"] == "true"
        assert response.content == b""

    def test_names_are_text(self) -> None:
        hostile = Agent.objects.create(agent_uuid="agent_hostile", name=HOSTILE)
        template = self.make_template(HOSTILE, agent=hostile)
        self.make_call(person_name=HOSTILE, agent=hostile, template=template, status_reason=HOSTILE)
        sending.pause(HOSTILE)

        for address in (HOME, LIVE):
            page = self.client.get(address).content.decode()
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert "&lt;script&gt;alert" in page


class PermissionTests(HomeTestCase):
    def test_without_permissions_nothing_of_calls_is_shown(self) -> None:
        self.make_one_of_each()
        sending.pause("A secret reason.")
        self.client.force_login(self.nobody)

        response = self.client.get(HOME)

        assert response.status_code == 200
        for words in ("Person", "+91", "Front desk", "A secret reason.", "Appointment", 'svg class="home'):
            self.assertNotContains(response, words)
        self.assertContains(response, "Nothing to see here yet")
        assert self.client.get(LIVE).status_code == 403

    def test_who_may_only_place_calls_sees_no_calls(self) -> None:
        self.make_one_of_each()
        self.client.force_login(staff("placer", "place_call"))

        for address in (HOME, LIVE):
            response = self.client.get(address)
            for words in ("Person", "+91", "Front desk", "OSVI refused", "Recent calls", "Last 30 days"):
                self.assertNotContains(response, words)
        self.assertContains(self.client.get(HOME), f'href="{reverse("admin:calls_calllog_add")}"')

    def test_one_grant_shows_calls_but_no_deliveries_and_no_button(self) -> None:
        self.make_one_of_each()
        WebhookDelivery.objects.create(route="call", verdict=Verdict.FAILED)
        self.client.force_login(staff("reader", "view_calllog"))

        response = self.client.get(HOME)

        self.assertContains(response, "OSVI refused 1 call.")
        self.assertContains(response, "Recent calls")
        self.assertNotContains(response, "could not be applied")
        self.assertNotContains(response, "Place a call")

    def test_who_may_only_see_deliveries_is_told_of_those(self) -> None:
        self.make_one_of_each()
        WebhookDelivery.objects.create(route="call", verdict=Verdict.UNMATCHED)
        self.client.force_login(staff("postman", "view_webhookdelivery"))

        response = self.client.get(HOME)

        self.assertContains(response, "belongs to no known call")
        self.assertNotContains(response, "OSVI refused")
        self.assertNotContains(response, "Person")

    def test_strangers_are_sent_to_the_login(self) -> None:
        self.client.logout()
        self.assertRedirects(self.client.get(HOME), f"{reverse('admin:login')}?next={HOME}")

        self.client.force_login(User.objects.create_user("outsider"))
        assert self.client.get(LIVE).status_code == 401


class FirstRunTests(HomeTestCase):
    def steps(self) -> list[tuple[bool, bool]]:
        """Return, for each step shown, whether it is done and whether it is the next."""
        return [(step.is_done, step.is_next) for step in self.client.get(HOME).context["start"]]

    def test_it_leads_step_by_step_to_the_first_call(self) -> None:
        self.client.force_login(self.boss)
        CallTemplate.objects.update(is_archived=True)
        Agent.objects.update(is_active=False)
        assert self.steps() == [(False, True), (False, False), (False, False)]
        self.assertContains(self.client.get(HOME), f'action="{reverse("admin:calls_agent_sync")}"')

        Agent.objects.update(is_active=True)
        assert self.steps() == [(True, False), (False, True), (False, False)]
        self.assertContains(self.client.get(HOME), f'href="{reverse("admin:calls_calltemplate_add")}"')

        CallTemplate.objects.update(is_archived=False)
        assert self.steps() == [(True, False), (True, False), (False, True)]

        self.make_call()
        assert self.steps() == []
        self.assertNotContains(self.client.get(HOME), "Three steps")

    def test_an_empty_console_shows_no_empty_pictures(self) -> None:
        response = self.client.get(HOME)

        self.assertContains(response, "Three steps to your first call")
        self.assertContains(response, "Nothing needs you.")
        self.assertNotContains(response, "Last 30 days")
        self.assertNotContains(response, "Recent calls")

    def test_who_may_not_take_a_step_is_told_so(self) -> None:
        Agent.objects.update(is_active=False)

        response = self.client.get(HOME)

        self.assertNotContains(response, reverse("admin:calls_agent_sync"))
        self.assertContains(response, "Somebody with the permission has to do this.")


class CostTests(HomeTestCase):
    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        self.make_one_of_each()
        WebhookDelivery.objects.create(route="call", verdict=Verdict.FAILED)
        self.client.get(HOME)
        few = {address: self.queries_of(address) for address in (HOME, LIVE)}
        for number in range(20):
            agent = Agent.objects.create(agent_uuid=f"agent_{number}", name=f"Agent {number}")
            template = self.make_template(f"Template {number}")
            self.make_call(agent=agent, template=template, placed_by=User.objects.create_user(f"p{number}"))
            self.make_one_of_each()

        assert {address: self.queries_of(address) for address in (HOME, LIVE)} == few
        # Session, person, 2 of permissions, state, 3 statuses, 2 of follow-ups, missing answers, 2 verdicts,
        # today, recent; on the page also whether there is any call (twice), the month, its agents and templates.
        assert few[LIVE] <= 15
        assert few[HOME] <= 20

    def queries_of(self, address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            self.client.get(address)
        return len(queries)
