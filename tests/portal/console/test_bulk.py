"""One act on many cases: shown first, done once each, gone on with when it was killed, and a line for every case."""

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError

from cases.models import Case, Category, Event, Note, StaffAct, User
from escalation import verbs
from escalation.models import BulkRow, BulkRun, Notice
from feedback import bulk
from feedback.models import ProblemCase
from portal.console import bulk_run
from tests.cast import person
from tests.portal import problem_stories
from tests.portal.console import stories
from tests.portal.console.stories import hidden

URL = "/console/cases/case/bulk/"


def held(cast, count, **more):
    return [stories.acknowledged(cast, title=f"Case {n}", **more) for n in range(count)]


def address(act, cases):
    return f"{URL}?do={act}&" + "&".join(f"pick={case.pk}" for case in cases)


def press(client, url, typed=None, **more):
    """Looks (with what is typed), then presses what the page offers."""
    typed = typed or {}
    page = client.post(url, typed | {"look": "1"}) if typed else client.get(url)
    assert page.status_code == 200, page.content.decode()
    return client.post(url, typed | hidden(page) | {"start": "1"} | more)


def kinds(kind):
    return Event.objects.filter(kind=kind)


def test_looking_writes_nothing_and_pressing_does_it_once_to_each(signed_in, cast, monday, everything):
    cases, client = held(cast, 3), signed_in(cast.supervisor)
    url, before = address("take", cases), everything()
    page = client.get(url)
    assert everything() == before
    assert page.context["able"] == 3 and page.context["letters"][0]["number"] == 3
    answer = press(client, url)
    run = BulkRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{URL}{run.pk}/")
    assert (run.state, run.asked_by) == (BulkRun.State.DONE, cast.supervisor)
    assert sorted(kinds("handed_over").values_list("case", flat=True)) == sorted(case.pk for case in cases)
    assert set(Case.objects.values_list("owner", flat=True)) == {cast.supervisor.pk}
    shown = client.get(answer["Location"]).content.decode()
    assert "3 done" in shown
    assert all(case.reference in shown for case in cases)
    assert StaffAct.objects.filter(kind="bulk", actor=cast.supervisor).count() == 1


def test_pressed_twice_is_one_run(signed_in, cast, monday):
    cases, client = held(cast, 2), signed_in(cast.supervisor)
    page = client.get(address("take", cases))
    sent = hidden(page) | {"start": "1"}
    first = client.post(address("take", cases), sent)
    # The page that was pressed again: its cases are taken by now, so it is shown anew or leads to the same run.
    again = client.post(address("take", cases), sent)
    assert first.status_code == 303 and again.status_code in (303, 409)
    same = bulk.begin(
        "take", {cases[0].pk: 1}, {}, form_key=sent["form_key"], by=cast.supervisor, at=stories.minutes(40)
    )
    assert BulkRun.objects.get() == same
    assert kinds("handed_over").count() == 2


def test_who_cannot_is_named_with_the_verbs_own_sentence(signed_in, cast, monday):
    mine, above, ended = stories.acknowledged(cast), stories.passed_up(cast), stories.acknowledged(cast)
    verbs.withdraw(ended.pk, by=cast.customer, at=stories.minutes(9))
    client = signed_in(cast.tiers[1])
    url = address("update", [mine, above, ended])
    page = client.post(url, {"text": "We look into it.", "look": "1"})
    why = {one["case"].pk: one["why"] for one in page.context["refused"]}
    assert set(why) == {above.pk, ended.pk}
    assert why[above.pk] == f"Needs someone of {cast.teams[2]} or ask Mara Lindt."
    assert why[ended.pk] == "Not possible while the case is “withdrawn”."
    assert page.context["able"] == 1
    press(client, url, {"text": "We look into it."})
    assert list(BulkRow.objects.values_list("case", "state")) == [(mine.pk, "done")]
    assert kinds("updated").get().case_id == mine.pk


def test_an_update_shows_its_letter_in_each_language_and_its_words_go_when_it_is_over(signed_in, cast, monday):
    User.objects.filter(pk=cast.other.pk).update(language="de")
    cast.other.refresh_from_db()
    cases = [*held(cast, 2), stories.acknowledged(cast, by=cast.other)]
    client = signed_in(cast.supervisor)
    words = "The depot is closed today."
    page = client.post(address("update", cases), {"text": words, "look": "1"})
    assert [(one["language"], one["number"]) for one in page.context["letters"]] == [("German", 1), ("English", 2)]
    text = page.content.decode()
    assert "Guten Tag" in text or "Hallo" in text
    press(client, address("update", cases), {"text": words})
    assert kinds("updated").count() == 3
    assert Notice.objects.filter(kind="progress", to_customer=True).count() == 3
    assert BulkRun.objects.get().given == {}


@pytest.mark.parametrize(
    ("act", "typed", "said"),
    [
        ("update", {"text": ""}, "Write what the customers should read."),
        ("update", {"text": "Dear [[name]], wait."}, "[["),
        ("assign", {"to": "", "note": "x"}, "Choose who takes the cases."),
        ("topic", {"category": "999999"}, "Choose a topic from the list."),
        ("problem", {"problem": ""}, "Choose the problem."),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_written(signed_in, cast, monday, everything, act, typed, said):
    cases, client = held(cast, 1), signed_in(cast.supervisor)
    before = everything()
    answer = client.post(address(act, cases), typed | {"start": "1"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


def test_a_hand_over_gives_each_case_the_note(signed_in, cast, monday):
    cases, client = held(cast, 2), signed_in(cast.supervisor)
    press(client, address("assign", cases), {"to": cast.mate.pk, "note": "Tom is ill."})
    assert set(Case.objects.values_list("owner", flat=True)) == {cast.mate.pk}
    assert Note.objects.filter(text="Tom is ill.").count() == 2
    assert BulkRun.objects.get().given == {"to": cast.mate.pk}


def test_a_topic_changes_alone_and_those_that_have_it_say_so(signed_in, cast, monday):
    first, second = held(cast, 2)
    topic = Category.objects.get(slug="delivery")
    verbs.change_topic(first.pk, category=topic, by=cast.tiers[1], at=stories.minutes(8))
    client = signed_in(cast.supervisor)
    page = client.post(address("topic", [first, second]), {"category": topic.pk, "look": "1"})
    assert [one["why"] for one in page.context["refused"]] == ["The case has that topic already."]
    press(client, address("topic", [first, second]), {"category": topic.pk})
    second.refresh_from_db()
    assert (second.category, second.severity, second.owner) == (topic, 2, cast.tiers[1])
    assert kinds("topic_changed").count() == 2


def test_cases_are_linked_to_a_known_problem_and_each_has_a_line_of_the_audit(signed_in, cast, monday):
    problem, cases = problem_stories.opened(cast), held(cast, 2)
    client = signed_in(cast.supervisor)
    press(client, address("problem", cases), {"problem": problem.pk})
    assert set(ProblemCase.objects.values_list("case", flat=True)) == {case.pk for case in cases}
    assert StaffAct.objects.filter(kind="case_problem", actor=cast.supervisor).count() == 2
    page = client.post(address("problem", cases), {"problem": problem.pk, "look": "1"})
    assert page.context["able"] == 0 and "part of that problem already" in page.content.decode()
    assert "start" not in page.content.decode().split("</main>")[0].split('name="look"')[1]


def test_who_has_the_case_is_reminded_and_nobody_of_their_own(signed_in, cast, monday):
    mine, theirs = held(cast, 2)
    verbs.take_over(mine.pk, by=cast.supervisor, at=stories.minutes(8))
    client = signed_in(cast.supervisor)
    page = client.get(address("remind", [mine, theirs]))
    assert [one["why"] for one in page.context["refused"]] == ["You have this case yourself."]
    press(client, address("remind", [mine, theirs]))
    assert Notice.objects.get(kind="reminder").recipient == cast.tiers[1]
    agent = signed_in(cast.tiers[1]).get(address("remind", [theirs]))
    assert [one["why"] for one in agent.context["refused"]] == ["Needs a supervisor."]


def test_more_than_25_are_typed_and_done_by_the_queue(signed_in, cast, monday, monkeypatch):
    cases, client, queued = held(cast, 26), signed_in(cast.supervisor), []
    monkeypatch.setattr(bulk_run, "async_task", lambda name, pk, **kw: queued.append((name, pk)))
    url = address("take", cases)
    for typed in ({}, {"number": "25"}, {"number": "many"}):
        refused = press(client, url, **typed)
        assert refused.status_code == 422
        assert "26" in refused.content.decode()
    assert not BulkRun.objects.exists()
    answer = press(client, url, number="26")
    run = BulkRun.objects.get()
    assert queued == [("portal.console.bulk_run.run", run.pk)]
    page = client.get(answer["Location"])
    assert page["Refresh"] == "4" and "0 of 26" in page.content.decode()
    bulk_run.run(run.pk)
    bulk_run.run(run.pk)  # offered twice
    page = client.get(answer["Location"])
    assert "Refresh" not in page and "26 done" in page.content.decode()
    assert kinds("handed_over").count() == 26


def test_killed_in_the_middle_it_goes_on_and_nothing_is_done_twice(signed_in, cast, monday, monkeypatch, go):
    cases, client = held(cast, 5), signed_in(cast.supervisor)
    real, done = verbs.take_over, []

    def dies(pk, **who):
        done.append(pk)
        found = real(pk, **who)
        if len(done) == 3:
            raise DatabaseError("the server went away")
        return found

    monkeypatch.setattr(verbs, "take_over", dies)
    page = client.get(address("take", cases))
    with pytest.raises(DatabaseError):
        client.post(address("take", cases), hidden(page) | {"start": "1"})
    run = BulkRun.objects.get()
    assert sorted(run.rows.values_list("state", flat=True)) == ["done", "done", "waiting", "waiting", "waiting"]
    assert kinds("handed_over").count() == 2
    go(stories.minutes(40))
    url = f"{URL}{run.pk}/"
    page = client.get(url).content.decode()
    assert "Nothing is lost." in page and "Go on" in page
    assert client.post(url).status_code == 303
    assert set(run.rows.values_list("state", flat=True)) == {"done"}
    assert kinds("handed_over").count() == 5
    run.refresh_from_db()
    assert run.state == BulkRun.State.DONE and run.finished_at


def test_a_case_that_moved_on_after_the_page_was_shown_is_left_alone(cast, monday, signed_in):
    first, second = held(cast, 2)
    seen = bulk.preview("take", [first.pk, second.pk], {}, by=cast.supervisor, at=stories.minutes(30))
    verbs.note(second.pk, text="Called.", by=cast.mate, at=stories.minutes(31))
    run = bulk_run.ask("take", seen.able, {}, form_key="k", by=cast.supervisor, at=stories.minutes(32))
    assert list(run.rows.values_list("case", "state", "why")) == [
        (first.pk, "done", ""),
        (second.pk, "refused", bulk.MOVED_ON),
    ]
    page = signed_in(cast.supervisor).get(f"{URL}{run.pk}/").content.decode()
    assert "1 not done" in page and bulk.MOVED_ON in page


def test_what_changed_since_it_was_shown_is_shown_again(signed_in, cast, monday):
    first, second = held(cast, 2)
    client, url = signed_in(cast.supervisor), address("take", [first, second])
    page = client.get(url)
    verbs.withdraw(second.pk, by=cast.customer, at=stories.minutes(20))
    answer = client.post(url, hidden(page) | {"start": "1"})
    assert answer.status_code == 409
    assert "has changed since it was shown" in answer.content.decode()
    assert not BulkRun.objects.exists()
    assert client.post(url, hidden(answer) | {"start": "1"}).status_code == 303
    # Other words than were shown are shown first, too.
    update = address("update", [first])
    page = client.post(update, {"text": "One thing.", "look": "1"})
    assert client.post(update, hidden(page) | {"text": "Another.", "start": "1"}).status_code == 409
    assert not kinds("updated").exists()


def test_all_that_fit_are_those_of_the_list(signed_in, cast, monday, monkeypatch):
    high, low = stories.acknowledged(cast, title="High"), stories.assessed(cast, severity=4, title="Low")
    client = signed_in(cast.supervisor)
    page = client.get("/console/cases/case/?severity=2").content.decode()
    assert '<input type="hidden" name="severity" value="2">' in page and "All that fit (1)" in page
    page = client.get(f"{URL}?do=take&all=1&severity=2&pick={low.pk}")
    assert page.context["number"] == page.context["able"] == 1
    press(client, f"{URL}?do=take&all=1&severity=2")
    assert kinds("handed_over").get().case_id == high.pk
    monkeypatch.setattr(bulk, "MOST", 1)
    assert "More than 1 cases fit" in client.get(f"{URL}?do=take&all=1").content.decode()
    assert client.post(f"{URL}?do=take&all=1", {"start": "1"}).status_code == 200
    assert BulkRun.objects.count() == 1


def test_nothing_chosen_and_nonsense(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    assert "No case is chosen" in client.get(f"{URL}?do=take").content.decode()
    assert "No case is chosen" in client.get(f"{URL}?do=take&pick=x&pick=99999999999999999999").content.decode()
    assert client.get(f"{URL}?do=close&pick=1").status_code == 404
    assert client.get(f"{URL}99999999999999999999/").status_code == 404


def test_who_only_reads_has_no_ticks_and_no_page(signed_in, cast, monday):
    cases = held(cast, 1)
    auditor = person("ines@example.com", "Ines Audit", is_staff=True)
    auditor.groups.add(Group.objects.get(name="Auditors"))
    client = signed_in(auditor)
    assert 'name="pick"' not in client.get("/console/cases/case/").content.decode()
    assert client.get(address("take", cases)).status_code == 403
    assert 'name="pick"' in signed_in(cast.tiers[1]).get("/console/cases/case/").content.decode()


def test_a_run_is_for_who_asked_and_for_supervisors(signed_in, cast, monday):
    cases = held(cast, 1)
    press(signed_in(cast.mate), address("take", cases))
    url = f"{URL}{BulkRun.objects.get().pk}/"
    assert signed_in(cast.mate).get(url).status_code == 200
    assert signed_in(cast.supervisor).get(url).status_code == 200
    assert signed_in(cast.tiers[1]).get(url).status_code == 404


def test_a_restricted_case_is_opened_by_itself(signed_in, cast, monday):
    case = held(cast, 1)[0]
    Case.objects.filter(pk=case.pk).update(
        category=Category.objects.create(slug="private", name="P", is_restricted=True)
    )
    page = signed_in(cast.tiers[1]).get(address("take", [case]))
    assert [one["why"] for one in page.context["refused"]] == [bulk.RESTRICTED]


def test_who_left_meanwhile_does_nothing_any_more(cast, monday):
    case = held(cast, 1)[0]
    seen = bulk.preview("take", [case.pk], {}, by=cast.mate, at=stories.minutes(30))
    run = bulk.begin("take", seen.able, {}, form_key="k", by=cast.mate, at=stories.minutes(30))
    type(cast.mate).objects.filter(pk=cast.mate.pk).update(is_active=False)
    bulk_run.run(run.pk)
    assert list(run.rows.values_list("state", "why")) == [("refused", "Only our staff can do this.")]
