"""Letters within the timeline of a case: what the customer was sent, when, whether it arrived, and who may read it."""

import html
from datetime import timedelta

import pytest

from cases.models import Case
from escalation import outbox, verbs
from escalation.models import Notice, StageClock
from tests.escalation.stories import settle
from tests.portal.console import stories
from tests.portal.console.stories import main_of, minutes, page_url, rows_shown

S = Notice.State


def letter_url(notice):
    return f"/console/escalation/notice/{notice.pk}/change/"


def deliver(at):
    """Sends all that is owed: a round sends each person one letter about a case."""
    while outbox.deliver_batch(at):
        pass


@pytest.fixture
def missed(cast, go):
    """A case whose first update was missed ten minutes ago; what was owed before has been sent."""
    case = stories.acknowledged(cast)
    deliver(minutes(5))
    due = StageClock.objects.get(case=case, kind="update", outcome=None).due_at
    go(due + timedelta(minutes=10))
    return settle(case, due), due


def row_of(case, shown="all"):
    return next(row for row in rows_shown(case, shown) if row["title"].startswith("Missed"))


def test_a_missed_promise_says_whether_the_customer_was_told(missed):
    case, due = missed
    apology = Notice.objects.get(case=case, kind="promise_broken")
    row = row_of(case, "customer")
    assert row["told"].startswith("The customer is not told yet: the letter is not sent yet: in line")
    assert [one["name"] for one in row["letters"]] == ["Promise broken"]

    for number, (state, error, words) in enumerate(
        (
            (S.DEAD, "552 quota", "The customer is not told yet: the letter did not arrive: Their mailbox is full"),
            (S.UNCERTAIN, "", "The customer is not told yet: the letter was perhaps sent."),
            (S.CANCELLED, "The person has been erased.", "was not sent: The person has been erased."),
            (S.TOLD, "", "The customer was told on the phone today"),
        )
    ):
        sent_at = due + timedelta(minutes=number) if state == S.TOLD else None
        Notice.objects.filter(pk=apology.pk).update(state=state, error=error, sent_at=sent_at)
        assert words in row_of(case)["told"]
    Notice.objects.filter(pk=apology.pk).update(state=S.WAITING, sent_at=None, error="")
    deliver(due + timedelta(minutes=1))
    row = row_of(case)
    minute = f"{due + timedelta(minutes=1):%H:%M}"
    assert row["told"] == f"The customer was told today, {minute}."
    assert row["letters"][0]["stands"] == f"sent today, {minute}" and row["letters"][0]["name"].startswith("“")


def test_a_time_nobody_promised_them_says_so(missed):
    case, _ = missed
    StageClock.objects.filter(case=case, kind="update").update(told=False)
    assert row_of(case)["told"] == "The customer was not told that it was missed: nobody had promised them this time."


def test_while_the_engine_catches_up_one_letter_speaks_for_all_and_an_old_one_for_none(missed, cast):
    case, due = missed
    apology = Notice.objects.get(case=case, kind="promise_broken")
    verbs.note(case.pk, text="Rang them.", by=cast.tiers[1], at=due)
    Notice.objects.filter(pk=apology.pk).update(state=S.SENT, sent_at=due, event_seq=apology.event_seq + 1)
    assert row_of(case)["told"].endswith(", with what happened next.")
    Notice.objects.filter(pk=apology.pk).update(owed_at=due + timedelta(hours=3))
    assert row_of(case)["told"] == "No letter to the customer about it is on record."


def test_customer_sees_has_every_letter_also_those_that_go_with_no_event(cast, monday):
    case = stories.acknowledged(cast)
    deliver(minutes(5))
    alone = Notice.objects.create(
        key="x", case=case, kind="survey_reminder", to_customer=True, recipient=case.customer, event_seq=case.event_seq,
        owed_at=minutes(20), next_at=minutes(20),
    )  # fmt: skip
    verbs.note(case.pk, text="Rang them.", by=cast.tiers[1], at=minutes(25))
    rows = rows_shown(case, "customer")
    shown = [one["url"] for row in rows for one in row["letters"]]
    theirs = Notice.objects.filter(case=case, to_customer=True)
    assert sorted(shown) == sorted(letter_url(one) for one in theirs) and len(shown) >= 3
    assert rows[0]["title"] == "Letter: survey reminder" and rows[0]["letters"][0]["url"] == letter_url(alone)
    assert [row["title"] for row in rows_shown(case)][:2] == ["Internal note", "Letter: survey reminder"]
    inside = {one["url"] for row in rows_shown(case) for one in row.get("letters", ())}
    assert not inside & {letter_url(one) for one in Notice.objects.filter(case=case, to_customer=False)}


def test_who_works_on_the_case_reads_the_letter_without_its_secrets_and_no_other_message(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    deliver(minutes(5))
    received = Notice.objects.get(case=case, kind="received")
    ours = Notice.objects.filter(case=case, to_customer=False).first()
    tom = signed_in(cast.tiers[1])
    assert letter_url(received) in main_of(tom.get(page_url(case)))
    page = tom.get(letter_url(received))
    text = html.unescape(main_of(page))
    assert page.status_code == 200 and received.subject in text and "(your personal link)" in text
    assert case.reference in text and ">Messages<" not in text and "Send again" not in text
    assert ours is None or tom.get(letter_url(ours)).status_code == 404
    assert tom.get("/console/escalation/notice/").status_code == 403
    alone = Notice.objects.create(
        key="no case", kind="digest", to_customer=True, recipient=case.customer, owed_at=minutes(1), next_at=minutes(1)
    )
    assert tom.get(letter_url(alone)).status_code == 404
    case.category.is_restricted = True
    case.category.save(update_fields=["is_restricted"])
    assert signed_in(cast.tiers[3]).get(letter_url(received)).status_code == 404
    assert Case.objects.get(pk=case.pk) == case


def test_a_hundred_letters_ask_no_more_than_one(signed_in, cast, monday, django_assert_max_num_queries):
    case = stories.acknowledged(cast)
    made = [
        Notice(
            key=f"many {n}", case=case, kind="progress", to_customer=True, recipient=case.customer, event_seq=2,
            owed_at=minutes(2), next_at=minutes(2), state=S.SENT, sent_at=minutes(3), subject=f"Letter {n}",
        )
        for n in range(100)
    ]  # fmt: skip
    Notice.objects.bulk_create(made)
    client = signed_in(cast.supervisor)
    client.get(page_url(case))
    with django_assert_max_num_queries(25):
        page = client.get(page_url(case))
    assert sum(len(row.get("letters", ())) for row in page.context["rows"]) >= 100
