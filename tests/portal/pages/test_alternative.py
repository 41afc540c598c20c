"""The alternative we offered: the letter leads there, looking changes nothing, the customer says yes or no once."""

from __future__ import annotations

from datetime import timedelta

from cases.models import Note
from feedback import post_mortem_acts
from feedback.models import Alternative, Measure
from portal import clock
from tests.portal import post_mortem_stories as stories
from tests.portal.pages.scene import working


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_the_customer_reads_the_offer_and_says_yes_once(cast, sam):
    case = working(cast)
    page, offer = f"/c/{case.reference}/", f"/c/{case.reference}/alternative/"
    assert sam.get(offer).status_code == 404 and "Our offer" not in text(sam.get(page))
    found = post_mortem_acts.open_by_hand(case, "Look.", by=cast.supervisor, at=clock.now())
    stories.offered(cast, found, clock.now())
    tag = sam.get(page)["ETag"]
    assert "Read our offer" in text(sam.get(page))
    said = text(sam.get(offer))
    assert "We are sorry that you waited." in said and said.count("by hand instead of waiting") == 1
    assert sam.head(offer).status_code == 200 and Alternative.objects.get().answer == ""
    # Nothing chosen, nonsense, an older offer: the sentence, and nothing has changed.
    number = Alternative.objects.get().pk
    for typed, words in (
        ({"seen": str(number)}, "Choose yes or no."),
        ({"seen": str(number), "answer": "perhaps"}, "Choose yes or no."),
        ({"seen": str(number - 1), "answer": "accepted"}, "We have made you another offer meanwhile"),
        ({"answer": "accepted"}, "We have made you another offer meanwhile"),
    ):
        assert words in text(sam.post(offer, typed)), typed
        assert Alternative.objects.get().answer == "" and not Measure.objects.exists()
    yes = {"seen": str(number), "answer": "accepted"}
    for _ in range(2):
        assert sam.post(offer, yes).status_code == 303
    assert "You said yes to our offer." in text(sam.get(page)) and sam.get(page)["ETag"] != tag
    assert "You have answered already" in text(sam.post(offer, yes | {"answer": "declined"}))
    assert Note.objects.filter(case=case, text__startswith="The customer accepted").count() == 1


def test_a_newer_offer_takes_the_place_of_the_one_that_was_declined(cast, sam):
    case = working(cast)
    offer = f"/c/{case.reference}/alternative/"
    found = post_mortem_acts.open_by_hand(case, "Look.", by=cast.supervisor, at=clock.now())
    first = stories.offered(cast, found, clock.now())
    assert sam.post(offer, {"seen": str(first.pk), "answer": "declined"}).status_code == 303
    assert not Measure.objects.exists() and "You said no" in text(sam.get(offer))
    stories.offered(cast, found, clock.now() + timedelta(seconds=1), alternative="A month free of charge.")
    assert "A month free of charge." in text(sam.get(offer)) and "You said no" not in text(sam.get(offer))
