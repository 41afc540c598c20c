"""Would they recommend us? A question to some customers a quarter, about no case (R097): who is drawn, the letter, the answer.

Off unless `RECOMMEND_PERCENT` is above 0. Who is drawn follows from a kept seed. It is asked under the cap of `feedback.asks`, and
not while a case of theirs is open. docs/recommend.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from cases.models import Case, User
from cases.models.door import hash_token
from escalation import letters
from escalation.letters import to_staff
from escalation.models import Heartbeat, Notice
from escalation.steps import Step
from escalation.verbs import Refused
from feedback.asks import claim, may_be_asked
from feedback.models import Ask, Recommendation, RecommendRound
from feedback.sampling import number
from feedback.surveys import CHANGE_WITHIN, will_be_anonymous

KIND, BEAT = "survey_recommend", "beat"
LINK_LASTS = timedelta(days=30)
#: Who filed a case in so long a time is a customer.
CUSTOMER_FOR = timedelta(days=365)
#: Nobody is asked in the last days of a quarter: answers would come after it.
QUIET_DAYS = 14
WHY_MOST = 2000  # characters
BATCH = 200


def per_cent() -> int:
    """How many of a hundred customers are asked a quarter; 0: nobody."""
    return settings.RECOMMEND["per_cent"]


def today(at: datetime) -> date:
    """The company's day."""
    return at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()


def quarter_of(day: date) -> date:
    """The first day of the quarter of `day`."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def next_quarter(quarter: date) -> date:
    """The first day of the one after."""
    return quarter_of(quarter + timedelta(days=100))


# Drawing --------------------------------------------------------------------------------------------------------


def customers(at: datetime) -> QuerySet[User]:
    """Who can be drawn: customers of the last year who are here and want surveys. Practice and imported cases make nobody one."""
    lately = Case.objects.filter(customer=OuterRef("pk"), is_history=False, filed_at__gt=at - CUSTOMER_FOR)
    return User.objects.filter(Exists(lately), is_staff=False, is_active=True, erased_at=None, wants_surveys=True)


def drawn(people: Iterator[int], seed: str, share: int, first: date, last: date) -> Iterator[tuple[int, date]]:
    """Those of `people` (ids) who are asked, `share` of a hundred, and each one's day from `first` to `last`. Pure."""
    days = max(1, (last - first).days + 1)
    for person in people:
        if number(seed, "who", person) <= share / 100:
            yield person, first + timedelta(days=min(days - 1, int(number(seed, "day", person) * days)))


def to_draw(at: datetime) -> QuerySet[Heartbeat]:
    """The beat's own row, while nobody was drawn for the quarter; none where nobody is asked."""
    made = RecommendRound.objects.filter(quarter=quarter_of(today(at)))
    return Heartbeat.objects.filter(role=BEAT if per_cent() else "").filter(~Exists(made))


def draw(at: datetime) -> int:
    """Draws the people of the quarter, once whoever else draws at the same time; how many rounds."""
    quarter = quarter_of(today(at))
    # What counts is a seed that cannot be foreseen, so that nobody is chosen by hand.
    given = {"seed": secrets.token_hex(16), "per_cent": per_cent(), "population": 0, "drawn_at": at}
    with transaction.atomic():
        made, is_new = RecommendRound.objects.get_or_create(quarter=quarter, defaults=given)
        if not is_new:
            return 0
        people = list(customers(at).order_by("pk").values_list("pk", flat=True))
        last = max(today(at), next_quarter(quarter) - timedelta(days=QUIET_DAYS + 1))
        rows = [
            Recommendation(of=made, person_id=person, ask_on=day)
            for person, day in drawn(iter(people), made.seed, made.per_cent, today(at), last)
        ]
        Recommendation.objects.bulk_create(rows, batch_size=1000)
        made.population = len(people)
        made.save(update_fields=["population"])
    return 1


# Asking ---------------------------------------------------------------------------------------------------------


def to_ask(at: datetime) -> QuerySet[Recommendation]:
    """Whose day has come in this quarter; nobody's where it was switched off meanwhile."""
    now = Q(of__quarter=quarter_of(today(at)) if per_cent() else date.min)
    return Recommendation.objects.filter(now, owed_at=None, ask_on__lte=today(at))


def owe(at: datetime) -> int:
    """Owes a batch of letters, each once whoever else owes it at the same time; how many."""
    rows = list(to_ask(at).select_related("person").order_by("ask_on", "pk")[:BATCH])
    notices = []
    for row in rows:
        notice = to_staff(KIND, str(row.pk), row.person, {"recommendation": row.pk}, at)
        notice.to_customer = True
        notices.append(notice)
    with transaction.atomic():
        Notice.objects.bulk_create(notices, ignore_conflicts=True)
        Recommendation.objects.filter(pk__in=[row.pk for row in rows]).update(owed_at=at)
    return len(rows)


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter needs. Raises NotNeeded where the person is not to be asked, now or at all."""
    row = Recommendation.objects.filter(pk=notice.data["recommendation"], answered_at=None).first()
    if row is None or not may_be_asked(notice.person):
        raise letters.NotNeeded("This person is not asked.")
    if Case.objects.open().filter(customer=notice.person).exists():
        raise letters.NotNeeded("A case of theirs is open.")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        claim(notice.person, Ask.Kind.RECOMMEND, row.pk, at=now)
        row.asked_at, row.expires_at, row.token_hash = now, now + LINK_LASTS, hash_token(token)
        row.save(update_fields=["asked_at", "expires_at", "token_hash"])
    page = f"{settings.BASE_URL}/n/{token}/"
    choices = [{"label": label, "url": f"{page}?score={score}"} for score, label in Recommendation.Score.choices]
    return {"page": page, "choices": choices, "secrets": [token]}


# Answering ------------------------------------------------------------------------------------------------------


def find(token: str, *, at: datetime) -> Recommendation | None:
    """The question behind a mailed secret, or None: wrong and over look the same."""
    rows = Recommendation.objects.filter(token_hash=hash_token(token), expires_at__gt=at, person__erased_at=None)
    return rows.select_related("person").first()


def change_until(row: Recommendation) -> datetime | None:
    """The last instant at which an answer can be changed; None while there is none."""
    return row.answered_at + CHANGE_WITHIN if row.answered_at else None


def closed_why(row: Recommendation, *, at: datetime) -> str:
    """Why nothing can be changed any more, in a sentence; empty while it can."""
    until = change_until(row)
    return _("This answer can no longer be changed. Thank you for it.") if until and at > until else ""


def answer(row: Recommendation, *, score: int | None, why: str = "", at: datetime) -> Recommendation:
    """Records or, within seven days, changes the answer. Raises Refused with a sentence."""
    if score not in Recommendation.Score.values:
        raise Refused(_("Choose a number from 0 to 10."))
    why = why.strip()
    if len(why) > WHY_MOST:
        raise Refused(_("That is too long."))
    with transaction.atomic():
        held = Recommendation.objects.select_for_update().get(pk=row.pk)
        if sentence := closed_why(held, at=at):
            raise Refused(sentence)
        if held.answered_at is None:
            held.answered_at, held.is_anonymous = at, will_be_anonymous()
        else:
            held.changed_at = at
        held.score, held.why = score, why
        held.save(update_fields=["score", "why", "answered_at", "changed_at", "is_anonymous"])
    return held


COMPOSERS = {KIND: compose}
DRAWING = (Step("recommendation rounds", to_draw, draw),)
STEPS = (Step("recommendation questions", to_ask, owe),)
