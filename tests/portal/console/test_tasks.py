"""Tasks in the console: the card of the case, its small form, the list of one's own, and what others may not do."""

from datetime import timedelta

import pytest

from cases.access import Viewer
from cases.models import Case, Consult, Event, Task
from escalation import verbs
from escalation.beside import tell_tasks
from portal.console import own_work
from tests.portal.console import stories
from tests.portal.console.stories import act_url, hidden, minutes, page_url
from tests.portal.console.test_guided_pages import text_of


@pytest.fixture
def planned(cast, monday):
    return stories.planned(cast)


def test_the_card_says_what_is_open_and_ticks_it_off_with_one_press(signed_in, cast, planned):
    client, task = signed_in(cast.tiers[1]), Task.objects.get()
    page = client.get(page_url(planned))
    assert "0 of 1 done Ring the depot By today, 11:30 · whoever has the case Done : Ring the depot" in text_of(page)
    row = page.context["looked"]
    sent = client.post(
        act_url(planned, "finish_task"), {"task": task.pk, "seen": row.case.event_seq, "form_key": "one-press"}
    )
    assert (sent.status_code, sent["Location"]) == (303, page_url(planned))
    task.refresh_from_db()
    assert (task.state, task.ended_by) == ("done", cast.tiers[1])
    after = text_of(client.get(page_url(planned)))
    assert "1 of 1 done" in after and "Ended (1) Ring the depot Done Tom Reed" in after


def test_the_small_form_carries_a_key_of_its_own(signed_in, cast, planned):
    verbs.add_task(planned.pk, text="Another", due_at=minutes(99), by=cast.tiers[1], at=minutes(7))
    html = signed_in(cast.tiers[1]).get(page_url(planned)).content.decode()
    keys = [part.partition('"')[0] for part in html.split('name="form_key" value="')[1:]]
    assert len(keys) == len(set(keys)) == 2


def test_an_overdue_task_puts_the_case_at_risk_on_its_page_and_on_home(signed_in, cast, planned, go):
    assert tell_tasks(minutes(91)) == 1
    go(minutes(91))
    client = signed_in(cast.tiers[1])
    page = text_of(client.get(page_url(planned)))
    assert "At risk: a task of this case is overdue." in page
    assert "At risk: 1 overdue" in page
    home = text_of(client.get("/console/"))
    assert "1 of your tasks and questions is overdue. My tasks and questions" in home


def test_a_colleague_of_another_team_may_tick_off_and_no_more(signed_in, cast, planned):
    client = signed_in(cast.tiers[5])
    page = client.get(page_url(planned))
    html = page.content.decode()
    assert act_url(planned, "finish_task") in html
    for verb in ("add_task", "change_task", "drop_task", "consult"):
        assert f'href="{act_url(planned, verb)}' not in html
        assert "Needs someone of" in text_of(client.get(act_url(planned, verb)))


def test_acts_of_a_card_are_not_among_the_buttons(signed_in, cast, planned):
    page = signed_in(cast.tiers[1]).get(page_url(planned))
    verbs_shown = {act["verb"] for act in page.context["acts"]}
    assert "consult" in verbs_shown
    assert not verbs_shown & {"add_task", "finish_task", "change_task", "drop_task", "answer_consult"}
    assert "Task done" not in [one["label"] for one in page.context["refused"]]


def test_with_no_task_the_page_says_so_instead_of_a_form(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    for verb in ("finish_task", "change_task", "drop_task"):
        assert "Not possible now. No task is open on this case." in text_of(
            signed_in(cast.tiers[1]).get(act_url(case, verb))
        )


def test_the_form_to_change_starts_from_the_task_that_was_pressed(signed_in, cast, planned):
    task, client = Task.objects.get(), signed_in(cast.tiers[1])
    page = client.get(f"{act_url(planned, 'change_task')}?task={task.pk}")
    html = page.content.decode()
    assert f'value="{task.pk}"' in html and "checked" in html
    assert 'value="2026-01-12T11:30"' in html
    for wrong in ("x", "0", "'"):
        assert client.get(f"{act_url(planned, 'change_task')}?task={wrong}").status_code == 200


def test_what_is_refused_keeps_what_was_typed(signed_in, cast, planned, everything):
    client = signed_in(cast.tiers[1])
    page, before = client.get(act_url(planned, "add_task")), everything()
    typed = {"text": "Ring the depot", "due_at": "2026-01-13T11:30", "shown": "on"}
    answer = client.post(act_url(planned, "add_task"), hidden(page) | typed)
    assert answer.status_code == 422
    assert "That task stands open already." in text_of(answer)
    assert "Ring the depot" in answer.content.decode()
    past = client.post(
        act_url(planned, "add_task"), hidden(page) | typed | {"text": "Ring them", "due_at": "2025-01-13T11:30"}
    )
    assert past.status_code == 422 and "must lie in the future" in text_of(past)
    assert everything() == before


def test_a_task_of_another_case_cannot_be_ticked_off_here(signed_in, cast, planned, everything):
    other = stories.acknowledged(cast, title="Another")
    client, before = signed_in(cast.tiers[1]), everything()
    data = {"task": Task.objects.get().pk, "seen": other.event_seq, "form_key": "k"}
    assert client.post(act_url(other, "finish_task"), data).status_code == 422
    assert everything() == before


class TestOwnWork:
    def test_what_is_mine_is_given_to_me_or_belongs_to_my_case(self, cast, planned):
        other = stories.acknowledged(cast, title="Another", by=cast.other)
        due = minutes(200)
        verbs.add_task(other.pk, text="For Ana", due_at=due, person=cast.mate, by=cast.tiers[1], at=minutes(8))
        assert [one.text for one in own_work.tasks_of(cast.tiers[1])] == ["Ring the depot"]
        assert [one.text for one in own_work.tasks_of(cast.mate)] == ["For Ana"]
        verbs.hand_over(planned.pk, to=cast.mate, note="Yours.", by=cast.supervisor, at=minutes(9))
        assert {one.text for one in own_work.tasks_of(cast.mate)} == {"For Ana", "Ring the depot"}
        assert own_work.lines(Viewer(cast.tiers[1]), minutes(10)) == {}
        both = {"all": 2, "late": 1, "next": minutes(90)}
        assert own_work.lines(Viewer(cast.mate), minutes(95)) == {"own_work": both}
        Case.objects.filter(pk=other.pk).update(state="closed")
        assert own_work.lines(Viewer(cast.mate), minutes(95)) == {"own_work": both | {"all": 1}}

    def test_the_list_groups_by_time_and_names_questions_both_ways(self, signed_in, cast, monday):
        case = stories.asked_expert(cast)
        for text, due in (("Soon", 100), ("Much later", 5000)):
            verbs.add_task(case.pk, text=text, due_at=minutes(due), by=cast.tiers[1], at=minutes(7))
        asker = text_of(signed_in(cast.tiers[1]).get("/console/work/"))
        assert "Within a day (1) Soon By today, 11:40" in asker and "Later (1) Much later" in asker
        assert "Questions to you (0) None" in asker
        assert "Questions of yours that wait (1) May we pay it back? To Priya Shah" in asker
        client = signed_in(cast.tiers[3])
        page = client.get("/console/work/")
        assert "Questions to you (1) May we pay it back? Tom Reed needs it by today, 11:30" in text_of(page)
        link = f"{act_url(case, 'answer_consult')}?consult={Consult.objects.get().pk}"
        assert link in page.content.decode()
        form = client.get(link)
        assert "checked" in form.content.decode()

    def test_costs_the_same_however_much_there_is(self, signed_in, cast, planned, django_assert_max_num_queries):
        for n in range(9):
            verbs.add_task(planned.pk, text=f"No {n}", due_at=minutes(200 + n), by=cast.tiers[1], at=minutes(8))
        client = signed_in(cast.tiers[1])
        client.get("/console/work/")
        with django_assert_max_num_queries(14):
            assert "No 8" in client.get("/console/work/").content.decode()


def test_the_timeline_names_every_act(signed_in, cast, planned):
    client, task = signed_in(cast.tiers[1]), Task.objects.get()
    at = Event.objects.filter(case=planned).latest("seq").occurred_at + timedelta(minutes=1)
    verbs.change_task(planned.pk, task=task.pk, due_at=minutes(60), by=cast.tiers[1], at=at)
    tell_tasks(minutes(60))
    verbs.drop_task(planned.pk, task=task.pk, reason="They rang us.", by=cast.tiers[1], at=minutes(61))
    page = text_of(client.get(page_url(planned)))
    for title in ("Task added", "Task changed", "At risk: a task is overdue", "Task not needed", "They rang us."):
        assert title in page
