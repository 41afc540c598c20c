"""The demo's rules: what customers choose from, who is on duty, who writes the protocol, and what is being changed in it."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group

from cases.models import Case, Category, Product, Team, User
from escalation import choice_drafts, publishing, reviews, verbs
from escalation.book import DEFAULT
from escalation.calendars import DAY
from escalation.models import ProtocolVersion, Rota, Shift
from portal.demo import articles, languages, replies, solving
from portal.demo import problems as p
from portal.demo.fortnight import Fortnight
from portal.demo.people import Cast

PRODUCTS = {"shop": "Online shop", "app": "Mobile app"}
#: What each topic is mostly about.
ABOUT = {"orders": "shop", "billing": "shop", "delivery": "shop", "technical": "app", "account": "app"}
#: Teams with a rota: who stands on which weekdays (0 Monday), by place in the team; together they cover every hour.
ROTAS = {
    "customer-support-lead": ((0, 1, 2, 3), (4, 5, 6)),
    "chief-customer-service-officer": ((0, 1, 2, 3, 4), (5, 6)),
}
NOTE = (
    "Customers with a case of high severity wait two hours until a named person has it, and many write to us before. "
    "We can do it in an hour and three quarters."
)
WHY_BY_PRODUCT = "What is promised for the online shop should not change when the default does."
TIGHTER = {"severity": 2, "tier": 1}  # the row of the matrix that the draft tightens
CONFIRM_WITHIN = 6300  # seconds of working time


def set_up(people: Cast, start: datetime) -> None:
    """Before the story: products, the line that chooses by one of them, rotas, authors of the protocol, saved replies."""
    made = [
        Product.objects.create(slug=slug, name=name, position=place)
        for place, (slug, name) in enumerate(PRODUCTS.items(), start=1)
    ]
    languages.translate()
    authors = Group.objects.get(name="Protocol authors")
    for person in authors_of(people):
        person.groups.add(authors)
    replies.write_down(people.supervisors[0], start)
    articles.write_down(people, start)
    solving.write_down(people.supervisors[0], start)
    _choose(made[0], people, start)
    for slug, turns in ROTAS.items():
        _rota(Team.objects.get(slug=slug), people.members[slug], turns, start)


def _choose(product: Product, people: Cast, at: datetime) -> None:
    """One line of the list that chooses the protocol, proposed and approved as anybody's."""
    author, second = authors_of(people)
    line = {"product": product.pk, "category": None, "segment": "", "protocol": DEFAULT}
    draft = choice_drafts.propose(by=author, at=at)
    draft = choice_drafts.add(draft, line, seen=draft.revision, by=author)
    draft = choice_drafts.describe(draft, WHY_BY_PRODUCT, seen=draft.revision, by=author)
    choice_drafts.approve(draft, seen=draft.revision, by=second, at=at + timedelta(hours=1))


def authors_of(people: Cast) -> tuple[User, User]:
    """Dana, who draws up, and Ivo, who approves."""
    return people.supervisors[0], people.members["chief-customer-service-officer"][0]


def _rota(team: Team, members: list[User], turns: tuple[tuple[int, ...], ...], start: datetime) -> None:
    rota = Rota(team=team, zone=settings.COMPANY_TIME_ZONE)
    rota.full_clean()
    rota.save(force_insert=True)
    for person, weekdays in zip(members, turns, strict=True):
        for weekday in weekdays:
            shift = Shift(rota=rota, user=person, weekday=weekday, opens=0, closes=DAY, starts_on=start.date())
            shift.full_clean()
            shift.save(force_insert=True)


def product_of(topic: str) -> Product | None:
    """What a customer with a problem of this topic chooses; None where the demo has no products."""
    return Product.objects.filter(slug=ABOUT.get(topic, "")).first()


def plan(stage: Fortnight) -> None:
    """The two cases that show the fast lane and a guideline that was not followed, with the reason."""
    _emergency(stage)
    _kept(stage)


def _emergency(stage: Fortnight) -> None:
    """A case nobody should wait with goes up at once; the reason follows when there is time."""
    customer, by = stage.cast.customers[7], stage.cast.members["service-representatives"][1]
    start = stage.office.next_open(stage.until - timedelta(days=3))

    why = "Forty shops order through this account every morning; until it opens none of them can."

    def file(now: datetime) -> None:
        case = _file(customer, "account", 0, now).pk
        up = lambda at: stage.attempt(lambda: verbs.emergency(case, by=by, at=at))  # noqa: E731
        explain = lambda at: stage.attempt(lambda: verbs.justify(case, reason=why, by=by, at=at))  # noqa: E731
        stage.at(now + timedelta(minutes=4), up)
        stage.at(now + timedelta(minutes=44), explain)

    stage.at(start, file)


def _kept(stage: Fortnight) -> None:
    """A critical case that the guideline would pass up stays, because the person who can mend it has it."""
    customer = stage.cast.customers[8]
    first, second = (stage.cast.members[slug][0] for slug in ("service-representatives", "customer-support-managers"))
    start = stage.office.next_open(stage.until - timedelta(days=2))
    case: list[Case] = []

    def do(minutes: int, act: str, by: User, **words: object) -> None:
        done = lambda now: stage.attempt(lambda: getattr(verbs, act)(case[0].pk, by=by, at=now, **words))  # noqa: E731
        stage.at(start + timedelta(minutes=minutes), done)

    def file(now: datetime) -> None:
        case.append(_file(customer, "account", 2, now))
        stage.scripted.add(case[0].pk)

    topic = Category.objects.get(slug="account")
    stage.at(start, file)
    do(6, "assess", first, severity=1, complexity=2, category=topic)
    do(11, "acknowledge", second)
    do(15, "keep", second, reason="I can lock both accounts myself and have done so. Nobody above could do it sooner.")
    do(40, "update", second, text="Both accounts are locked and nothing more can be seen. I am checking what was.")
    do(
        70,
        "investigate",
        second,
        hypotheses="A stolen password. Two accounts mixed up.",
        cause="data",
        findings="Nobody else signed in. Two accounts had one phone number, and the order was put on the wrong one.",
    )
    do(75, "answer", second, text="One order was shown in your account for nine minutes. None of your data was shown.",
       outcome="fixed", root_cause="Two accounts with one phone number",
       cause="data", prevents=True, prevention="A phone number is taken for one account only")  # fmt: skip
    do(110, "accept", customer)


def _file(customer: User, topic: str, which: int, now: datetime) -> Case:
    title, text, wish, impact = p.PROBLEMS[topic][which]
    category, product = Category.objects.get(slug=topic), product_of(topic)
    return verbs.file_case(verbs.Told(title, text, category, impact, wish, product), by=customer, at=now)


def draw_up(people: Cast, at: datetime) -> ProtocolVersion:
    """After the story: a draft that tightens one row of the matrix, and the next plan review."""
    author, _ = authors_of(people)
    made = publishing.draft(ProtocolVersion, DEFAULT, note=NOTE, by=author, at=at)
    document = deepcopy(made.document)
    for row in document["matrix"]:
        if TIGHTER.items() <= row.items():
            row["acknowledge"] = CONFIRM_WITHIN
    reviews.set_ahead(at)
    return publishing.change(made, document, seen=made.revision, by=author, at=at)
