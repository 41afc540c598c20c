"""Would these rules have prevented it, and at what cost elsewhere: the back-test, asked for one post-mortem.

The case is lived again under a draft or a version (escalation.backtest), and so are the others of the last 90 days. The
figures are kept with the version's digest as they were on that day: evidence, which later edits do not touch.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from cases.models import User
from escalation.backtest import trial_of
from escalation.backtest.figures import Course
from escalation.backtest.run import try_one
from escalation.book import NoProtocol
from escalation.calendars import CalendarError
from escalation.models import BackTest, ProtocolVersion
from escalation.protocol import ProtocolError
from escalation.verbs import Refused
from feedback.models import Counterfactual, Ground, PostMortem

#: How far back the other cases are looked for.
DAYS = timedelta(days=90)
Cause, Verdict = Ground.Cause, Counterfactual.Verdict
#: The reasons the back-test can speak of.
KNOWN = (Cause.EXHAUSTED, Cause.BROKEN_TWICE, Cause.HIGH_LEVEL)


def try_on(post_mortem: PostMortem, version: ProtocolVersion, *, by: User, at: datetime) -> Counterfactual:
    """Tries `version` on this case and keeps what came out; the other cases are asked for beside it, see `add_others`.

    Raises Refused with a sentence where the version or the case cannot be tried.
    """
    try:
        trial = trial_of(version)
        tried = try_one(post_mortem.case, trial, now=at, company_zone=settings.COMPANY_TIME_ZONE)
    except (ProtocolError, NoProtocol, CalendarError, LookupError) as why:
        raise Refused(str(why), field="version") from None
    causes = set(post_mortem.grounds.values_list("cause", flat=True))
    after, stuck = figures(tried.after), tried.after.stuck
    here: dict[str, Any] = {"before": figures(tried.before), "after": after, "stuck": stuck}
    here["changed"] = tried.change is not None
    return Counterfactual.objects.create(
        post_mortem=post_mortem, version=version, label=version.label, digest=trial.digest,
        verdict=verdict_of(causes, after, stuck), here=here, by=by, at=at,
    )  # fmt: skip


def figures(course: Course) -> dict[str, int]:
    """What is counted of one case: failures of the plan, moves up, highest level, broken promises and letters about them."""
    return {
        "failures": course.exhausted,
        "climbs": len(course.climbs),
        "highest": course.highest,
        "missed": course.broken,
        "letters": course.apologies,
    }


def verdict_of(causes: set[str], after: Mapping[str, int], stuck: str = "") -> str:
    """Whether the reasons a post-mortem opened for would be there under the tried rules.

    What people said of an answer, opened again or called critical the back-test takes as it was: of that alone it
    cannot say anything.
    """
    knows = {
        Cause.EXHAUSTED: after["failures"] == 0,
        Cause.BROKEN_TWICE: after["letters"] < 2,
        Cause.HIGH_LEVEL: after["highest"] < 4,
    }
    # Where the plan itself failed, that is the question; the rest followed from it.
    asked = [Cause.EXHAUSTED] if Cause.EXHAUSTED in causes else [cause for cause in knows if cause in causes]
    if stuck or not asked:
        return Verdict.UNKNOWN
    return Verdict.PREVENTS if all(knows[cause] for cause in asked) else Verdict.STAYS


def add_others(found: Counterfactual, run: BackTest) -> None:
    """Keeps beside it which run tries the other cases, and what came out once that is done."""
    found.run = run
    found.save(update_fields=["run"])
    # Asked again: a run that ended before it stood there has told nobody.
    run.refresh_from_db()
    found.elsewhere = _others(found, run)
    # A run that ends between the question and this line has told its figures itself: they stay.
    if found.elsewhere is not None:
        found.save(update_fields=["elsewhere"])


def finished(run_id: int) -> None:
    """A run is over: whoever waited for it keeps its figures, which outlive the run."""
    run = BackTest.objects.get(pk=run_id)
    for found in Counterfactual.objects.filter(run=run, elsewhere=None).select_related("post_mortem__case"):
        found.elsewhere = _others(found, run)
        found.save(update_fields=["elsewhere"])


def _others(found: Counterfactual, run: BackTest) -> dict[str, Any] | None:
    """The counts of a run without this case, as they are kept; None while there are none."""
    if run.state != BackTest.State.DONE or not run.result:
        return None
    case, result = found.post_mortem.case, run.result
    is_in = run.since <= case.filed_at < run.until and f"{case.protocol}" in result["protocols"]
    mine = {side: found.here[side] if is_in else {} for side in ("before", "after")}
    told = {
        name: {key: count - mine[name].get(key, 0) for key, count in _totals(result[side]).items()}
        for name, side in (("before", "old"), ("after", "new"))
    }
    counted = {
        "cases": result["cases"] - is_in,
        "changed": result["changed_cases"] - (is_in and found.here["changed"]),
        "differences": result["differences"],
    }
    return counted | told | {"since": run.since.isoformat(), "until": run.until.isoformat()}


def _totals(side: Mapping[str, Any]) -> dict[str, int]:
    return {
        "failures": side["plan_exhausted"],
        "climbs": side["escalations"],
        "missed": side["promises_missed"],
        "letters": side["apologies"],
    }


def proof_of(post_mortem: PostMortem) -> Counterfactual | None:
    """The newest try that shows that rules which are in force, or were since, would have prevented it.

    Where the back-test cannot speak of any reason it opened for, a try under which the case goes on is all there can be.
    """
    known = post_mortem.grounds.filter(cause__in=KNOWN).exists()
    tries = post_mortem.counterfactuals.filter(version__isnull=False)
    for one in tries.select_related("version"):
        version = one.version
        assert version is not None
        if one.verdict != Verdict.PREVENTS and (known or one.here["stuck"]):
            continue
        if version.published_at is None or version.published_at < post_mortem.opened_at:
            continue
        if trial_of(version).digest == one.digest:
            return one
    return None
