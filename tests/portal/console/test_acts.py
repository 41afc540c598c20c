"""Every verb through its real page: looking changes nothing, sending does one thing once, refusals keep what was typed."""

import html
import re
from datetime import timedelta

import pytest

from cases.models import Category, Consult, Event, Message, Note, Task
from escalation import verbs
from escalation.facts import Clock
from escalation.letters import compose
from escalation.models import Notice, StageClock
from portal.console.deeds import DEEDS
from portal.console.words import clock_name
from tests.escalation.stories import PACKET, timerless
from tests.portal.console import stories
from tests.portal.console.stories import act_url, hidden, page_url

#: verb -> (the case's story, who acts, what is typed, the event it must leave)
ACTS = {
    "assess": (lambda c: c.file(at=stories.minutes(20)), 1, {"severity": "1", "complexity": "2", "category": "billing"}, "assessed"),
    "change_severity": (stories.acknowledged, 1, {"severity": "1", "reason": "The whole shop is down."}, "assessed"),
    "review": (stories.passed_up, 2, {"severity": "2"}, "reviewed"),
    "acknowledge": (stories.reviewed, 2, {}, "acknowledged"),
    "update": (stories.acknowledged, 1, {"text": "The bank has it."}, "updated"),
    "move_promise": (
        stories.acknowledged, 1, {"next_at": "2026-01-12T11:30", "reason": "The carrier needs longer."}, "promise_moved",
    ),
    "wait_customer": (stories.acknowledged, 1, {"question": "Which card?"}, "asked_customer"),
    "wait_partner": (stories.acknowledged, 1, {"partner": "The bank", "text": "We asked them."}, "waits_for_partner"),
    "partner_answered": (stories.waiting_partner, 1, {}, "partner_answered"),
    "answer": (
        stories.investigated, 1,
        {"text": "Paid back.", "outcome": "refunded", "amount": 10, "root_cause": "Double click", "remedy": "10 off",
         "cause": "slip", "prevents": "yes", "prevention": "The button sleeps after a press."}, "answered",
    ),
    "escalate": (stories.acknowledged, 1, {"also": "Asked the bank.", "reason": "It needs a manager."}, "escalated"),
    "return_down": (stories.passed_up, 2, {"reason": "We can do it here."}, "returned_down"),
    "offer": (stories.acknowledged, 1, {"to": "mate", **PACKET}, "offered"),
    "accept_offer": (stories.offered, 8, {}, "offer_accepted"),
    "return_offer": (stories.offered, 8, {"reason": "I leave at four."}, "offer_returned"),
    "withdraw_offer": (stories.offered, 1, {}, "offer_withdrawn"),
    "hand_over": (stories.acknowledged, 9, {"to": "mate", **PACKET}, "handed_over"),
    "help_back": (stories.passed_up, 9, {"words": "You may refund it."}, "helped_back"),
    "mark_upset": (stories.acknowledged, 5, {"reason": "Shouted."}, "marked_upset"),
    "mark_calm": (stories.upset, 1, {}, "calmed"),
    "take_over": (stories.acknowledged, 9, {}, "handed_over"),
    "note": (stories.acknowledged, 5, {"text": "Called, no answer."}, "noted"),
    "answer_supervisor": (stories.asked_supervisor, 9, {"granted": "yes", "text": "I take care."}, "supervisor_answered"),
    "apologise": (stories.acknowledged, 9, {"text": "We are sorry."}, "apologised"),
    "merge": (stories.acknowledged, 1, {"into": "other"}, "merged"),
    "emergency": (stories.acknowledged, 5, {}, "emergency"),
    "justify": (stories.emergency, 1, {"reason": "The whole shop is down."}, "justified"),
    "keep": (stories.asked_supervisor, 1, {"reason": "The bank answers today."}, "kept"),
    "adopt": (stories.older_version, 9, {"to": "five-tier@2"}, "adopted"),
    "close": (lambda c: timerless(stories.answered(c)), 9, {}, "closed"),
    "add_task": (stories.acknowledged, 1, {"text": "Ring the depot", "due_at": "2026-01-13T11:30", "shown": "on"}, "task_added"),
    "finish_task": (stories.planned, 5, {"task": "first"}, "task_finished"),
    "change_task": (stories.planned, 1, {"task": "first", "due_at": "2026-01-14T11:30"}, "task_changed"),
    "drop_task": (stories.planned, 1, {"task": "first", "reason": "They rang us."}, "task_dropped"),
    "consult": (
        stories.with_expert, 1, {"expert": "priya", "question": "May we?", "due_at": "2026-01-13T11:30"}, "expert_asked",
    ),
    "answer_consult": (stories.asked_expert, 3, {"consult": "first", "answer": "Yes."}, "expert_answered"),
    "take_back_question": (stories.asked_expert, 1, {"consult": "first"}, "question_taken_back"),
    "log_call": (stories.unreached, 5, {"side": "theirs", "text": "The blue one."}, "customer_wrote"),
    "correct_customer_address": (
        stories.unreached, 9, {"address": "sam.right@example.com", "reason": "Spelt it out."}, "address_corrected",
    ),
    "told_by_phone": (
        stories.unreached, 1, {"notice": "lost", "who": "Sam", "when": "2026-01-12T10:20", "words": "Which card?"},
        "told_by_phone",
    ),
    "give_up": (stories.unreached, 1, {"notice": "lost", "reason": "They came by."}, "gave_up"),
    "tried": (stories.acknowledged, 5, {"also": "Asked the bank."}, "noted"),
    "investigate": (
        stories.acknowledged, 1, {"hypotheses": "A slip.", "findings": "It was one.", "cause": "slip"}, "noted",
    ),
    "change_topic": (stories.acknowledged, 1, {"category": "orders"}, "topic_changed"),
    "remind": (stories.acknowledged, 9, {}, "reminded"),
}  # fmt: skip


def person(cast, number):
    return {8: cast.mate, 9: cast.supervisor}.get(number) or cast.tiers[number]


def typed(cast, data):
    data = dict(data)
    if data.get("category"):
        data["category"] = str(Category.objects.get(slug=data["category"]).pk)
    if data.get("to") == "mate":
        data["to"] = str(cast.mate.pk)
    if data.get("task") == "first":
        data["task"] = str(Task.objects.get().pk)
    if data.get("notice") == "lost":
        data["notice"] = str(Notice.objects.get(state="dead").pk)
    if data.get("consult") == "first":
        data["consult"] = str(Consult.objects.get().pk)
    if data.get("expert") == "priya":
        data["expert"] = str(cast.tiers[3].pk)
    if data.get("into") == "other":
        data["into"] = cast.file(title="The same again").reference
    return data


def test_every_deed_is_tried():
    assert set(ACTS) == set(DEEDS)


def assert_foreseen(preview, case):
    """The letters the last event owes the customer, and the running clocks, are those of the preview."""
    last = Event.objects.filter(case=case).latest("seq").seq
    owed = Notice.objects.filter(case=case, to_customer=True, key__contains=f":{last}:").order_by("pk")
    letters = [compose(notice, notice.owed_at) for notice in owed]
    assert [one.subject for one in letters] == [one["subject"] for one in preview.letters]
    assert [one.kept_text for one in letters] == [one["text"] for one in preview.letters]
    running = {clock_name(c.kind): c.due_at for c in StageClock.objects.filter(case=case, outcome=None)}
    foreseen = {row["name"]: row["new"] for row in preview.clocks if row["new_words"] != "Ended" or row["new"]}
    assert foreseen.keys() == running.keys()
    for name, due in running.items():
        assert (due is None) == (foreseen[name] is None), name
        assert due is None or abs(due - foreseen[name]) < timedelta(seconds=30), name


@pytest.mark.parametrize("verb", ACTS)
def test_looking_changes_nothing_and_sending_does_it_once(verb, signed_in, cast, monday, everything):
    story, number, data, kind = ACTS[verb]
    case, data = story(cast), typed(cast, data)
    client, before = signed_in(person(cast, number)), everything()
    page = client.get(act_url(case, verb))
    assert page.status_code == 200
    assert everything() == before
    text = page.content.decode()
    assert "What the customer will be told" in text
    assert "What happens to the clocks" in text

    # What is shown of the very same form is what sending it does; showing it does nothing.
    shown = client.post(act_url(case, verb), hidden(page) | data | {"show": "1"})
    assert (shown.status_code, shown.context["preview"].sentence) == (200, "")
    assert everything() == before

    sent = client.post(act_url(case, verb), hidden(page) | data)
    assert sent.status_code == 303, html.unescape(sent.content.decode())
    assert_foreseen(shown.context["preview"], case)
    assert sent["Location"] == page_url(case)
    last = Event.objects.filter(case=case).order_by("-seq").first()
    assert (last.kind, last.actor) == (kind, person(cast, number))

    after = everything()
    again = client.post(act_url(case, verb), hidden(page) | data)
    assert again.status_code == 303
    assert everything() == after

    shown = client.get(page_url(case)).content.decode()
    assert shown.count('class="done"') == 2  # one for each press, each told once
    assert 'class="done"' not in client.get(page_url(case)).content.decode()


@pytest.mark.parametrize("verb", sorted({v for v, a in ACTS.items() if a[2]} - {"assess", "review", "adopt"}))
def test_an_empty_form_says_what_is_missing_and_writes_nothing(verb, signed_in, cast, monday, everything):
    story, number, _, _ = ACTS[verb]
    case = story(cast)
    client, before = signed_in(person(cast, number)), everything()
    page = client.get(act_url(case, verb))
    answer = client.post(act_url(case, verb), hidden(page))
    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()
    assert "<title>Error: " in answer.content.decode()
    assert everything() == before


def test_the_button_names_the_act_and_its_level(signed_in, cast, monday):
    text = signed_in(cast.tiers[1]).get(act_url(stories.acknowledged(cast), "escalate")).content.decode()
    assert "Pass up to level 2" in text


def test_the_try_out_shows_the_times_that_sending_makes(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    client = signed_in(cast.tiers[1])
    page = client.get(act_url(case, "escalate"))
    rows = {row["name"]: row for row in page.context["preview"].clocks}
    client.post(act_url(case, "escalate"), hidden(page) | {"also": "Asked.", "reason": "A manager must decide."})
    made = {c.kind: c for c in StageClock.objects.filter(case=case, outcome__isnull=True)}
    for kind, name in ((Clock.REVIEW, "SLA review"), (Clock.ACKNOWLEDGE, "Acknowledgment")):
        assert abs(rows[name]["new"] - made[kind].due_at) < timedelta(seconds=30)
    assert rows["Progress update"]["what"] == "ends"
    assert Clock.UPDATE not in made


def test_what_was_put_off_once_is_offered_an_earlier_time_only(signed_in, cast, monday):
    case, client = stories.acknowledged(cast), signed_in(cast.tiers[1])
    page = client.get(act_url(case, "move_promise"))
    assert "At the latest" in page.content.decode() and not page.context["preview"].sentence
    latest = page.context["form"].latest
    typed = {"next_at": f"{latest:%Y-%m-%dT%H:%M}", "reason": "The carrier needs longer."}
    assert client.post(act_url(case, "move_promise"), hidden(page) | typed).status_code == 303
    again = client.get(act_url(case, "move_promise"))
    assert "Put off once already: only earlier than" in again.content.decode()
    # Nothing is typed yet, so nothing is refused yet.
    assert not again.context["preview"].sentence and again.context["preview"].letters


def test_the_customers_letter_is_the_one_that_is_sent(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    (letter,) = signed_in(cast.tiers[1]).get(act_url(case, "update")).context["preview"].letters
    assert case.reference in letter["subject"]
    assert "You will next hear from us by" in letter["text"]


def test_an_earlier_next_update_is_kept_and_a_later_one_refused(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    client = signed_in(cast.tiers[1])
    page = client.get(act_url(case, "update"))
    late = client.post(act_url(case, "update"), hidden(page) | {"text": "Soon.", "next_at": "2026-01-16T10:00"})
    assert late.status_code == 422
    text = html.unescape(late.content.decode())
    assert "may not be later than the protocol allows" in text
    assert "Soon." in text
    # The refusal names the latest time, as the form did, and leads to its field.
    latest = "tomorrow, Tue 13 Jan, 10:00 (London time)"
    assert f"At the latest {latest}. Earlier is fine." in html.unescape(page.content.decode())
    assert (
        f'<a href="#id_next_at">The next update may not be later than the protocol allows for this case. At the latest {latest}.</a>'
        in text
    )
    assert late.context["form"].errors.keys() == {"next_at"}
    assert not late.context["form"].non_field_errors()
    sent = client.post(act_url(case, "update"), hidden(late) | {"text": "Soon.", "next_at": "2026-01-12T15:00"})
    assert sent.status_code == 303
    case.refresh_from_db(fields=["promise_at"])
    assert case.promise_at.strftime("%d %H:%M") == "12 15:00"


@pytest.mark.parametrize(
    ("typed_in", "sentence"),
    [("2026-01-12T09:00", "must lie in the future"), ("2026-01-12T23:00", "Nobody is at work at that time")],
)
def test_whatever_is_wrong_with_the_next_update_stands_at_its_field(
    typed_in, sentence, signed_in, cast, monday, everything
):
    case = stories.acknowledged(cast)
    client, url = signed_in(cast.tiers[1]), act_url(case, "update")
    page, before = client.get(url), everything()
    answer = client.post(url, hidden(page) | {"text": "Soon.", "next_at": typed_in})
    assert sentence in answer.context["form"].errors["next_at"][0]
    assert "(London time)" in answer.context["form"].errors["next_at"][0]
    assert everything() == before


def test_the_try_out_of_a_question_says_in_words_what_stands_still(signed_in, cast, monday):
    page = signed_in(cast.tiers[1]).get(act_url(stories.acknowledged(cast), "wait_customer"))
    rows = {row["name"]: row for row in page.context["preview"].clocks}
    assert rows["Progress update"]["what"] == "ends; the next one stands still"
    assert rows["Answer"]["what"] == "stops"
    table = html.unescape(
        re.search(r"<caption[^>]*>Clocks before and after.*?</table>", page.content.decode(), re.S)[0]
    )
    assert table.count("<td>Stands still: waiting for the customer's answer</td>") == 3
    assert "<td>Does not run</td>" in table  # the customer's time to answer starts
    assert "<td>-</td>" not in table


def test_the_hand_over_list_has_who_may_take_it_each_with_their_teams(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    gone = cast.tiers[4]
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    page = signed_in(cast.supervisor).get(act_url(case, "hand_over"))
    offered = [str(words) for _, words in page.context["form"].fields["to"].choices]
    assert offered == [
        "Choose a colleague", "Ana Mate (Service representatives)", "Dana Voss (no team)",
        "Edith Cole (Executive customer service manager)", "Mara Lindt (Customer support managers)",
        "Priya Shah (Customer support lead)",
    ]  # fmt: skip


def test_the_timeline_says_from_whom_to_whom(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    verbs.hand_over(case.pk, to=cast.mate, note="Bank asked.", by=cast.supervisor, at=stories.minutes(10))
    verbs.take_over(case.pk, by=cast.supervisor, at=stories.minutes(11))
    page = signed_in(cast.supervisor).get(page_url(case))
    titles = [row["title"] for row in page.context["rows"]]
    assert titles[:2] == ["Taken over by Dana Voss from Ana Mate", "Handed over from Tom Reed to Ana Mate"]


def test_a_case_no_one_had_is_taken_over_from_no_one(signed_in, cast, monday):
    case = stories.passed_up(cast)
    verbs.take_over(case.pk, by=cast.tiers[2], at=stories.minutes(11))
    rows = signed_in(cast.supervisor).get(page_url(case)).context["rows"]
    assert rows[0]["title"] == "Taken over by Mara Lindt; no one had it"


def test_confirming_a_severity_that_stays_sends_no_letter_and_the_try_out_says_so(signed_in, cast, monday):
    case = stories.passed_up(cast)
    client, url = signed_in(cast.tiers[2]), act_url(case, "review")
    before = case.notices.filter(to_customer=True).count()
    page = client.get(url)
    assert page.context["preview"].letters == []
    assert client.post(url, hidden(page) | {"severity": "2"}).status_code == 303
    assert case.notices.filter(to_customer=True).count() == before


def test_the_suggested_next_update_left_alone_is_the_protocols(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    client = signed_in(cast.tiers[1])
    page = client.get(act_url(case, "update"))
    offered = page.context["form"]["next_at"].value()
    data = hidden(page) | {"text": "Soon.", "next_at": offered.strftime("%Y-%m-%dT%H:%M")}
    data["next_at"] = data["initial-next_at"]
    assert client.post(act_url(case, "update"), data).status_code == 303
    clock = StageClock.objects.get(case=case, kind=Clock.UPDATE, outcome__isnull=True)
    assert clock.target == 8 * 3600


def test_a_stale_page_keeps_the_text_and_says_who_was_faster(signed_in, cast, monday):
    case = stories.assessed(cast)
    client = signed_in(cast.tiers[1])
    page = client.get(act_url(case, "note"))
    verbs.acknowledge(case.pk, by=cast.mate, at=stories.minutes(30))
    before = Note.objects.count()
    answer = client.post(act_url(case, "note"), hidden(page) | {"text": "My long note."})
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 409
    assert re.search(r"<textarea[^>]*>\s*My long note\.</textarea>", text)
    assert "Ana acknowledged this" in text
    assert "Nothing of yours was lost" in text
    assert Note.objects.count() == before
    assert client.post(act_url(case, "note"), hidden(answer) | {"text": "My long note."}).status_code == 303
    assert Note.objects.get().text == "My long note."


def test_a_stale_act_that_is_no_longer_possible_still_shows_the_text(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    client = signed_in(cast.tiers[1])
    page = client.get(act_url(case, "update"))
    verbs.withdraw(case.pk, by=cast.customer, at=stories.minutes(30))
    answer = client.post(act_url(case, "update"), hidden(page) | {"text": "Typed for ten minutes."})
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "Typed for ten minutes." in text
    assert "Sam withdrew this" in text
    assert not Message.objects.filter(text="Typed for ten minutes.").exists()


def test_an_act_that_is_not_possible_says_why_and_has_no_button(signed_in, cast, monday, everything):
    case = cast.file(at=stories.minutes(20))
    client, before = signed_in(cast.tiers[1]), everything()
    page = client.get(act_url(case, "acknowledge"))
    text = html.unescape(page.content.decode())
    assert "Assess the case first: set how urgent and how complex it is." in text
    assert "Acknowledge: I have it" not in text
    sent = client.post(act_url(case, "acknowledge"), {"seen": case.event_seq, "form_key": "k"})
    assert sent.status_code == 422
    assert everything() == before


def test_someone_of_another_team_reads_who_may(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    answer = signed_in(cast.tiers[3]).post(
        act_url(case, "update"), {"seen": case.event_seq, "form_key": "k", "text": "Mine."}
    )
    assert answer.status_code == 422
    assert "Needs someone of Service representatives or ask Tom Reed." in html.unescape(answer.content.decode())


@pytest.mark.parametrize("verb", ["accept", "withdraw", "file_case", "nonsense"])
def test_customers_verbs_and_unknown_ones_have_no_page(verb, signed_in, cast, monday):
    assert signed_in(cast.supervisor).get(act_url(cast.file(), verb)).status_code == 404


def test_merging_into_a_strangers_case_is_refused(signed_in, cast, monday, everything):
    case, foreign = stories.acknowledged(cast), cast.file(by=cast.other)
    client = signed_in(cast.tiers[1])
    page = client.get(act_url(case, "merge"))
    before = everything()
    for typed_in in (foreign.reference, "MP-AAAA"):
        answer = client.post(act_url(case, "merge"), hidden(page) | {"into": typed_in})
        assert answer.status_code == 422
        assert "Choose another open case of the same customer." in html.unescape(answer.content.decode())
    assert everything() == before


def test_the_same_form_sent_again_with_other_words_is_not_taken_for_the_first(signed_in, cast, monday):
    """The Back button and other words: they are said too, or refused as stale; never lost with a "sent"."""
    case = stories.acknowledged(cast)
    client, url = signed_in(cast.supervisor), act_url(case, "apologise")
    page = client.get(url)
    form = {"seen": page.context["form"]["seen"].value(), "form_key": page.context["form"]["form_key"].value()}
    client.post(url, form | {"text": "Sorry one."})
    again = client.post(url, form | {"text": "Sorry two, other words."})
    said = list(case.messages.filter(kind="apology").values_list("text", flat=True))
    assert said == ["Sorry one."]
    assert "Sorry two, other words." in again.content.decode()
    assert client.post(url, form | {"text": "Sorry one."}).status_code == 303
    assert case.messages.filter(kind="apology").count() == 1
