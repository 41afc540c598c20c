"""Everything somebody could do to the log with the guards down is found, and found where it was done."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from cases import chain, guards
from cases.models import Anchor, Case, Event
from cases.models.event import event_hash
from cases.snapshot import snapshot
from escalation import verbs
from tests.cast import MONDAY, gather

LATER = MONDAY + timedelta(hours=3)


@pytest.fixture
def cast(db):
    return gather()


def story(cast, title="Charged twice"):
    """A case with five events."""
    case = cast.file(title=title)
    category, tom = case.category, cast.tiers[1]
    minute = timedelta(minutes=1)
    verbs.assess(case.pk, severity=2, complexity=1, category=category, by=tom, at=MONDAY + minute)
    verbs.acknowledge(case.pk, by=tom, at=MONDAY + 2 * minute)
    verbs.update(case.pk, text="We found the payment.", by=tom, at=MONDAY + 3 * minute)
    verbs.note(case.pk, text="Call the bank.", by=tom, at=MONDAY + 4 * minute)
    return Case.objects.get(pk=case.pk)


def unguard():
    connection.check_constraints()
    guards.remove(connection)


def flaws(folder):
    _, found = chain.verify(folder)
    return [(flaw.case, flaw.seq) for flaw in found]


def event(case, seq):
    return Event.everything.filter(case=case, seq=seq)


def rewrite(case, seq, **values):
    """Changes an event and mends every hash after it, and the case's head: what a patient forger would do."""
    event(case, seq).update(**values)
    head = ""
    for row in Event.everything.filter(case=case).order_by("seq"):
        row.prev = head
        head = event_hash(row)
        event(case, row.seq).update(prev=row.prev, hash=head)
    Case.everything.filter(pk=case.pk).update(event_head=head)


def cut(case, keep):
    """Takes the tail off and sets the case back, so that the chain is whole."""
    Event.everything.filter(case=case, seq__gt=keep).delete()
    last = event(case, keep).get()
    Case.everything.filter(pk=case.pk).update(event_seq=keep, event_head=last.hash)


def swap(case, one, other):
    event(case, one).update(seq=99)
    event(case, other).update(seq=one)
    event(case, 99).update(seq=other)


PLAIN = {
    "data": (lambda c: event(c, 2).update(data={"to": "closed"}), 2),
    "one value in the data": (lambda c: event(c, 3).update(data=event(c, 3).get().data | {"tier": 5}), 3),
    "kind": (lambda c: event(c, 2).update(kind="noted"), 2),
    "when it was true": (lambda c: event(c, 4).update(occurred_at=MONDAY), 4),
    "when it was written": (lambda c: event(c, 4).update(recorded_at=F("occurred_at") + timedelta(hours=1)), 4),
    "who": (lambda c: event(c, 2).update(actor=None), 2),
    "role": (lambda c: event(c, 1).update(role="staff"), 1),
    "protocol": (lambda c: event(c, 5).update(protocol="other@1"), 5),
    "what happens once": (lambda c: event(c, 2).update(once="x"), 2),
    "drill": (lambda c: event(c, 2).update(is_drill=True), 2),
    "hash": (lambda c: event(c, 2).update(hash="0" * 64), 2),
    "previous hash": (lambda c: event(c, 3).update(prev="0" * 64), 3),
    "first taken out": (lambda c: event(c, 1).delete(), 1),
    "middle taken out": (lambda c: event(c, 3).delete(), 3),
    "last taken out": (lambda c: event(c, 5).delete(), 5),
    "tail cut": (lambda c: Event.everything.filter(case=c, seq__gt=2).delete(), 3),
    "all taken out": (lambda c: Event.everything.filter(case=c).delete(), 1),
    "two swapped": (lambda c: swap(c, 2, 3), 2),
    "first and last swapped": (lambda c: swap(c, 1, 5), 1),
    "head of the case": (lambda c: Case.everything.filter(pk=c.pk).update(event_head="0" * 64), 5),
    "number of the case": (lambda c: Case.everything.filter(pk=c.pk).update(event_seq=4), 5),
    "numbers moved on": (lambda c: event(c, 5).update(seq=6), 5),
}
FORGED = {
    "changed and mended": (lambda c: rewrite(c, 2, data={"to": "closed"}), 5),
    "last changed and mended": (lambda c: rewrite(c, 5, recorded_at=LATER), 5),
    "tail cut and the case set back": (lambda c: cut(c, 3), 5),
    "cut to the first": (lambda c: cut(c, 1), 5),
    "taken out and mended": (lambda c: (cut(c, 4), rewrite(c, 1, kind="filed")), 5),
    "all of it gone, and the case": (
        lambda c: (Event.everything.filter(case=c).delete(), Case.everything.filter(pk=c.pk).update(event_seq=0)),
        5,
    ),
}


@pytest.mark.parametrize(("act", "seq"), PLAIN.values(), ids=PLAIN)
def test_tampering_is_located(cast, tmp_path, act, seq):
    case, other = story(cast), story(cast, "Another one")
    assert flaws(tmp_path) == []
    unguard()
    act(case)
    found = flaws(tmp_path)
    assert (case.reference, seq) in found
    assert other.reference not in {reference for reference, _ in found}


@pytest.mark.parametrize(("act", "seq"), FORGED.values(), ids=FORGED)
def test_a_forged_chain_is_found_by_its_anchor(cast, tmp_path, act, seq):
    case, other = story(cast), story(cast, "Another one")
    assert chain.make_anchor(LATER, tmp_path) is not None
    assert flaws(tmp_path) == []
    unguard()
    act(case)
    found = flaws(tmp_path)
    assert (case.reference, seq) in found
    assert other.reference not in {reference for reference, _ in found}


def test_the_guards_refuse_in_the_database(cast):
    case = story(cast)
    for act in (lambda: event(case, 2).update(kind="x"), lambda: event(case, 2).delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


# --- Anchors


def test_an_anchor_covers_what_is_ten_minutes_old_and_is_made_once(cast, tmp_path):
    story(cast)
    assert chain.make_anchor(MONDAY + timedelta(minutes=9), tmp_path) is None
    some = chain.make_anchor(MONDAY + timedelta(minutes=12), tmp_path)
    assert some.events == 3  # filed at 0, assessed at 1, acknowledged at 2 minutes
    rest = chain.make_anchor(LATER, tmp_path)
    assert rest.events == 5
    assert chain.make_anchor(LATER, tmp_path) is None
    assert len((tmp_path / chain.FILE).read_text().splitlines()) == 2
    assert flaws(tmp_path) == []


def test_an_anchor_that_cannot_be_written_outside_leaves_no_row(cast, tmp_path):
    story(cast)
    blocked = tmp_path / "a file"
    blocked.write_text("")
    with pytest.raises(OSError, match=r"a file"):
        chain.make_anchor(LATER, blocked)
    assert not Anchor.objects.exists()


@pytest.fixture
def anchored(cast, tmp_path):
    case = story(cast)
    chain.make_anchor(MONDAY + timedelta(minutes=12), tmp_path)
    story(cast, "Another one")
    chain.make_anchor(LATER, tmp_path)
    return case, tmp_path / chain.FILE


def said(folder):
    return " ".join(str(flaw) for flaw in chain.verify(folder)[1])


def test_a_line_taken_out_or_changed_is_found(anchored):
    _, path = anchored
    first, second = path.read_text().splitlines()
    path.write_text(second + "\n")
    assert "line 1" in said(path.parent)
    path.write_text(first + "\n")
    assert "is not in anchors.jsonl" in said(path.parent)
    changed = json.loads(first) | {"events": 1}
    path.write_text(json.dumps(changed) + "\n" + second + "\n")
    assert "line 2 of anchors.jsonl does not follow" in said(path.parent)
    path.write_text("not json\n" + second + "\n")
    assert "line 1 of anchors.jsonl cannot be read" in said(path.parent)
    path.unlink()
    assert said(path.parent).count("is not in anchors.jsonl") == 2


def test_a_row_of_the_table_taken_out_or_changed_is_found(anchored):
    _, path = anchored
    unguard()
    Anchor.objects.order_by("last_event_id").first().delete()
    assert "line 1 of anchors.jsonl and the table of anchors do not agree" in said(path.parent)


def test_without_the_file_the_table_alone_shows_a_forgery(anchored):
    case, path = anchored
    unguard()
    path.unlink()
    before = said(path.parent)
    rewrite(case, 2, data={"to": "closed"})
    assert "is not the one that was anchored" in said(path.parent)
    assert "is not the one that was anchored" not in before
    cut(case, 4)
    assert "are gone or new" in said(path.parent)


# --- The command, and the moment it reads


def command(*args):
    """Exit code and what `verify_log` said."""
    out = io.StringIO()
    try:
        call_command("verify_log", "--json", *args, stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        return end.code, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_the_command_anchors_what_is_sound_and_ends_with_1_when_it_is_not(cast, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    case = story(cast)
    code, said = command("--anchor")
    assert (code, said["ok"], said["events"], said["cases"]) == (0, True, 5, 1)
    assert said["anchored_up_to"] == event(case, 5).get().pk
    assert command()[1]["anchors"] == 1
    unguard()
    cut(case, 4)
    code, said = command("--anchor")
    assert (code, said["ok"], said["anchored_up_to"]) == (1, False, None)
    assert {"case": case.reference, "seq": 5, "what": "was anchored and is missing"} in said["found"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_written_meanwhile_is_not_seen_and_not_held_up():
    cast = gather()

    def file():
        cast.file()
        connection.close()

    with snapshot():
        assert Case.objects.count() == 0
        with ThreadPoolExecutor(1) as pool:
            pool.submit(file).result()
        assert Case.objects.count() == 0
    assert Case.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_after_reading_one_can_write_again():
    cast = gather()
    with pytest.raises(ZeroDivisionError), snapshot():
        assert Case.objects.count() == 0 / 0
    cast.file()
    with snapshot():
        assert Case.objects.count() == 1
