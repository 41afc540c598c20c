"""The acts on improvements: propose one, add what led to it, decide, name the version it became, done, and checked.

Each act holds the improvement's row, so of two people who decide at once the second is told what the first one said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from cases.access import WORK, Viewer, workers
from cases.languages import ENGLISH, kept_code
from cases.models import Case, Category, User
from escalation.models import ProtocolVersion
from escalation.verbs import Refused
from feedback.improvement_letters import decided_notice, news_notices
from feedback.improvements import DECIDE, check_from, figure_of, may_act
from feedback.lessons import readable
from feedback.measures import MEASURES
from feedback.models import Evidence, Improvement, Lesson, PostMortem, Survey, Theme
from feedback.post_mortems import day_of, seen_by
from feedback.verbatims import as_evidence

TITLE_MOST, WORDS_MOST, SENTENCE_MOST = 120, 1000, 400  # characters
EVIDENCE_MOST = 200
FURTHEST = timedelta(days=366)
YEAR_AHEAD = "Choose the day by which it is done: from today on, at most a year ahead."
State = Improvement.State


@dataclass(frozen=True, slots=True)
class LedTo:
    """What led to an improvement."""

    cases: tuple[Case, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    post_mortems: tuple[PostMortem, ...] = ()
    comments: tuple[Survey, ...] = ()
    themes: tuple[Theme, ...] = ()

    @property
    def n(self) -> int:
        return sum(map(len, (self.cases, self.lessons, self.post_mortems, self.comments, self.themes)))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a yes needs: who does it, by when, and the figure of the registry (of one topic, or of all) it is to move."""

    owner: User | None
    due_on: date | None
    figure: str
    topic: Category | None = None


# Proposing ----------------------------------------------------------------------------------------------------


def propose(
    title: str, change: str, why: str, *, led: LedTo, version: ProtocolVersion | None = None, by: User, at: datetime
) -> Improvement:
    """An idea with what led to it, to be decided within `IMPROVEMENT_DECISION_DAYS`. Raises Refused naming the field."""
    _works(by)
    title = " ".join(title.split())
    if not title or len(title) > TITLE_MOST:
        raise Refused(f"Name it in at most {TITLE_MOST} characters.", field="title")
    change = _words(change, "change", "Say what changes.")
    why = _words(why, "why", "Say why: what people told us, and what it costs them.")
    if not led.n:
        raise Refused(
            "Name what led to it: at least one case, lesson, post-mortem, comment or theme.", field="evidence"
        )
    with transaction.atomic():
        one = Improvement.objects.create(
            title=title, change=change, why=why, version=version, proposed_by=by, proposed_at=at,
            decide_by=at + timedelta(days=settings.IMPROVEMENT_DECISION_DAYS),
        )  # fmt: skip
        _add(one, led, by, at)
    return one


def add_evidence(one: Improvement, led: LedTo, *, by: User, at: datetime) -> None:
    """More of what led to it; what stands there already stands there once. Raises Refused once it is declined or done."""
    _works(by)
    if not led.n:
        raise Refused("Name at least one case, lesson, post-mortem, comment or theme.", field="evidence")
    with transaction.atomic():
        held = _held(one)
        if held.state not in (State.IDEA, State.AGREED):
            raise Refused("It is declined or done, and what led to it stands.", field="evidence")
        _add(held, led, by, at)


def _add(one: Improvement, led: LedTo, by: User, at: datetime) -> None:
    """Only what `by` may read: a link to anything else would tell that it is there."""
    kinds: tuple[tuple[str, Iterable, Iterable[int]], ...] = (
        ("case", led.cases, _seen(Case.objects.visible_to(Viewer(by)), led.cases)),
        ("lesson", led.lessons, _seen(readable(by), led.lessons)),
        ("post_mortem", led.post_mortems, _seen(seen_by(Viewer(by)), led.post_mortems)),
        ("comment", led.comments, _seen(as_evidence(Viewer(by)), led.comments)),
        ("theme", led.themes, _seen(Theme.objects.all(), led.themes)),
    )
    for _name, rows, seen in kinds:
        if any(row.pk not in seen for row in rows):
            raise Refused("Some of it is not there for you.", field="evidence")
    fresh = [Evidence(improvement=one, **{name: row}, at=at, by=by) for name, rows, _ in kinds for row in rows]
    Evidence.objects.bulk_create(fresh, ignore_conflicts=True)
    if Evidence.objects.filter(improvement=one).count() > EVIDENCE_MOST:
        raise Refused(f"At most {EVIDENCE_MOST} pieces of evidence.", field="evidence")


def _seen(found: object, rows: Iterable) -> set[int]:
    wanted = [row.pk for row in rows]
    return set(found.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()  # type: ignore[attr-defined]


def link_version(one: Improvement, version: ProtocolVersion | None, *, by: User, at: datetime) -> None:
    """Says which version of the protocol it became (None: none). A link never marks it done. Raises Refused."""
    _works(by)
    with transaction.atomic():
        held = _held(one)
        if held.state in (State.DECLINED, State.CHECKED):
            raise Refused("It is over. Its version stays as it is.", field="version")
        held.version = version
        held.save(update_fields=["version"])


# Deciding -----------------------------------------------------------------------------------------------------


def agree(one: Improvement, reason: str, plan: Plan, *, by: User, at: datetime) -> Improvement:
    """A leader's yes, with its reason and plan. Raises Refused naming the field."""
    _leads(by)
    reason = _words(reason, "reason", "Say why. Whoever proposed it reads this.")
    _check_plan(plan, at)
    with transaction.atomic():
        held = _open(one)
        held.state, held.reason, held.decided_by, held.decided_at = State.AGREED, reason, by, at
        held.owner, held.due_on, held.figure, held.topic = plan.owner, plan.due_on, plan.figure, plan.topic
        fields = ["state", "reason", "decided_by", "decided_at", "owner", "due_on", "figure", "topic"]
        held.save(update_fields=fields)
        decided_notice(held, at=at)
    return held


def decline(one: Improvement, reason: str, *, by: User, at: datetime) -> Improvement:
    """A leader's no, with its reason. Raises Refused naming the field."""
    _leads(by)
    reason = _words(reason, "reason", "Say why not. Whoever proposed it reads this.")
    with transaction.atomic():
        held = _open(one)
        held.state, held.reason, held.decided_by, held.decided_at = State.DECLINED, reason, by, at
        held.save(update_fields=["state", "reason", "decided_by", "decided_at"])
        decided_notice(held, at=at)
    return held


def _check_plan(plan: Plan, at: datetime) -> None:
    today = day_of(at)
    if plan.owner is None or not workers().filter(pk=plan.owner.pk).exists():
        raise Refused("Choose the colleague who does it.", field="owner")
    if plan.due_on is None or not today <= plan.due_on <= today + FURTHEST:
        raise Refused(YEAR_AHEAD, field="due_on")
    if plan.figure not in MEASURES:
        raise Refused("Choose the figure it is to move.", field="figure")


def _open(one: Improvement) -> Improvement:
    held = _held(one)
    if held.state != State.IDEA:
        said = "declined" if held.state == State.DECLINED else "agreed to"
        raise Refused(f"{held.decided_by} has {said} this while you were writing: “{held.reason}”")
    return held


# Done and checked ---------------------------------------------------------------------------------------------


def done(
    one: Improvement, sentence: str, translations: Mapping[str, str] | None = None, *, by: User, at: datetime
) -> Improvement:
    """It is so now. With a sentence everybody can read it, and the customers it came from get one letter.

    `translations`: the sentence by language code. A person says this; a version being published does not. Raises Refused.
    """
    sentence = " ".join(sentence.split())
    other = {kept_code(code): " ".join(words.split()) for code, words in (translations or {}).items() if words.strip()}
    other.pop(ENGLISH, None)
    if any(len(words) > SENTENCE_MOST for words in (sentence, *other.values())):
        raise Refused(f"Too long: at most {SENTENCE_MOST} characters.", field="sentence")
    if other and not sentence:
        raise Refused("Write it in English too: whoever reads another language gets that.", field="sentence")
    with transaction.atomic():
        held = _held(one)
        _acts(held, by)
        if held.state != State.AGREED:
            raise Refused("Only what was agreed, and is not done yet, can be done.")
        held.state, held.done_by, held.done_at, held.sentence = State.DONE, by, at, sentence
        held.translations = {code: {"sentence": words} for code, words in other.items()}
        held.save(update_fields=["state", "done_by", "done_at", "sentence", "translations"])
        if sentence:
            news_notices(held, at=at)
    return held


def check(one: Improvement, verdict: str, *, by: User, at: datetime) -> Improvement:
    """Keeps the chosen figure of the 30 days before and after, and what we make of it. Raises Refused while it is too soon."""
    verdict = _words(verdict, "verdict", "Say in words whether it helped, and what follows.")
    with transaction.atomic():
        held = _held(one)
        _acts(held, by)
        if held.state != State.DONE:
            raise Refused("Only what is done, and was not checked yet, can be checked.")
        if check_from(held) > at:
            raise Refused(f"It can be checked from {day_of(check_from(held)):%-d %B %Y} on: too few days are over.")
        counted = figure_of(held, at=at)
        held.before_hits, held.before_n = counted.before.hits, counted.before.n
        held.after_hits, held.after_n = counted.now.hits, counted.now.n
        held.state, held.verdict, held.checked_by, held.checked_at = State.CHECKED, verdict, by, at
        fields = ["state", "verdict", "checked_by", "checked_at", "before_hits", "before_n", "after_hits", "after_n"]
        held.save(update_fields=fields)
    return held


# What each needs ----------------------------------------------------------------------------------------------


def _held(one: Improvement) -> Improvement:
    Improvement.objects.select_for_update().get(pk=one.pk)
    return Improvement.objects.select_related("decided_by", "topic").get(pk=one.pk)


def _works(by: User) -> None:
    if not (by.has_perm(WORK) or by.has_perm(DECIDE)):
        raise Refused("Only people who work on cases, and leaders, can do this.")


def _leads(by: User) -> None:
    if not by.has_perm(DECIDE):
        raise Refused("Only leaders decide on improvements.")


def _acts(one: Improvement, by: User) -> None:
    if not may_act(one, by):
        raise Refused("Only who does it and leaders can say this.")


def _words(text: str, field: str, missing: str) -> str:
    text = text.strip()
    if not text:
        raise Refused(missing, field=field)
    if len(text) > WORDS_MOST:
        raise Refused(f"Too long: {len(text)} characters, at most {WORDS_MOST}.", field=field)
    return text
