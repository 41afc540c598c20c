"""“@Tom Reed” in a note tells Tom Reed, if he may see the case; who cannot be told is said, and nothing is written."""

from __future__ import annotations

import pytest

from cases.models import Category, Event, Note
from escalation import verbs
from escalation.letters import NotNeeded, compose
from escalation.models import Notice
from escalation.verbs import Refused
from tests.cast import gather, person
from tests.escalation.sound import assert_sound
from tests.escalation.stories import MINUTE, bring, now_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return gather()


@pytest.fixture
def case(cast):
    return bring(cast, "working")


def write(cast, case, text, by=None):
    case.refresh_from_db()
    return verbs.note(case.pk, text=text, by=by or cast.tiers[1], at=now_of(case) + MINUTE)


def told(case):
    return sorted(Notice.objects.filter(case=case, kind="mentioned").values_list("recipient__name", flat=True))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Mara Lindt please look.", ["Mara Lindt"]),
        ("Ask @mara, and (@Priya Shah)!", ["Mara Lindt", "Priya Shah"]),
        ("@dana @Dana Voss @DANA", ["Dana Voss"]),
        ("@mate knows: @Ana Mate.", ["Ana Mate"]),
        ("To myself: @Tom Reed", []),
        ("Write to sam@example.com @ 5 pm, or a@b.c @", []),
    ],
)
def test_whom_a_note_names_is_told_once(cast, case, text, names):
    write(cast, case, text)
    assert told(case) == names
    event = Event.objects.filter(case=case).order_by("-seq").first()
    assert event.kind == "noted" and len(event.data["args"]["tell"]) == len(names)
    assert_sound(case)


def test_the_letter_says_who_and_nothing_of_the_note(cast, case):
    write(cast, case, "@Mara Lindt: the customer owes us money.")
    notice = Notice.objects.get(case=case, kind="mentioned")
    letter = compose(notice, now_of(case))
    assert letter.subject.startswith("Tom names you: ") and "/console/cases/case/" in letter.text
    assert "owes us" not in letter.text + letter.subject


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("@Tim look", "Nobody who works on cases is called “@Tim”."),
        ("@Sam Okafor wrote", "Nobody who works on cases is called “@Sam”."),  # a customer
        ("@Max Manager look", "Nobody who works on cases is called “@Max”."),
        ("@Mara Lindtner", "Nobody who works on cases"),
        ("@Ana look", "could be several colleagues. Write one of: @mate (Ana Mate), @ana.two (Ana Two)."),
    ],
)
def test_who_is_not_known_is_said_and_nothing_is_written(cast, case, text, sentence):
    person("ana.two@example.com", "Ana Two", is_staff=True).groups.set(cast.mate.groups.all())
    if text == "@Mara Lindtner":
        text = "@Lindtner"
    before = Note.objects.count(), Event.objects.count()
    with pytest.raises(Refused) as why:
        write(cast, case, text)
    assert sentence in str(why.value) and why.value.field == "text"
    assert (Note.objects.count(), Event.objects.count()) == before


def test_who_may_not_see_the_case_is_not_told(cast, case, settings):
    settings.STAFF_SEE = "teams"
    with pytest.raises(Refused, match="Priya Shah may not see this case"):
        write(cast, case, "@Priya Shah look")
    settings.STAFF_SEE = "all"
    write(cast, case, "@Priya Shah look")
    Category.objects.filter(pk=case.category_id).update(is_restricted=True)
    # Restricted meanwhile: the letter that waits is not sent.
    with pytest.raises(NotNeeded, match="may not see the case any more"):
        compose(Notice.objects.get(case=case, kind="mentioned"), now_of(case))
    with pytest.raises(Refused, match="Priya Shah may not see this case"):
        write(cast, case, "@Priya Shah again")


def test_no_more_than_ten(cast, case):
    group = cast.mate.groups.all()
    for number in range(11):
        person(f"p{number}@example.com", f"Person{number} X", is_staff=True).groups.set(group)
    with pytest.raises(Refused, match="11 colleagues are named with @"):
        write(cast, case, " ".join(f"@p{number}" for number in range(11)))
