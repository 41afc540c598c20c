"""How a case is solved, through the pages: playbooks, ticks, the investigation, remedies, what is worth repeating."""

import html

import pytest

from cases.models import Case, Category, Investigation, PlaybookRevision, RemedyRevision, Resolution, TriedStep
from escalation import playbooks, remedies, verbs
from escalation.ready import TRY_FIRST
from escalation.remedies import Draft
from feedback.models import Survey, Worthy
from tests.cast import MONDAY
from tests.portal.console import stories
from tests.portal.console.stories import act_url, hidden, main_of, page_url

ANSWER = {
    "text": "Paid back.", "outcome": "fixed", "root_cause": "Double click", "cause": "slip", "prevents": "no",
}  # fmt: skip


def topic(slug="billing"):
    return Category.objects.get(slug=slug)


def book(cast, *steps, seen=0):
    return playbooks.write(topic(), steps, by=cast.supervisor, at=MONDAY, seen=seen)


def text_of(page):
    return html.unescape(page.content.decode())


class TestPlaybooks:
    def test_a_supervisor_writes_one_and_an_agent_reads_it(self, signed_in, cast, monday):
        url, boss, tom = f"/console/playbooks/{topic().pk}/", signed_in(cast.supervisor), signed_in(cast.tiers[1])
        page = boss.get(url)
        sent = boss.post(url, hidden(page) | {"steps": "Look at the payments\r\n\r\n Ask  the bank "})
        assert (sent.status_code, sent["Location"]) == (303, url)
        assert PlaybookRevision.objects.get().steps == ["Look at the payments", "Ask the bank"]
        read = text_of(tom.get(url))
        assert "Ask the bank" in read and "<textarea" not in read
        assert "2 steps" in text_of(tom.get("/console/playbooks/"))
        assert tom.post(url, {"seen": "1", "steps": "x"}).status_code == 403
        assert PlaybookRevision.objects.count() == 1

    def test_two_at_once_lose_nothing(self, signed_in, cast, monday):
        url, boss = f"/console/playbooks/{topic().pk}/", signed_in(cast.supervisor)
        page = boss.get(url)
        book(cast, "Ask the bank")
        late = boss.post(url, hidden(page) | {"steps": "Mine"})
        assert late.status_code == 409
        assert "Mine" in text_of(late) and "changed this playbook while you were writing" in text_of(late)
        assert boss.post(url, hidden(late) | {"steps": "Mine"}).status_code == 303
        assert PlaybookRevision.objects.get(is_current=True).steps == ["Mine"]

    def test_what_is_too_long_is_said_and_kept(self, signed_in, cast, monday, everything):
        url, boss = f"/console/playbooks/{topic().pk}/", signed_in(cast.supervisor)
        page, before = boss.get(url), everything()
        answer = boss.post(url, hidden(page) | {"steps": "y" * 201})
        assert answer.status_code == 422 and "Step 1 is too long" in text_of(answer) and "y" * 201 in text_of(answer)
        assert everything() == before


class TestTried:
    def test_the_panel_ticks_and_the_case_carries_it(self, signed_in, cast, monday):
        book(cast, "Look at the payments", "Ask the bank")
        case, tom = stories.acknowledged(cast), signed_in(cast.tiers[1])
        page = tom.get(page_url(case))
        assert text_of(page).count('name="steps"') == 2
        keys = {"seen": str(case.event_seq), "form_key": "one", "steps": [f"{PlaybookRevision.objects.get().pk}.1"]}
        assert tom.post(act_url(case, "tried"), keys).status_code == 303
        after = tom.get(page_url(case))
        assert text_of(after).count('name="steps"') == 1
        assert "level 1" in main_of(after) and "What was tried. Internal" in main_of(after)
        # From level 1 the form offers what is left, and nothing more is asked.
        form = tom.get(act_url(case, "escalate"))
        assert "Look at the payments" in text_of(form) and "Before this." not in text_of(form)
        sent = tom.post(act_url(case, "escalate"), hidden(form) | {"reason": "A manager must decide."})
        assert sent.status_code == 303
        assert "Ask the bank" in text_of(signed_in(cast.tiers[2]).get(page_url(case)))

    def test_the_page_says_before_the_press_what_the_press_will_say(self, signed_in, cast, monday, everything):
        case, tom = stories.acknowledged(cast), signed_in(cast.tiers[1])
        page = tom.get(act_url(case, "escalate"))
        assert TRY_FIRST in text_of(page)
        before = everything()
        refused = tom.post(act_url(case, "escalate"), hidden(page) | {"reason": "A manager must decide."})
        assert refused.status_code == 422 and refused.context["form"].errors["also"] == [TRY_FIRST]
        assert "A manager must decide." in text_of(refused)
        assert everything() == before

    def test_the_customer_never_reads_it(self, cast, monday):
        case = stories.acknowledged(cast)
        verbs.tried(case.pk, also="Very internal words.", by=cast.tiers[1], at=stories.minutes(5))
        assert not any("Very internal" in one.text for one in case.messages.all())
        assert TriedStep.objects.get().text == "Very internal words."


class TestInvestigation:
    def test_it_is_asked_for_before_the_answer(self, signed_in, cast, monday):
        case, tom = stories.acknowledged(cast), signed_in(cast.tiers[1])
        assert "Not written yet" in text_of(tom.get(page_url(case)))
        page = tom.get(act_url(case, "answer"))
        assert "write the investigation first" in text_of(page)
        refused = tom.post(act_url(case, "answer"), hidden(page) | ANSWER)
        assert refused.status_code == 422 and not Resolution.objects.exists()
        assert "Paid back." in text_of(refused)

        form = tom.get(act_url(case, "investigate"))
        said = {"hypotheses": "A slip, a fault.", "findings": "A slip.", "cause": "slip"}
        assert tom.post(act_url(case, "investigate"), hidden(form) | said).status_code == 303
        shown = text_of(tom.get(page_url(case)))
        assert "A slip by one of us" in shown and "Investigation" in shown
        page = tom.get(act_url(case, "answer"))
        assert "write the investigation first" not in text_of(page)
        assert page.context["form"].initial["cause"] == "slip"
        assert tom.post(act_url(case, "answer"), hidden(page) | ANSWER).status_code == 303
        assert "Cause: a slip by one of us. Nothing is done against its return." in text_of(tom.get(page_url(case)))

    def test_it_goes_on_from_the_last_one(self, signed_in, cast, monday):
        case = stories.investigated(cast)
        form = signed_in(cast.tiers[1]).get(act_url(case, "investigate")).context["form"]
        assert form.initial["findings"] == Investigation.objects.get().findings

    def test_a_case_of_low_severity_is_asked_for_none(self, signed_in, cast, monday):
        case, tom = stories.acknowledged(cast, severity=4), signed_in(cast.tiers[1])
        assert "Not written yet" not in text_of(tom.get(page_url(case)))
        page = tom.get(act_url(case, "answer"))
        plain = {name: value for name, value in ANSWER.items() if name not in ("cause", "prevents")}
        assert tom.post(act_url(case, "answer"), hidden(page) | plain).status_code == 303


class TestRemedies:
    def test_the_list_is_kept_by_supervisors(self, signed_in, cast, monday):
        boss, tom = signed_in(cast.supervisor), signed_in(cast.tiers[1])
        page = boss.get("/console/remedies/new/")
        made = boss.post("/console/remedies/new/", hidden(page) | {"name": "Voucher", "from_level": "2"})
        assert made.status_code == 303
        row = RemedyRevision.objects.get()
        listed = text_of(tom.get("/console/remedies/"))
        assert "too few cases have both scores" in listed and "Not known" in listed
        assert "Voucher" in listed and "Level 2 and above" in listed and "Money given back, at most" in listed
        edit = f"/console/remedies/{row.remedy_id}/edit/"
        for url in ("/console/remedies/new/", edit):
            assert tom.get(url).status_code == 403
        assert tom.post(f"/console/remedies/{row.remedy_id}/retire/", {"seen": "1"}).status_code == 403
        page = boss.get(edit)
        assert boss.post(edit, hidden(page) | {"name": "Voucher", "from_level": "1"}).status_code == 303
        assert boss.post(edit, hidden(page) | {"name": "Mine", "from_level": "1"}).status_code == 422
        boss.post(f"/console/remedies/{row.remedy_id}/retire/", {"seen": "2", "press": "retire"})
        row.remedy.refresh_from_db()
        assert row.remedy.retired_at and "Retired" in text_of(tom.get("/console/remedies/"))
        boss.post(f"/console/remedies/{row.remedy_id}/retire/", {"seen": "2", "press": "back"})
        row.remedy.refresh_from_db()
        assert row.remedy.retired_at is None

    def test_what_the_level_may_not_give_is_said_at_its_field(self, signed_in, cast, monday):
        kind = remedies.write(None, Draft("Courier", 2, False), by=cast.supervisor, at=MONDAY)
        case, tom = stories.investigated(cast), signed_in(cast.tiers[1])
        page = tom.get(act_url(case, "answer"))
        assert "Courier (from level 2)" in text_of(page)
        refused = tom.post(act_url(case, "answer"), hidden(page) | ANSWER | {"remedy_kind": str(kind.pk)})
        assert refused.status_code == 422
        assert "level 2 may" in refused.context["form"].errors["remedy_kind"][0]
        assert not Resolution.objects.exists()


class TestWorthAndBest:
    def settled(self, cast):
        case = verbs.accept(stories.answered(cast).pk, by=cast.customer, at=stories.minutes(8))
        Survey.objects.update_or_create(case=case, defaults={"satisfaction": 5, "answered_at": stories.minutes(9)})
        return case

    def test_two_presses_lead_from_the_list_to_an_article(self, signed_in, cast, monday):
        case, tom = self.settled(cast), signed_in(cast.tiers[1])
        url = f"/console/worth/{case.pk}/"
        assert url in text_of(tom.get(page_url(case)))
        empty = tom.post(url, {"why": " "})
        assert empty.status_code == 422 and not Worthy.objects.exists()
        assert tom.post(url, {"why": "Asked the bank before the customer had to."}).status_code == 303
        shown = text_of(tom.get("/console/worth/"))
        assert "Asked the bank before" in shown
        make = f"/console/articles/from-case/{case.pk}/"
        assert make in shown
        form = tom.get(make)
        typed = {name: form.context["form"][name].value() or "" for name in form.context["form"].fields}
        typed |= {"title_en": "A double payment", "answer_en": "We ask the bank first.", "body_en": "How it goes."}
        saved = tom.post(make, {k: v for k, v in typed.items() if v is not None} | hidden(form) | {"press": "save"})
        assert saved.status_code == 303, text_of(saved)
        assert "a-double-payment" in text_of(tom.get("/console/worth/"))
        assert tom.post(url, {"press": "unmark"}).status_code == 303
        assert not Worthy.objects.exists()
        assert "a-double-payment" in text_of(tom.get(page_url(case)))

    def test_an_open_case_is_not_offered_the_mark(self, signed_in, cast, monday):
        case, tom = stories.acknowledged(cast), signed_in(cast.tiers[1])
        assert 'id="worth"' not in text_of(tom.get(page_url(case)))
        assert "once it is settled" in text_of(tom.get(f"/console/worth/{case.pk}/"))
        assert tom.post(f"/console/worth/{case.pk}/", {"why": "x"}).status_code == 422

    def test_the_library_states_its_rule_and_names_nobody(self, signed_in, cast, monday):
        self.settled(cast)
        page = signed_in(cast.tiers[1]).get("/console/best/?topic=billing")
        said = html.unescape(main_of(page))
        assert "The rule." in said and "Charged twice" in said and "Rated 5 of 5" in said
        assert "Sam" not in said and Case.objects.get().reference not in said
        assert "No case of this topic fits the rule yet." in text_of(
            signed_in(cast.mate).get("/console/best/?topic=orders")
        )

    @pytest.mark.parametrize(
        "query", ["topic=nothing", "on=yesterday", "on=0001-01-01", "on=9999-12-31", "on=2026-01-11"]
    )
    def test_odd_addresses_of_the_library(self, signed_in, cast, monday, query):
        self.settled(cast)
        assert signed_in(cast.tiers[1]).get(f"/console/best/?{query}").status_code == 200


def test_what_came_again_is_beside_the_case(signed_in, cast, monday):
    first, case = (
        stories.acknowledged(cast),
        stories.acknowledged(cast, title="Charged twice again", at=stories.minutes(1)),
    )
    shown = text_of(signed_in(cast.tiers[1]).get(page_url(case)))
    assert "It came again" in shown and "2 cases within 30 days" in shown and first.reference in shown
    assert "It came again" not in text_of(signed_in(cast.tiers[1]).get(page_url(first)))
