"""Learning in the console: a retro that becomes a lesson that becomes a change; the week's reviews; a practice case."""

import html
import re
from datetime import date, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Category, StaffAct
from escalation.models import Heartbeat, Notice, Promise
from feedback import lessons, practice, quality_weeks, retros, rubric
from feedback.facts.build import take_touched
from feedback.figures import OURS
from feedback.models import Article, Lesson, QualityReview, Retro, Scenario
from tests.cast import MONDAY, person
from tests.feedback.learners import DAY, HOUR, went_up

AT = MONDAY + 2 * HOUR
ANSWER = {"outcome": "accepted", "words": "A line in the article.", "due_on": "2026-01-20", "joined_to": ""}
FINE = dict.fromkeys(rubric.KEYS, "2")


def text(answer):
    return " ".join(html.unescape(answer.content.decode()).split())


def ask(at):
    Heartbeat.objects.get_or_create(role="beat", defaults={"last_loop": at, "last_success": at})
    retros.ask(at)
    return {row.person: row for row in Retro.objects.all()}


def test_a_retro_becomes_a_lesson_and_the_lesson_a_change(signed_in, cast, go, everything):
    tom, mara, dana = cast.tiers[1], cast.tiers[2], cast.supervisor
    case = went_up(cast)
    go(AT)
    mine = ask(AT)[tom]
    at, page = signed_in(tom), f"/console/learning/retros/{mine.pk}/"
    home = text(at.get("/console/around/"))
    assert f"How did {case.reference} go?" in home and page in home
    assert f"{page}" in text(at.get(f"/console/cases/case/{case.pk}/change/"))
    assert signed_in(mara).get(page).status_code == signed_in(dana).get(page).status_code == 404
    # It begins with what the log says, without a name, and nothing is ticked for them.
    first = at.get(page)
    form, html = first.context["form"], first.content.decode()
    assert form["blocked"].value() == "It went from level 1 to 2: passed up by hand."
    assert re.fullmatch(r"(\d) of \1 promises to the customer were kept\.", form["worked"].value())
    assert "It went from level 1 to 2" in html and "checked" not in html
    late = Promise.objects.filter(case=case, status="kept", clock__kind__in=OURS).order_by("due_at", "pk").last()
    Promise.objects.filter(pk=late.pk).update(status="broken")
    words = at.get(page).context["form"]
    assert "\nLate: " in words["blocked"].value() and ", promised for Mon 19 Jan, " in words["blocked"].value()
    assert words["worked"].value() != form["worked"].value()
    Promise.objects.filter(pk=late.pk).update(status="kept")
    # What is wrong is said, keeps what was typed, and changes nothing: not the retro without its lesson either.
    before = everything()
    for wrong, said in (
        ({}, "Choose whether the level was right"),
        ({"level": "sooner", "worked": "y" * 1001}, "too long"),
        ({"level": "sooner", "lesson": "Kept words"}, "Choose what should change."),
        ({"level": "sooner", "lesson": "Kept words", "change": "all"}, "Choose what should change."),
        ({"press": "skip"}, "Say in a few words why you skip it."),
    ):
        answer = at.post(page, wrong)
        assert answer.status_code == 422 and said in text(answer), wrong
        assert "lesson" not in wrong or "Kept words" in text(answer)
    assert everything() == before
    sent = {"level": "sooner", "blocked": "Two dates.", "lesson": "Say which date counts.", "change": "article"}
    assert at.post(page, sent).status_code == 303
    assert "How did" not in text(at.get("/console/around/"))
    mine.refresh_from_db()
    assert (mine.worked, mine.blocked) == ("", "Two dates."), "what was cleared stays away"
    again = at.post(page, sent)
    assert again.status_code == 422 and "answered this already" in text(again)
    lesson = Lesson.objects.get()
    assert (lesson.case, lesson.by, lesson.answer_by) == (case, tom, lesson.at + timedelta(days=7))
    assert "Say which date counts." in text(at.get("/console/learning/"))
    assert "Two dates." in text(signed_in(dana).get("/console/learning/retros/"))
    assert "Two dates." not in text(signed_in(cast.mate).get("/console/learning/retros/"))

    # A week later nobody has answered: supervisors see it at home, an agent does not.
    go(AT + 8 * DAY)
    desk, there = signed_in(dana), f"/console/learning/{lesson.pk}/"
    assert "1 lesson has waited too long for an answer." in text(desk.get("/console/around/"))
    assert "waited too long" not in text(at.get("/console/around/"))
    assert "Answer overdue" in text(desk.get("/console/learning/"))
    before = everything()
    for wrong, said in (
        ({}, "Choose what becomes of it."),
        (ANSWER | {"words": " ", "owner": cast.mate.pk}, "No answer without words"),
        (ANSWER, "Choose the colleague who does it."),
        (ANSWER | {"owner": cast.customer.pk}, "Choose a colleague from the list."),
        (ANSWER | {"owner": cast.mate.pk, "due_on": "2026-01-19"}, "from today on"),
        (ANSWER | {"owner": cast.mate.pk, "due_on": "soon"}, "Enter a date"),
        ({"outcome": "joined", "words": "Same.", "joined_to": lesson.pk}, "Choose one that still waits."),
    ):
        answer = desk.post(there, wrong)
        assert answer.status_code == 422 and said in text(answer), wrong
    refused = at.post(there, ANSWER | {"owner": cast.mate.pk})
    assert refused.status_code == 422 and "Only supervisors answer lessons." in text(refused)
    assert everything() == before
    assert desk.post(there, ANSWER | {"owner": cast.mate.pk}).status_code == 303
    assert Notice.objects.filter(kind="lesson_answered", recipient=tom).count() == 1
    assert "A line in the article." in text(at.get(there)) and "Accepted" in text(
        at.get("/console/learning/?show=mine")
    )
    late = desk.post(there, {"outcome": "declined", "words": "Typed words"})
    assert late.status_code == 422 and "while you were writing" in text(late) and "Typed words" in text(late)
    assert "It is done" not in text(at.get(there))
    assert at.post(there, {"press": "done"}).status_code == 422
    assert signed_in(cast.mate).post(there, {"press": "done"}).status_code == 303
    assert "Done" in text(at.get("/console/learning/?show=mine"))
    assert set(StaffAct.objects.filter(kind__in=("retro", "lesson")).values_list("kind", "case")) == {
        ("retro", case.pk), ("lesson", case.pk),
    }  # fmt: skip
    figures = signed_in(dana).get("/console/learning/retros/").context["figures"]
    assert [one["n"] for one in figures] == [2, 0, 1, 1, 1]


def test_writing_one_by_itself_and_who_finds_it(signed_in, cast, monday, settings):
    at = signed_in(cast.tiers[1])
    case = cast.file(title="Private words")
    assert at.post("/console/learning/new/", {"text": "No change"}).status_code == 422
    more = {"text": "Learned here.", "change": "tool", "tags": "Card, card, Bank holidays"}
    assert at.post(f"/console/learning/new/?case={case.pk}", more).status_code == 303
    tagged = at.post("/console/learning/new/", more | {"tags": "a,b,c,d,e,f"})
    assert tagged.status_code == 422 and "at most 5" in text(tagged)
    for number in ("999999", "x", "9" * 30):
        assert at.get(f"/console/learning/new/?case={number}").status_code == 404
    assert at.get(f"/console/learning/{2**70}/").status_code == 404
    lesson = Lesson.objects.get()
    assert lesson.case == case and [tag.word for tag in lesson.tags.all()] == ["bank holidays", "card"]
    mate = signed_in(cast.mate)
    assert "Learned here." in text(mate.get("/console/learning/?show=all&tag=card"))
    assert "Learned here." not in text(mate.get("/console/learning/?show=all&tag=cash"))
    assert "Learned here." in text(mate.get(f"/console/cases/case/{case.pk}/change/"))
    Category.objects.filter(pk=case.category_id).update(is_restricted=True)
    far = signed_in(cast.tiers[4])
    assert "Learned here." not in text(far.get("/console/learning/?show=all"))
    assert far.get(f"/console/learning/{lesson.pk}/").status_code == 404
    assert far.get(f"/console/learning/new/?case={case.pk}").status_code == 404


def test_more_lessons_ask_no_more_questions(signed_in, cast, monday):
    desk = signed_in(cast.supervisor)

    def asked():
        desk.get("/console/learning/?show=all")
        with CaptureQueriesContext(connection) as found:
            assert desk.get("/console/learning/?show=all").status_code == 200
        return len(found)

    lessons.write("One", "tool", tags=["a"], by=cast.tiers[1], at=MONDAY)
    few = asked()
    for number in range(5):
        case = cast.file(at=MONDAY + timedelta(minutes=number), title=str(number))
        lessons.write(str(number), "tool", case=case, tags=["a", "b"], by=cast.mate, at=MONDAY)
    assert asked() == few


def test_a_week_s_case_is_scored_read_and_answered_by_those_who_may(signed_in, cast, go, settings):
    settings.QUALITY_SAMPLE = {"by_chance": 1, "by_risk": 0}
    mara, dana, tom, other = cast.tiers[2], cast.supervisor, cast.tiers[1], cast.tiers[4]
    case = went_up(cast)
    at = MONDAY + 9 * DAY
    go(at)
    while take_touched(at):
        pass
    quality_weeks.draw_week(at, seed="s")
    review = QualityReview.objects.get()
    page, desk, hers = f"/console/quality/{review.pk}/", signed_in(dana), signed_in(mara)
    assert "1 case is drawn for quality review." in text(desk.get("/console/around/"))
    assert case.reference in text(desk.get("/console/quality/")) and "Seed <code>s</code>" in text(
        desk.get("/console/quality/")
    )
    assert [signed_in(one).get(page).status_code for one in (mara, tom, other, dana)] == [404, 404, 404, 200]
    # Her lead is not called to a page that shows them nothing: the case is of a topic they may not see.
    cast.teams[4].members.add(mara)
    assert "1 case is drawn" in text(signed_in(other).get("/console/around/"))
    Category.objects.filter(pk=case.category_id).update(is_restricted=True)
    assert "drawn for quality review" not in text(signed_in(other).get("/console/around/"))
    Category.objects.filter(pk=case.category_id).update(is_restricted=False)
    cast.teams[4].members.remove(mara)
    for wrong, said in (
        (FINE, "Say what to keep and what to do differently."),
        (FINE | {"words": "Kept words", "level": "3"}, "Choose what fits best"),
        (dict.fromkeys(rubric.KEYS, "na") | {"words": "Kept words"}, "Give points on one criterion"),
    ):
        answer = desk.post(page, wrong)
        assert answer.status_code == 422 and said in text(answer)
        assert "words" not in wrong or "Kept words" in text(answer)
    assert QualityReview.objects.get().reviewed_at is None
    assert desk.post(page, FINE | {"level": "na", "words": "Name the day."}).status_code == 303
    assert "10 of 10 points" in text(desk.get(page)) and "Name the day." in text(hers.get(page))
    assert desk.post(page, FINE | {"words": "Again."}).status_code == 422
    assert "A review of your work has no word of yours yet." in text(hers.get("/console/around/"))
    for one in (tom, other, cast.mate):
        assert signed_in(one).get(page).status_code == 404
        assert case.reference not in text(signed_in(one).get("/console/quality/"))
    assert "differently" in text(hers.post(page, {"agrees": "no"})) and QualityReview.objects.get().agrees is None
    assert hers.post(page, {"agrees": "no", "reply": "I rang."}).status_code == 303
    assert hers.post(page, {"agrees": "yes"}).status_code == 422
    assert "sees it differently" in text(desk.get(page)) and "I rang." in text(desk.get(page))
    assert "no word of yours" not in text(hers.get("/console/around/"))
    # A lead of hers reads it, too.
    lead = person("lee@example.com", "Lee Lead", is_staff=True)
    lead.groups.set(mara.groups.all())
    cast.teams[2].lead = lead
    cast.teams[2].save(update_fields=["lead"])
    assert "Name the day." in text(signed_in(lead).get(page))


def test_a_case_worth_repeating_becomes_an_article_or_a_practice_case_in_two_presses(signed_in, cast, go):
    case = went_up(cast, title="Refund for Sam Okafor, order 882134")
    practice.mark(case, "Rang first.", by=cast.tiers[1], at=AT)
    go(AT)
    at, there = signed_in(cast.tiers[1]), f"/console/worth/{case.pk}/scenario/"
    shelf = text(at.get("/console/worth/"))
    assert there in shelf and f"/console/articles/from-case/{case.pk}/" in shelf  # the first press
    form = at.get(there).context["form"]
    assert (
        form["title"].value() == "Refund for [name], order [number]" and "My money back." in form["situation"].value()
    )
    given = {field.name: field.value() for field in form}
    wrong = at.post(there, given | {"good": ""})
    assert wrong.status_code == 422 and "Write what a good answer has in it." in text(wrong)
    assert at.post(there, given).status_code == 303  # the second
    assert at.post(there, given | {"title": "A better title"}).status_code == 303
    kept = Scenario.objects.get()
    assert (kept.case, kept.title, kept.by) == (case, "A better title", cast.tiers[1])
    draft = at.get(f"/console/articles/from-case/{case.pk}/").context["form"]
    sent = {field.name: "" if field.value() is None else field.value() for field in draft} | {"press": "save"}
    made = at.post(f"/console/articles/from-case/{case.pk}/", sent)
    assert made.status_code == 303, made.context["form"].errors
    practice.unmark(case)
    assert Scenario.objects.get().case == case and Article.objects.get().made_from == case
    open_one = cast.file(title="Open")
    page = at.get(f"/console/worth/{open_one.pk}/scenario/")
    assert "Not possible now" in text(page)
    assert at.post(f"/console/worth/{open_one.pk}/scenario/", given).status_code == 422
    assert Scenario.objects.count() == 1 and date(2026, 1, 12) == kept.at.date()


def test_who_wrote_a_lesson_and_who_does_it_read_it_though_they_do_not_see_its_case(signed_in, cast, monday, settings):
    case = cast.file(title="Private words")
    one = lessons.write("Learned here.", "tool", case=case, by=cast.tiers[4], at=MONDAY)
    said = lessons.Answer("accepted", "A check.", owner=cast.tiers[3], due_on=MONDAY.date())
    lessons.answer(one, said, by=cast.supervisor, at=MONDAY)
    page = f"/console/learning/{one.pk}/"
    for setting, restricted in (("teams", False), ("all", True)):
        settings.STAFF_SEE = setting
        Category.objects.filter(pk=case.category_id).update(is_restricted=restricted)
        for person_ in (cast.tiers[4], cast.tiers[3]):
            assert "A check." in text(signed_in(person_).get(page)), (setting, person_)
        assert signed_in(cast.tiers[5]).get(page).status_code == 404
    assert signed_in(cast.supervisor).get(page)["Location"] == f"/console/restricted/{case.pk}/"
    assert signed_in(cast.tiers[3]).post(page, {"press": "done"}).status_code == 303
    # Joined to one about a case they may not see, it says so, and leads nowhere that is not there for them.
    other = lessons.write("The same.", "tool", case=case, by=cast.supervisor, at=MONDAY)
    mine = lessons.write("Learned there.", "tool", by=cast.tiers[5], at=MONDAY)
    joins = lessons.Answer("joined", "One cause.", joined_to=other)
    lessons.answer(mine, joins, by=cast.supervisor, at=MONDAY)
    there, said = f'href="/console/learning/{other.pk}/"', f"Lesson {other.pk}"
    read = signed_in(cast.tiers[5]).get(f"/console/learning/{mine.pk}/").content.decode()
    assert said in read and there not in read
    assert there in signed_in(cast.supervisor).get(f"/console/learning/{mine.pk}/").content.decode()
