"""What a customer reads of the fast lane, of steps and of newer rules: what changed for them, and nothing of ours."""

from datetime import timedelta

from escalation import adopting, verbs
from escalation.facts import Clock
from escalation.models import Notice, StageClock
from escalation.sweep import sweep_batch
from portal.presenters.export import export
from portal.presenters.timeline import story
from tests.cast import MONDAY
from tests.escalation.stories import in_force
from tests.portal.pages.scene import LOOK, acknowledged, look_at, step
from tests.portal.pages.test_case_page import text_of

OURS = ("fast lane", "guideline", "rule ", "next step", "reason for", "emergency", "version", "escalat")


def told(case, at=LOOK):
    """Titles and texts of the customer's story, newest first."""
    rows = story(case, house="Milepost", zone="Europe/London", now=at, whole=True).rows
    return [(row["title"], row["text"]) for row in rows]


def test_an_emergency_is_told_as_what_it_means(cast, sam):
    in_force(cast, lambda d: d.update(fast_lane={"tier": 3}))
    case = verbs.emergency(acknowledged(cast).pk, by=cast.mate, at=step(15))
    before = told(case)
    assert before[0] == (
        "We treat your case as Critical",
        "It is with Customer support lead now; you do not need to explain it again.",
    )
    verbs.justify(case.pk, reason="Their shop stands still, says the guideline.", by=cast.mate, at=step(20))
    assert told(case) == before
    page = text_of(sam.get(f"/c/{case.reference}/"))
    assert "We treat your case as Critical" in page
    assert "shop stands still" not in page and Clock.NAMES[Clock.JUSTIFY] not in page
    assert not any(words in page for words in OURS), [words for words in OURS if words in page]


def test_an_unexplained_emergency_is_nobody_elses_business(cast, sam):
    in_force(cast, lambda d: d.update(fast_lane={"tier": 3}))
    case = verbs.emergency(acknowledged(cast).pk, by=cast.mate, at=step(15))
    before = told(case)
    look_at(step(16) + timedelta(days=1))
    sweep_batch(step(16) + timedelta(days=1))
    assert StageClock.objects.filter(case=case, kind=Clock.JUSTIFY, outcome="elapsed").exists()
    titles = [title for title, _ in told(case)]
    assert titles[-len(before) :] == [title for title, _ in before]
    assert sam.get(f"/c/{case.reference}/").status_code == 200
    taken = export(case, for_customer=True, house="Milepost", zone="Europe/London", at=LOOK)
    assert {clock["kind"] for clock in taken["clocks"]}.isdisjoint({Clock.STEP, Clock.JUSTIFY})


def test_of_steps_only_that_more_people_were_asked(cast, sam):
    lead = "lead:service-representatives"
    steps = [
        {"after": 120, "target": lead, "actions": ["notify"]},
        {"after": 120, "target": lead, "actions": ["message_customer", "notify"]},
        {"after": 120, "target": lead, "actions": ["raise_severity"]},
    ]
    in_force(cast, lambda d: d["tiers"][0].update(steps=steps))
    case = cast.file(impact="question")
    first = told(case)
    sweep_batch(MONDAY + timedelta(minutes=2))
    assert told(case) == first
    sweep_batch(MONDAY + timedelta(minutes=4))
    more = ("We asked more people to look at your case", "The time we gave you stays.")
    assert told(case) == [more, *first]
    sweep_batch(MONDAY + timedelta(minutes=6))
    case.refresh_from_db()
    assert told(case) == [("We treat your case as Medium", ""), more, *first]
    page = text_of(sam.get(f"/c/{case.reference}/"))
    assert more[0] in page
    assert not any(words in page for words in OURS)


def test_kept_is_not_told(cast):
    rule = {"id": "r", "verdict": "must", "because": "B.", "when": {"rejections_at_least": 0}}
    in_force(cast, lambda d: d.update(guidelines=[rule]))
    case = acknowledged(cast)
    before = told(case)
    verbs.keep(case.pk, reason="The bank answers.", by=cast.tiers[1], at=step(15))
    assert told(case) == before


def test_newer_rules_are_told_where_a_time_came_earlier(cast, sam):
    in_force(cast, lambda d: None)
    case, quiet = acknowledged(cast), cast.file(title="Quiet", impact="question")
    version = in_force(cast, lambda d: [row.update(update=row["update"] // 4) for row in d["matrix"]])
    before = told(quiet)
    adopting.adopt_all(version, by=cast.supervisor, at=step(20))
    assert told(case)[0] == (
        "You hear from us earlier",
        "We have new rules for cases like yours, and they are faster.",
    )
    assert told(quiet) == before
    assert [n.case_id for n in Notice.objects.filter(kind="earlier")] == [case.pk]
    case.refresh_from_db()
    assert "You hear from us earlier" in text_of(sam.get(f"/c/{case.reference}/"))
