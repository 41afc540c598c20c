"""How we write: the longest silences counted a second way, numbers equal on page and in file, links, and what is masked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.access import Viewer
from cases.models import Case, Category, Event, Message, ReplyRevision, ReplyUse, SavedReply
from escalation.book import office_hours
from feedback import silences, writing
from feedback.durations import SILENCE, times
from feedback.facts.stages import longest_silence, worked_by
from feedback.models import CaseFact, Survey
from feedback.rollup import standing
from tests.feedback.story import AT, PERIOD
from tests.portal.insights.scene import DATES, links_of, rows_of, text

pytestmark = pytest.mark.django_db
HERE, CSV = "/insights/writing/", "/insights/writing.csv"
EXAMPLES, EXAMPLES_CSV = "/insights/writing/examples/", "/insights/writing/examples.csv"
#: Whose turn it is in each state, by hand; what is left out is the customer's turn, or over.
OURS = {
    "new", "escalated", "passed", "reviewed", "acknowledged", "working", "waiting_partner", "reopened",
}  # fmt: skip


def by_the_minute(case):
    """The longest run of office minutes in which it was our turn and nobody of ours spoke.

    A second way: minute by minute, and what was said from the messages instead of the log.
    """
    log = list(Event.objects.filter(case=case).order_by("seq").values_list("occurred_at", "data__to"))
    spoken = Message.objects.filter(case=case, from_customer=False, author__is_staff=True)
    said = {at.replace(second=0, microsecond=0) for at in spoken.values_list("at", flat=True)}
    minute, best, run, ours = log[0][0].replace(second=0, microsecond=0), 0, 0, False
    while minute < AT:
        # The log's instants lie on whole minutes or inside of them: what happens in a minute counts at its end.
        if ours and minute.weekday() < 5 and 9 * 60 <= minute.hour * 60 + minute.minute < 17 * 60 + 30:
            run += 1
            best = max(best, run)
        after = minute + timedelta(minutes=1)
        while log and log[0][0] < after:
            _, to = log.pop(0)
            run, ours = (run if to in OURS else 0), to in OURS
        run = 0 if minute in said else run
        minute = after
    return best * 60


def test_the_longest_silences_are_those_of_the_log_counted_a_second_way(story):
    found = silences.worst(PERIOD, at=AT, most=10).rows
    cases = list(Case.objects.filter(filed_at__gte=PERIOD.start, filed_at__lt=PERIOD.end, is_history=False))
    second = {case.pk: by_the_minute(case) for case in cases}
    mine = {case.pk: one.seconds for case, one in silences.worst(PERIOD, at=AT, most=100).rows}
    assert len(mine) == sum(seconds > 60 for seconds in second.values()) > 10
    assert {pk: n for pk, n in mine.items() if abs(n - second[pk]) > 120} == {}
    assert [one.seconds for _, one in found] == sorted(mine.values(), reverse=True)[:10]
    # c3, c4 and c5 wait now: what goes on counts, and is said to go on.
    going = {case.pk for case, one in silences.worst(PERIOD, at=AT, most=100).rows if one.until is None}
    assert {story.cases[name].pk for name in ("c3", "c4", "c5")} >= going and story.cases["c5"].pk in going
    # Of what is over the facts and the walk say the same, and so the median of the page is that of “All figures”.
    hours = office_hours()
    for fact in CaseFact.objects.filter(case__in=cases, stage="").select_related("case"):
        worked = worked_by(hours, fact.case.protocol)
        events = list(Event.objects.filter(case=fact.pk).order_by("seq"))
        walked = silences.longest(events, worked, at=AT)
        assert (walked.seconds if walked else 0) == fact.longest_silence == longest_silence(events, worked)[0]


def test_page_file_links_and_query_counts(story, manager, supervisor):
    page = manager.get(HERE, DATES)
    median = times([SILENCE], PERIOD, at=AT)[SILENCE].now.quantile(0.5)
    file = {(row["Table"], row["Row"], row["Column"]): row for row in rows_of(manager.get(CSV, DATES))}
    assert float(file["writing", "Longest silence, half of the cases", "This period"]["Half within (s)"]) == median
    wrote = standing.wrote("in_time_update", PERIOD, at=AT)
    found = wrote.updates[0]
    log = Event.objects.filter(case__filed_at__gte=PERIOD.start, case__filed_at__lt=PERIOD.end, kind="updated")
    log = list(log.filter(case__is_history=False).values_list("case", "data"))
    timed = [data for _, data in log if (data["started"].get("update") or [None])[-1]]
    chosen = [data for _, data in log if data["args"].get("next_at")]
    assert (found.timed.hits, found.timed.n, found.chosen.hits) == (len(timed), len(log), len(chosen))
    assert found.cases == 19 and found.updated == len({case for case, _ in log})
    teams = wrote.by_team
    assert sum(one.cases for one in teams.values()) == 19 and sum(one.timed.n for one in teams.values()) == len(log)
    assert (
        sum(wrote.bars.values())
        == CaseFact.objects.filter(
            filed_at__gte=PERIOD.start, filed_at__lt=PERIOD.end, stage="", case__is_history=False
        ).count()
    )
    examples = manager.get(EXAMPLES, DATES)
    said = text(examples)
    file = {(row["Table"], row["Row"], row["Column"]): row for row in rows_of(manager.get(EXAMPLES_CSV, DATES))}
    worst = silences.worst(PERIOD, at=AT, most=1).rows[0]
    assert worst[0].reference in said and "The longest silence took" in said
    assert int(file["silences", worst[0].reference, "Longest silence"]["Value"]) == worst[1].seconds
    assert f"/console/cases/case/{worst[0].pk}/change/" in supervisor.get(EXAMPLES, DATES).content.decode()
    assert "/console/cases/case/" not in page.content.decode() + examples.content.decode()
    links = links_of(page)
    assert len(links) > 8
    for url, words in links:
        answer = manager.get(url)
        assert answer.status_code == 200, url
        if not answer.context["few"]:
            n = answer.context["page"].paginator.count
            assert n > 0 and (not words.isdigit() or "figure" in url or n <= int(words)), url
    for place in (HERE, EXAMPLES):
        counts = set()
        for days in ("2026-01-12", "2025-06-01"):
            with CaptureQueriesContext(connection) as asked:
                manager.get(place, DATES | {"from": days})
            counts.add(len(asked))
        assert max(counts) - min(counts) <= 2 and max(counts) <= 12, (place, counts)
    for which, part in (
        ("written", "x"),
        ("written", ""),
        ("silent", "3"),
        ("silent", ""),
        ("began_with", "x"),
        ("began_with", "9" * 30),
    ):
        assert manager.get("/insights/cases/", DATES | {"which": which, "part": part}).status_code == 404, (which, part)
    nothing = text(manager.get(HERE, DATES | {"from": "2020-01-01", "to": "2020-02-01"}))
    assert "No case of a customer was filed here" in nothing


def test_replies_and_the_best_messages_hide_what_is_few_and_whose_it_is(story, manager, supervisor):
    with transaction.atomic():
        best, restricted, unnamed = (story.cases[name] for name in ("a5", "a4", "a8"))
        for case in (best, restricted, unnamed):
            Survey.objects.filter(case=case).update(satisfaction=5, heard="yes")
        Survey.objects.filter(case=unnamed).update(is_anonymous=True)
        private = Category.objects.create(slug="private", name="Private", is_restricted=True, position=99)
        Case.objects.filter(pk=restricted.pk).update(category=private)
        last = Message.objects.filter(case=best, from_customer=False).order_by("at").last()
        who = best.customer.name
        Message.objects.filter(pk=last.pk).update(text=f"Dear {who}, card 4111 1111 1111 1111 is free again.")
        (one,) = writing.best(PERIOD, viewer=Viewer(story.cast.supervisor))
        assert one.case == best and who not in one.words and "4111" not in one.words and "is free again" in one.words
        assert "is free again" in text(manager.get(EXAMPLES, DATES))
        reply = SavedReply.objects.create()
        made = {"acts": ["update"], "texts": {"en": "x"}, "made_at": AT, "made_by": story.cast.supervisor}
        revision = ReplyRevision.objects.create(reply=reply, number=1, title="We look into it", **made)
        rated = Survey.objects.filter(satisfaction__isnull=False, case__is_history=False).order_by("case")[:6]
        cases = [row.case for row in rated]
        for number, case in enumerate(cases):
            said = Message.objects.filter(case=case).order_by("at").first()
            at = datetime(2026, 1, 20, 12, number, tzinfo=UTC)
            ReplyUse.objects.create(case=case, message=said, revision=revision, language="en", unchanged=True, at=at)
            if number == 3:
                assert writing.replies(PERIOD)[reply.pk].uses == 4 and "Too few" in text(manager.get(EXAMPLES, DATES))
        found = writing.replies(PERIOD)[reply.pk]
        happy = sum(Survey.objects.get(case=case).satisfaction >= 4 for case in cases)
        assert (found.uses, found.cases, found.satisfied.hits, found.satisfied.n) == (6, 6, happy, 6)
        listed = manager.get("/insights/cases/", DATES | {"which": "began_with", "part": str(reply.pk)})
        assert listed.context["page"].paginator.count == 6 and "We look into it" in text(listed)
        transaction.set_rollback(True)
