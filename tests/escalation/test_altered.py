"""A copy with some fields changed is what `dataclasses.replace` gives, for every kind of record the engine copies."""

from dataclasses import dataclass, fields, replace

import pytest

from escalation.altered import altered
from escalation.facts import KINDS, ClockFact, Decision, Facts

COPIED = (ClockFact, Facts, Decision, *KINDS.values())


@pytest.mark.parametrize("kind", COPIED, ids=lambda kind: kind.__name__)
def test_it_is_what_replace_gives(kind):
    names = [field.name for field in fields(kind)]
    record = kind(**{name: f"old {name}" for name in names})
    for chosen in ((), names[:1], names[-2:], names):
        changes = {name: f"new {name}" for name in chosen}
        assert altered(record, **changes) == replace(record, **changes)
    assert record == kind(**{name: f"old {name}" for name in names})


def test_a_name_it_does_not_have_is_refused():
    with pytest.raises(TypeError, match="no field 'promised'"):
        altered(Decision(), move="answer", promised=True)


@dataclass(frozen=True)
class Loose:
    one: int


def test_a_record_without_slots_is_refused():
    with pytest.raises(TypeError, match="Loose"):
        altered(Loose(1), one=2)
