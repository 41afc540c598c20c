"""Small shared fixtures: the cast, and a check that an act changed nothing at all."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from cases.models import Case
from escalation.protocol import MissingCell
from escalation.verbs import Refused
from tests.cast import Cast, gather
from tests.escalation.sound import everything


@pytest.fixture
def cast(db) -> Cast:
    return gather()


@pytest.fixture
def case(cast) -> Case:
    """A case just filed: severity high, level 1, Monday 10:00."""
    return cast.file()


@pytest.fixture
def refused():
    """`with refused("part of the sentence"):` the act inside must be refused and leave every row as it was."""

    @contextmanager
    def check(words: str = "", error: type[Exception] | tuple[type[Exception], ...] = (Refused, MissingCell)):
        before = everything()
        with pytest.raises(error) as caught:
            yield
        sentence = str(caught.value)
        assert words in sentence, sentence
        assert sentence[0].isupper() and sentence[-1] in ".?!", sentence
        assert everything() == before

    return check
