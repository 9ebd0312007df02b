"""Promise 13: nobody does anything without the permission named after it, on GET or POST, or by guessing addresses."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from calls.models import SavedView
from tests.browser.cast import Cast
from tests.promises.walk import Pattern, make_rows, patterns, person, person_with_all_but, snapshot

pytestmark = pytest.mark.django_db

SEE = "view_calllog"
# Django lets those who may write see, too.
TEMPLATES = "view_calltemplate|change_calltemplate|add_calltemplate|delete_calltemplate"
VERSIONS = "view_calltemplate|change_calltemplate"
AGENTS = "view_agent|change_agent|add_agent"
CALLS = f"{SEE}|change_calllog"
DELIVERIES = "view_webhookdelivery|change_webhookdelivery"
SEE_ENTRIES = "view_donotcall"
LISTS = "view_calllist|change_calllist"
SEE_LISTS = "view_calllist"
# Django lets those who may write see, too.
HOURS = "view_callingrule|change_callingrule|add_callingrule|delete_callingrule"
# Our own address → the permissions it takes, each of them ("a|b": one of these). A new address fails the test until
# it stands here.
OWN: dict[str, tuple[str, ...]] = {
    "home_live": (f"{SEE}|view_webhookdelivery|place_call|resume_sending",),
    "calls_agent_sync": ("sync_agents",),
    "calls_calllog_again": (SEE, "place_call"),
    "calls_calllog_cancel_many": (SEE, "cancel_call"),
    "calls_calllog_resume_sending": ("resume_sending",),
    "calls_calllog_place_live": ("place_call",),
    "calls_calllog_live": (SEE,),
    "calls_calllog_cancel": ("cancel_call",),
    "calls_calllog_it_rang": ("resolve_call",),
    "calls_calllog_it_did_not_ring": ("resolve_call",),
    "calls_calllog_ask_osvi": (SEE,),
    "calls_calllog_recording": (SEE, "play_recording"),
    "calls_calllog_list_live": (SEE,),
    "calls_calllog_reviewed_many": (SEE, "review_call"),
    "calls_calllog_unreview_many": (SEE, "review_call"),
    "calls_calllog_follow_up_many": (SEE, "review_call"),
    "calls_calllog_save_view": (SEE,),
    "calls_calllog_change_view": (SEE,),
    "calls_calllog_delete_view": (SEE,),
    "calls_calllog_export": (SEE, "export_calls"),
    "calls_calllog_export_page": (SEE, "export_calls"),
    "calls_calllog_export_again": (SEE, "export_calls"),
    "calls_calllog_export_file": (SEE, "export_calls"),
    "calls_calllog_export_live": (SEE, "export_calls"),
    "calls_calllog_reveal_number": (SEE, "reveal_number"),
    "calls_calllog_technical": (SEE, "view_technical"),
    "calls_calllog_evidence": (SEE, "view_conversation", "view_technical"),
    "calls_calllog_add_note": (SEE, "review_call", "view_conversation"),
    "calls_calllog_correct_answer": (SEE, "review_call", "view_conversation"),
    "calls_calllog_assign_follow_up": (SEE, "review_call"),
    "calls_calllog_finish_follow_up": (SEE, "review_call"),
    "calls_calllog_mark_reviewed": (SEE, "review_call"),
    "calls_calllog_unmark_reviewed": (SEE, "review_call"),
    "calls_calllist_sample": ("add_calllist",),
    "calls_calllist_columns": (SEE_LISTS, "add_calllist"),
    "calls_calllist_bad_rows": (SEE_LISTS, "change_calllist", "reveal_number"),
    "calls_calllist_correct": (SEE_LISTS, "change_calllist"),
    "calls_calllist_results": (SEE_LISTS,),
    "calls_calllist_export": (SEE_LISTS, "export_calllist"),
    "calls_calllist_hand_over": (SEE_LISTS, "run_calllist"),
    "calls_calllist_hand_over_decide": (SEE_LISTS, "run_calllist"),
    "calls_calllist_hand_over_live": (SEE_LISTS, "run_calllist"),
    "calls_calllist_seen": (SEE_LISTS,),
    "calls_calllog_do_not_call": (SEE, "add_donotcall"),
    "calls_donotcall_import": (SEE_ENTRIES, "import_donotcall"),
    "calls_donotcall_export": (SEE_ENTRIES, "export_donotcall"),
    "calls_donotcall_read_back": (SEE_ENTRIES, "add_donotcall"),
    "calls_donotcall_accept": (SEE_ENTRIES, "add_donotcall"),
    "calls_donotcall_turn_down": (SEE_ENTRIES, "lift_donotcall"),
    "calls_donotcall_lift": (SEE_ENTRIES, "lift_donotcall"),
    "calls_donotcall_try_again": (SEE_ENTRIES, "add_donotcall"),
    "calls_donotcall_reveal_number": (SEE_ENTRIES, "reveal_number"),
    "calls_calllist_live": (SEE_LISTS,),
    "calls_calllist_preview": (SEE_LISTS,),
    "calls_calllist_test": (SEE_LISTS, "place_call"),
    "calls_calllist_test_live": (SEE_LISTS, "place_call"),
    "calls_calllist_dry_run": (SEE_LISTS,),
    "calls_calllist_dry_run_live": (SEE_LISTS,),
    "calls_calllist_launch": (SEE_LISTS, "run_calllist"),
    "calls_calllist_pause": (SEE_LISTS, "run_calllist"),
    "calls_calllist_resume": (SEE_LISTS, "run_calllist"),
    "calls_calllist_cancel": (SEE_LISTS, "run_calllist"),
    "calls_calllist_clone": (SEE_LISTS, "add_calllist"),
    "calls_calllist_people": (SEE_LISTS,),
    "calls_calllist_person": (SEE_LISTS,),
    "calls_calllist_add_person": (SEE_LISTS, "change_calllist"),
    "calls_calllist_edit_person": (SEE_LISTS, "change_calllist"),
    "calls_calllist_remove_person": (SEE_LISTS, "change_calllist"),
    "calls_calltemplate_preview": ("change_calltemplate|add_calltemplate",),
    "calls_calltemplate_duplicate": ("view_calltemplate", "add_calltemplate"),
    "calls_calltemplate_archive": ("change_calltemplate",),
    "calls_calltemplate_bring_back": ("change_calltemplate",),
    "calls_calltemplate_versions": (VERSIONS,),
    "calls_calltemplate_use_again": ("change_calltemplate",),
    "calls_webhookdelivery_replay_many": ("view_webhookdelivery", "replay_delivery"),
    "calls_webhookdelivery_replay": ("replay_delivery",),
    "calls_webhookdelivery_match": ("match_delivery", SEE),
}
# Django's addresses, where they are behind a permission of ours or closed to everybody.
STOCK: dict[str, tuple[str, ...]] = {
    "calls_calllog_changelist": (CALLS,),
    "calls_calllog_change": (SEE,),
    "calls_calllog_history": (CALLS,),
    "calls_calllog_add": ("place_call",),
    "calls_agent_changelist": (AGENTS,),
    "calls_agent_add": ("add_agent",),
    "calls_agent_change": (AGENTS,),
    "calls_agent_history": (AGENTS,),
    "calls_calltemplate_changelist": (TEMPLATES,),
    "calls_calltemplate_add": ("add_calltemplate",),
    "calls_calltemplate_change": (TEMPLATES,),
    "calls_calltemplate_history": (TEMPLATES,),
    "calls_calltemplate_delete": ("delete_calltemplate",),
    "calls_calllist_changelist": (LISTS,),
    "calls_calllist_add": ("add_calllist",),
    "calls_calllist_change": (SEE_LISTS,),
    "calls_calllist_history": (LISTS,),
    "calls_callingrule_changelist": (HOURS,),
    "calls_callingrule_add": ("add_callingrule",),
    "calls_callingrule_change": (HOURS,),
    "calls_callingrule_history": (HOURS,),
    "calls_callingrule_delete": ("delete_callingrule",),
    "calls_donotcall_changelist": (SEE_ENTRIES,),
    "calls_donotcall_add": ("add_donotcall",),
    "calls_donotcall_change": (SEE_ENTRIES,),
    "calls_donotcall_history": (SEE_ENTRIES,),
    "calls_webhookdelivery_changelist": (DELIVERIES,),
    "calls_webhookdelivery_change": ("view_webhookdelivery",),
    "calls_webhookdelivery_history": (DELIVERIES,),
}
# Closed to everybody, the boss too: records of fact are not written or deleted by hand.
CLOSED = (
    "calls_agent_delete",
    "calls_calllist_delete",
    "calls_calllog_delete",
    "calls_donotcall_delete",
    "calls_webhookdelivery_add",
    "calls_webhookdelivery_delete",
)
# Open to all staff: each finds only what they may see.
ANY_STAFF = ("search", "search_live")
# Asked by a part of a page that is there already, so the login page is no answer.
PARTS = ("live", "preview")
# What a look may leave behind although it is no deed: that somebody looked or exported, or was told of an export.
LOOKS = {"calls.Disclosure", "admin.LogEntry", "calls.CallExport", "calls.ListEvent"}
# What these show is at OSVI, or belongs to one person: here the boss, and "not found" for everybody else.
ELSEWHERE = {
    "calls_calllog_recording": {404, 502},
    "calls_calllog_change_view": {404},
    "calls_calllog_delete_view": {404},
    "calls_calllog_export_page": {404},
    "calls_calllog_export_again": {404},
    "calls_calllog_export_file": {404},
    "calls_calllog_export_live": {404},
    "calls_calllist_seen": {404},
}

WALK = [pattern for pattern in patterns() if pattern.is_own or pattern.name in {*STOCK, *CLOSED}]
RULES = {**OWN, **STOCK}
# Something for every form that takes anything.
FORM = {"pk": ["1"], "call": "1", "next": "/", "text": "x", "name": "x", "_selected_action": ["1"]}


@pytest.fixture
def rows() -> Cast:
    return make_rows()


def asked(client: Client, pattern: Pattern) -> Iterator[tuple[str, str, Any]]:
    """Ask for an address by GET and by POST, and yield method, path and answer."""
    for path in pattern.paths():
        yield "GET", path, client.get(path)
        yield "POST", path, client.post(path, FORM)


def leads_to_login(answer: Any) -> bool:
    return bool(answer.status_code == 302 and answer.headers["Location"].startswith(reverse("admin:login")))


def assert_shut_out(client: Client, subtests: pytest.Subtests) -> None:
    """Every address leads to the login, a part of a page is refused, and nothing is changed."""
    before = snapshot()

    for pattern in WALK:
        with subtests.test(pattern.name):
            for method, path, answer in asked(client, pattern):
                refused = answer.status_code in {401, 403, 405} and pattern.name.endswith(PARTS)
                assert leads_to_login(answer) or refused, (method, path, answer.status_code)

    assert snapshot() == before


def changed_since(before: dict[str, str]) -> set[str]:
    after = snapshot()
    return {label for label in before if before[label] != after[label]}


def test_every_address_of_our_own_has_a_rule() -> None:
    """If this fails: add the new address with its permissions to OWN."""
    assert {pattern.name for pattern in patterns() if pattern.is_own} - {*OWN, *ANY_STAFF} == set()


def test_every_address_of_our_models_has_a_rule() -> None:
    django = {p.name for p in patterns() if not p.is_own and p.name.startswith("calls_")}

    assert django - {*STOCK, *CLOSED} == set()


def test_every_address_is_walked(rows: Cast) -> None:
    """If this fails: add a row of that kind to make_rows."""
    assert [pattern.name for pattern in WALK if not list(pattern.paths())] == []


def test_anonymous_people_are_sent_to_the_login(
    rows: Cast, client: Client, subtests: pytest.Subtests
) -> None:
    assert_shut_out(client, subtests)


def test_people_who_are_no_staff_are_sent_to_the_login(
    rows: Cast, client: Client, subtests: pytest.Subtests
) -> None:
    stranger = User.objects.create_user("stranger")
    stranger.user_permissions.set(Permission.objects.all())
    client.force_login(stranger)
    assert_shut_out(client, subtests)


def test_staff_without_any_permission_are_refused(
    rows: Cast, client: Client, subtests: pytest.Subtests
) -> None:
    client.force_login(person("nobody"))
    before = snapshot()

    for pattern in WALK:
        if pattern.name in ANY_STAFF:
            continue
        with subtests.test(pattern.name):
            for method, path, answer in asked(client, pattern):
                assert answer.status_code == 403, (method, path, answer.status_code)

    assert snapshot() == before


def test_no_other_permission_stands_in_for_the_one(
    rows: Cast, client: Client, subtests: pytest.Subtests
) -> None:
    for missing in sorted({verb for verbs in RULES.values() for verb in verbs}):
        client.force_login(person_with_all_but(f"without-{missing}", *missing.split("|")))
        before = snapshot()

        for pattern in WALK:
            if missing in RULES.get(pattern.name, ()):
                with subtests.test(pattern.name, missing=missing):
                    for method, path, answer in asked(client, pattern):
                        assert answer.status_code == 403, (method, path, answer.status_code)

        assert snapshot() == before, missing


def test_the_permissions_alone_open_it(rows: Cast, client: Client, subtests: pytest.Subtests) -> None:
    for pattern in WALK:
        if pattern.name not in RULES:
            continue
        with subtests.test(pattern.name):
            client.force_login(person(pattern.name, *(verb.split("|")[0] for verb in RULES[pattern.name])))
            answers = [client.get(path) for path in pattern.paths()]
            # Of some kinds not every row may be touched, such as a template that calls refer to.
            well = ELSEWHERE.get(pattern.name, {405})
            assert any(answer.status_code < 400 and not leads_to_login(answer) for answer in answers) or all(
                answer.status_code in well for answer in answers
            )


def test_looking_changes_nothing(rows: Cast, client: Client, subtests: pytest.Subtests) -> None:
    client.force_login(rows.boss)

    for pattern in WALK:
        with subtests.test(pattern.name):
            before = snapshot()
            for path in pattern.paths():
                client.get(path)
            assert changed_since(before) <= LOOKS


def test_records_of_fact_are_closed_to_everybody(
    rows: Cast, client: Client, subtests: pytest.Subtests
) -> None:
    client.force_login(rows.boss)
    before = snapshot()

    for pattern in WALK:
        if pattern.name in CLOSED:
            with subtests.test(pattern.name):
                for method, path, answer in asked(client, pattern):
                    assert answer.status_code == 403, (method, path, answer.status_code)

    assert snapshot() == before


def test_guessed_addresses_lead_nowhere(rows: Cast, client: Client, subtests: pytest.Subtests) -> None:
    client.force_login(rows.boss)
    before = snapshot()
    guesses = {"pk": 999_999, "id": 999_999, "object_id": "999999", "number": 999_999}

    for pattern in WALK:
        if not pattern.parameters:
            continue
        with subtests.test(pattern.name):
            values = {
                name: guesses.get(name, "00000000-0000-4000-8000-000000000000") for name in pattern.parameters
            }
            path = reverse(f"admin:{pattern.name}", kwargs=values)
            for method, answer in (("GET", client.get(path)), ("POST", client.post(path, FORM))):
                # Django leads from a row that does not exist to Home, with a message.
                home = answer.status_code == 302 and answer.headers["Location"] == reverse("admin:index")
                assert answer.status_code in {403, 404, 405} or home, (method, path, answer.status_code)

    assert changed_since(before) <= LOOKS


def test_rows_of_other_people_stay_theirs(rows: Cast, client: Client) -> None:
    """Saved views and exports belong to a person: with every permission, another one's is "not found"."""
    client.force_login(person_with_all_but("curious"))
    private = SavedView.objects.filter(owner=rows.boss, is_shared=False)
    before = snapshot()
    tried = 0

    for pattern in patterns():
        if not pattern.is_own or not pattern.parameters:
            continue
        for path in pattern.paths():
            theirs = "/export/" in path or ("/views/" in path and f"/{private.get().pk}/" in path)
            for answer in (client.get(path), client.post(path, FORM)) if theirs else ():
                tried += 1
                assert answer.status_code in {403, 404, 405}, (path, answer.status_code)

    assert snapshot() == before
    assert tried or not [p for p in patterns() if "/export/<" in p.route or "/views/<" in p.route]


def test_bulk_actions_are_offered_and_done_only_with_their_permission(rows: Cast, client: Client) -> None:
    """By posting an action's name to a list, as the form would, without having been offered it."""
    watcher = person("watcher", SEE, "view_calltemplate", "view_agent", "view_webhookdelivery")
    for model in ("calllog", "calltemplate", "agent", "webhookdelivery"):
        page = reverse(f"admin:calls_{model}_changelist")
        client.force_login(rows.boss)
        listed = client.get(page).context["cl"].model_admin.actions or ()
        names = [action if isinstance(action, str) else action.__name__ for action in listed]
        before = snapshot()

        client.force_login(watcher)
        offered = client.get(page).content.decode()
        for name in names:
            assert f'value="{name}"' not in offered, name
            answer = client.post(
                page, {"action": name, "index": "0", "select_across": "1", "_selected_action": ["1"]}
            )
            assert answer.status_code in {200, 302, 403}
            assert "console-page" not in answer.content.decode(), f"{name} showed its page of consequences"

        assert snapshot() == before
