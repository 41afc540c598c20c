"""Another list of which protocol counts for which case: two people, what differs, what it would have changed."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Category, Product
from escalation import choice_drafts, publishing, verbs
from escalation.choice_effect import WINDOW, effect
from escalation.choice_lines import differences, rows_of, unreached
from escalation.lint.world import world_now
from escalation.models import ChoiceDraft, ProtocolChoice, ProtocolVersion
from escalation.packs import install, read_pack
from escalation.publishing import NotPublishable, Overtaken
from tests.cast import MONDAY

LATER = MONDAY + timedelta(hours=1)
Status = ChoiceDraft.Status
SMALL = read_pack("small_team")["key"]


def line(segment="", product=None, category=None, protocol="five-tier"):
    return {"product": product, "category": category, "segment": segment, "protocol": protocol}


@pytest.fixture
def people(cast):
    """Nora proposes, Omar approves, Ada is a third author."""
    return SimpleNamespace(nora=cast.supervisor, omar=cast.manager, ada=cast.tiers[2])


@pytest.fixture
def small(cast):
    install(read_pack("small_team"), at=MONDAY - timedelta(days=200))
    return SMALL


def proposed(by, *lines, note="Because."):
    draft = choice_drafts.propose(by=by, at=MONDAY)
    for one in lines:
        draft = choice_drafts.add(draft, one, seen=draft.revision, by=by)
    return choice_drafts.describe(draft, note, seen=draft.revision, by=by) if note else draft


def in_force(*lines):
    ProtocolChoice.objects.bulk_create(rows_of(lines))


def approve(draft, by, **more):
    return choice_drafts.approve(draft, **{"seen": draft.revision, "by": by, "at": LATER} | more)


# The road -------------------------------------------------------------------------------------------------------


def test_two_people_put_another_list_in_force_and_open_cases_keep_theirs(cast, people, small):
    older = cast.file()
    draft = proposed(people.nora, line(category=older.category_id, protocol=small))
    assert choice_drafts.in_force() == [], "nothing counts before it is approved"
    assert cast.file().protocol == "five-tier@1"
    made = approve(draft, people.omar)
    assert (made.status, made.number, made.approved_by, made.approved_at) == ("approved", 1, people.omar, LATER)
    assert choice_drafts.in_force() == made.lines == [line(category=older.category_id, protocol=small)]
    newer = cast.file(at=LATER)
    older.refresh_from_db()
    assert (older.protocol, newer.protocol) == ("five-tier@1", f"{small}@1")
    assert newer.protocol_why == f"Line 1: topic {older.category}"


def test_lists_are_numbered_as_they_come_into_force(people):
    approve(proposed(people.nora, line("gold")), people.omar)
    choice_drafts.discard(proposed(people.nora, line("blue")), by=people.omar, at=LATER)
    second = approve(proposed(people.omar, line("silver")), people.nora)
    assert second.number == 2
    assert [one["segment"] for one in second.base] == ["gold"]
    assert [one["segment"] for one in choice_drafts.in_force()] == ["gold", "silver"]


def test_whoever_had_a_hand_in_it_cannot_approve_it(people):
    draft = proposed(people.nora, line("gold"), line("blue"))
    draft = choice_drafts.move(draft, 2, up=True, seen=draft.revision, by=people.omar)
    for person in (people.nora, people.omar):
        with pytest.raises(NotPublishable, match="Somebody else has to approve it"):
            approve(draft, person)
    assert approve(draft, people.ada).number == 1


def test_whoever_wrote_why_cannot_approve_it_either(people):
    draft = proposed(people.nora, line("gold"))
    draft = choice_drafts.describe(draft, "Quite another reason.", seen=draft.revision, by=people.omar)
    with pytest.raises(NotPublishable, match="Somebody else has to approve it"):
        approve(draft, people.omar)
    same = choice_drafts.describe(draft, "Quite another reason.", seen=draft.revision, by=people.ada)
    assert (same.revision, people.ada.pk in same.hands) == (draft.revision, False), "nothing was changed"


def test_the_database_too_wants_two_people_and_one_proposal(people):
    draft = proposed(people.nora, line("gold"))
    whole = {"status": Status.APPROVED, "number": 1, "approved_at": LATER}
    for wrong in ({"approved_by": people.nora}, {"approved_by": None}, {"approved_by": people.omar, "note": ""}):
        with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
            ChoiceDraft.objects.filter(pk=draft.pk).update(**whole | wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        ChoiceDraft.objects.create(lines=[], base=[], made_by=people.omar, made_at=LATER)


def test_there_is_one_proposal_at_a_time(people):
    draft = proposed(people.nora, line("gold"))
    with pytest.raises(NotPublishable, match=f"{people.nora} has proposed a change already"):
        choice_drafts.propose(by=people.omar, at=LATER)
    choice_drafts.discard(draft, by=people.omar, at=LATER)
    assert choice_drafts.propose(by=people.omar, at=LATER).lines == []


def test_lines_are_added_moved_and_taken_off(people):
    draft = proposed(people.nora, line("a"), line("b"), line("c"), note="")
    segments = lambda: [one["segment"] for one in draft.lines]  # noqa: E731
    draft = choice_drafts.move(draft, 3, up=True, seen=3, by=people.nora)
    assert segments() == ["a", "c", "b"]
    draft = choice_drafts.move(draft, 1, up=False, seen=4, by=people.nora)
    assert segments() == ["c", "a", "b"]
    draft = choice_drafts.take_off(draft, 1, seen=5, by=people.nora)
    assert segments() == ["a", "b"]
    for place, up in ((1, True), (2, False), (3, True), (-1, True), (0, False)):
        with pytest.raises(NotPublishable, match="Nothing was moved"):
            choice_drafts.move(draft, place, up=up, seen=6, by=people.nora)
    for place in (0, 3, -1):
        with pytest.raises(NotPublishable, match="Nothing was taken off"):
            choice_drafts.take_off(draft, place, seen=6, by=people.nora)
    with pytest.raises(NotPublishable, match="exactly these cases already"):
        choice_drafts.add(draft, line("b", protocol="other"), seen=6, by=people.nora)
    draft.refresh_from_db()
    assert (segments(), draft.revision) == (["a", "b"], 6)


def test_a_list_does_not_grow_without_end(people, monkeypatch):
    monkeypatch.setattr(choice_drafts, "MOST", 2)
    draft = proposed(people.nora, line("a"), line("b"))
    with pytest.raises(NotPublishable, match="at most 2 lines"):
        choice_drafts.add(draft, line("c"), seen=draft.revision, by=people.nora)


def test_what_was_changed_since_one_looked_is_not_touched(people):
    draft = proposed(people.nora, line("gold"))
    old, _ = draft.revision, choice_drafts.add(draft, line("blue"), seen=draft.revision, by=people.nora)
    with pytest.raises(Overtaken, match="changed while you were reading"):
        approve(draft, people.omar, seen=old)
    for late in (
        lambda: choice_drafts.add(draft, line("red"), seen=old, by=people.omar),
        lambda: choice_drafts.move(draft, 1, up=False, seen=old, by=people.omar),
        lambda: choice_drafts.take_off(draft, 1, seen=old, by=people.omar),
        lambda: choice_drafts.describe(draft, "Other.", seen=old, by=people.omar),
    ):
        with pytest.raises(Overtaken):
            late()
    draft.refresh_from_db()
    assert (len(draft.lines), draft.note, people.omar.pk in draft.hands) == (2, "Because.", False)


def test_what_is_decided_is_not_decided_again(people):
    made = approve(proposed(people.nora, line("gold")), people.omar)
    gone = choice_drafts.discard(proposed(people.nora, line("blue")), by=people.omar, at=LATER)
    for draft, sentence in (
        (made, f"{people.omar} approved this proposal: it is list 1."),
        (gone, f"{people.omar} threw this proposal away."),
    ):
        for late in (
            lambda draft=draft: approve(draft, people.ada),
            lambda draft=draft: choice_drafts.add(draft, line("red"), seen=draft.revision, by=people.nora),
            lambda draft=draft: choice_drafts.discard(draft, by=people.nora, at=LATER),
        ):
            with pytest.raises(NotPublishable) as why:
                late()
            assert why.value.sentences == (sentence,)
    assert [one["segment"] for one in choice_drafts.in_force()] == ["gold"]


def test_the_database_keeps_what_was_decided(people):
    made = approve(proposed(people.nora, line("gold")), people.omar)
    gone = choice_drafts.discard(proposed(people.nora, line("blue")), by=people.omar, at=LATER)
    for draft in (made, gone):
        for write in (
            lambda rows: rows.update(note="Other."),
            lambda rows: rows.update(status="open"),
            lambda rows: rows.delete(),
        ):
            with pytest.raises(DatabaseError, match="A list that was decided cannot be changed"), transaction.atomic():
                write(ChoiceDraft.objects.filter(pk=draft.pk))


# What stands in the way -----------------------------------------------------------------------------------------


def refused(draft, by):
    before = choice_drafts.in_force()
    with pytest.raises(NotPublishable) as why:
        approve(draft, by)
    assert choice_drafts.in_force() == before
    draft.refresh_from_db()
    assert draft.status == Status.OPEN
    return why.value.sentences


def test_neither_without_a_reason_nor_without_a_change(people):
    assert refused(proposed(people.nora, note=""), people.omar) == (
        "Nobody has said why the list changes. Write it first: it stays with the list.",
        "It says the same as the list in force.",
    )


def test_a_list_that_was_changed_elsewhere_is_not_overwritten(people):
    draft = proposed(people.nora, line("gold"))
    in_force(line("silver"))
    (sentence,) = refused(draft, people.omar)
    assert sentence.startswith("The list in force was changed after this proposal was drawn up from it.")


def test_every_protocol_named_has_a_version_in_force(people, cast):
    publishing.draft(
        ProtocolVersion, "moon", document=read_pack("five_tier")["protocol"], by=people.nora, at=MONDAY
    )  # a draft is not in force
    draft = proposed(people.nora, line("gold"), line("blue", protocol="moon"))
    assert refused(draft, people.omar) == ("Line 2 names “moon”, of which no version is in force.",)


def test_a_product_or_topic_that_is_gone(people):
    phone = Product.objects.create(slug="phone", name="Phone")
    draft = proposed(people.nora, line(product=phone.pk))
    phone.delete()
    assert "something that is gone" in differences([], draft.lines)[0].sentence()
    assert refused(draft, people.omar) == ("Line 1 is for a product or topic that is gone. Take it off.",)


@pytest.mark.parametrize(
    ("lines", "sentences"),
    [
        ([line("gold"), line("gold")], ["Lines 1 and 2 are for exactly the same cases. Take one of them off."]),
        ([line(), line("gold")], ["Line 1 is for every case, so line 2 would never count. Move line 1 to the end."]),
        ([line("gold"), line(product=7), line("gold", product=7)], ["Line 3 would never count: line 1 takes all of its cases. Move it above line 1."]),
        ([line("gold", product=7), line(product=7), line("gold"), line()], []),
        ([line(category=1), line(category=2), line(product=1)], []),
    ],
)  # fmt: skip
def test_a_line_no_case_comes_to(lines, sentences):
    assert unreached(lines) == sentences


def test_a_line_no_case_comes_to_is_not_approved(people):
    in_force(line("gold"), line())
    draft = proposed(people.nora, line("blue"))
    assert refused(draft, people.omar) == ("Line 2 is for every case, so line 3 would never count. Move line 2 to the end.",)  # fmt: skip
    draft = choice_drafts.move(draft, 3, up=True, seen=draft.revision, by=people.nora)
    assert approve(draft, people.omar).number == 1


# What differs ---------------------------------------------------------------------------------------------------


def said(old, new):
    return [one.sentence({"five-tier": "Five", "small": "Small"}) for one in differences(old, new)]


def test_what_differs_is_said_in_words(db):
    billing = Category.objects.create(slug="bills", name="Bills")
    old = [line("a"), line("b"), line("c"), line(category=billing.pk)]
    assert said(old, old) == []
    assert said(old, old[1:]) == ["Line 1 taken off: any product, any topic, customers of “a”: Five."]
    assert said(old, [*old, line("d")]) == ["Line 5 added: any product, any topic, customers of “d”: Five."]
    assert said(old, [old[3], *old[:3]]) == ["Line 4 is line 1 now: any product, Bills, any customer: Five."]
    assert said(old, [old[0], line("b", protocol="small"), *old[2:]]) == [
        "Line 2 changed: any product, any topic, customers of “b”: Small instead of Five."
    ]
    assert said(old, [old[1], old[2], line("a", protocol="small")]) == [
        "Line 3, line 1 before, changed: any product, any topic, customers of “a”: Small instead of Five.",
        "Line 4 taken off: any product, Bills, any customer: Five.",
    ]


def test_of_two_lines_for_the_same_cases_the_right_one_is_missed(db):
    assert [(one.kind, one.before) for one in differences([line("a"), line("b"), line("a")], [line("a"), line("b")])] == [("taken off", 3)]  # fmt: skip


# What it would have changed -------------------------------------------------------------------------------------


def test_the_effect_is_what_filing_would_have_done(cast, small):
    """Every case is filed anew under the other list, and the count of those that differ is the count that was foretold."""
    phone = Product.objects.create(slug="phone", name="Phone")
    topics = {slug: Category.objects.get(slug=slug) for slug in ("orders", "billing")}
    cast.customer.segment = "gold"
    cast.customer.save(update_fields=["segment"])
    told = [
        (verbs.Told("A case", "Text", topics[topic], "loss", "", product), who)
        for topic in topics
        for product in (None, phone)
        for who in (cast.customer, cast.other, cast.other)
    ]
    before = [verbs.file_case(one, by=who, at=MONDAY) for one, who in told]
    old = choice_drafts.in_force()
    new = [line("gold", category=topics["billing"].pk, protocol=small), line(product=phone.pk, protocol=small)]
    found = effect(Case.objects.all(), old, new, at=LATER)
    in_force(*new)
    after = [verbs.file_case(one, by=who, at=LATER) for one, who in told]
    moved = [b for b, a in zip(before, after, strict=True) if b.protocol.split("@")[0] != a.protocol.split("@")[0]]
    assert (found.looked_at, found.moved) == (12, 7) == (len(told), len(moved))
    assert {pk for pk, _ in found.examples} == {case.pk for case in moved}
    assert [(one.why, one.before, one.after, one.cases) for one in found.lines] == [
        ("Line 2: product Phone", "five-tier", small, 5),
        ("Line 1: topic Billing and payments, customers of “gold”", "five-tier", small, 2),
    ]


def test_the_effect_leaves_out_what_was_not_filed_here_lately(cast, small):
    cases = [cast.file() for _ in range(6)]
    drill, history, early, unproven, plain, gold = cases
    Case.everything.filter(pk=drill.pk).update(is_drill=True)
    Case.objects.filter(pk=history.pk).update(is_history=True)
    Case.objects.filter(pk=early.pk).update(filed_at=LATER - WINDOW - timedelta(seconds=1))
    Case.objects.filter(pk=unproven.pk).update(is_proven=False)
    Case.objects.filter(pk=plain.pk).update(customer=cast.other)
    cast.customer.segment = "gold"
    cast.customer.save(update_fields=["segment"])
    found = effect(Case.objects.all(), [], [line("gold", protocol=small)], at=LATER)
    assert (found.looked_at, found.moved, found.examples) == (3, 1, ((gold.pk, gold.reference),))
    assert effect(Case.objects.none(), [], [line("gold", protocol=small)], at=LATER).looked_at == 0


def test_the_examples_are_the_newest_also_of_eleven_sorts(cast, small):
    """The newest case is the only one of its sort; the ten other sorts have two cases each."""
    products = [Product.objects.create(slug=f"p{number}", name=f"P{number}") for number in range(11)]
    topic = Category.objects.get(slug="orders")
    for hours, product in enumerate(products):
        told = (verbs.Told("A", "b", topic, "loss", "", product), cast.customer)
        verbs.file_many([told] * (1 if product is products[-1] else 2), at=MONDAY + timedelta(hours=hours))
    with CaptureQueriesContext(connection) as queries:
        found = effect(
            Case.objects.all(), [], [line(category=topic.pk, protocol=small)], at=MONDAY + timedelta(hours=20)
        )
    newest = Case.objects.order_by("-filed_at", "-pk").values_list("pk", "reference")[:10]
    assert (found.moved, found.examples) == (21, tuple(newest))
    assert newest[0] == Case.objects.filter(product=products[-1]).values_list("pk", "reference").get()
    assert len([one for one in queries if "cases_case" in one["sql"]]) == 2


def test_the_effect_asks_as_much_of_a_hundred_cases_as_of_one(cast, small):
    topic = Category.objects.get(slug="orders")
    new = [line(category=topic.pk, protocol=small)]

    def asked(count):
        verbs.file_many([(verbs.Told("A", "b", topic, "loss"), cast.customer) for _ in range(count)], at=MONDAY)
        with CaptureQueriesContext(connection) as queries:
            found = effect(Case.objects.all(), [], new, at=LATER)
        return found, len(queries)

    one, few = asked(1)
    many, still = asked(100)
    assert (one.moved, many.moved, len(many.examples)) == (1, 101, 10)
    assert few == still <= 4
    newest = Case.objects.order_by("-filed_at", "-pk").values_list("pk", flat=True)[:10]
    assert [pk for pk, _ in many.examples] == list(newest)


# Who reads the rows ---------------------------------------------------------------------------------------------


def test_filing_and_the_linter_read_the_rows_and_no_proposal(cast, people, small):
    topic = Category.objects.get(slug="billing")
    draft = proposed(people.nora, line(category=topic.pk, protocol=small))
    rules = publishing.in_force(ProtocolVersion, small).document

    def categories():
        return set(world_now(LATER, key=small, topics=rules["topics"]).categories)

    def filing():
        with CaptureQueriesContext(connection) as queries:
            cast.file(at=LATER)
        return [q["sql"] for q in queries if "protocolchoice" in q["sql"].lower() or "choicedraft" in q["sql"].lower()]

    before, asked = categories(), filing()
    approve(draft, people.omar)
    assert categories() == {"billing"} != before
    again = filing()
    assert len(asked) == len(again) == 1 and "choicedraft" not in again[0].lower()
