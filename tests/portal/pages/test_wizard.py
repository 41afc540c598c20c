"""Filing question by question: the way, what is refused, what should not be sent, what is like it, and sent once."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import Case, Category, Draft, Event, Message, User
from escalation import verbs
from escalation.models import Notice
from feedback.models import ArticleTried, ArticleVote, FilingOffer, ProblemFollower
from portal import sensitive, similar
from portal.sensitive import look as found_in
from portal.similar.match import Finder, Match
from tests.feedback.article_shelf import REFUND, published
from tests.portal.pages.scene import LOOK, look_at, working
from tests.portal.pages.test_case_page import text_of
from tests.portal.pages.test_journeys import FILING, deliver, file_as_guest, hidden_on, link_in, look, send
from tests.portal.problem_stories import opened

PAGES = {
    "topic": {"category": "billing"},
    "impact": {"impact": "loss", "reach": "team", "needed_by": "2026-02-02", "needed_why": "The audit"},
    "details": {"title": "Charged twice", "description": "Two payments.", "expectation": "One back."},
    "files": {},
    "contact": {"name": "Nora Guest", "email": "nora@example.net", "phone": "", "call_hours": "", "language": "de"},
}
CARD, PASSWORD = "4111 1111 1111 1111", "password: hunter2"


def answer(client, step, **changes):
    return client.post(f"/cases/new/{step}/", PAGES[step] | changes)


def walk(client, until="", **changes):
    """Answers every question in order, up to `until`; the last answer."""
    for step in PAGES:
        if step == until:
            break
        there = answer(client, step, **{k: v for k, v in changes.items() if k in PAGES[step]})
    return there


def test_a_guest_is_asked_five_questions_and_nothing_is_sent_before_the_last_look(cast):
    client = Client()
    seen = []
    for number, (step, after) in enumerate(zip(PAGES, [*list(PAGES)[1:], "check"], strict=True), start=1):
        page = client.get(f"/cases/new/{step}/")
        assert f"Question {number} of 5" in text_of(page)
        there = answer(client, step)
        seen.append((there.status_code, there["Location"]))
        assert seen[-1] == (303, f"/cases/new/{after}/")
    assert not Case.objects.exists()
    check = client.get("/cases/new/check/")
    assert "You first hear from us by today, 12:30 (London time)" in text_of(check)
    assert "Not provided" in text_of(check)
    sent = send(client, check)
    case = Case.objects.get()
    assert sent["Location"] == f"/cases/new/sent/{case.reference}/"
    assert (case.reach, str(case.needed_by), case.needed_why) == ("team", "2026-02-02", "The audit")
    data = Event.objects.get(case=case).data
    assert (data["reach"], data["needed_by"]) == ("team", "2026-02-02")
    assert "The audit" not in str(data)
    assert User.objects.get(email="nora@example.net").language == "de"
    assert "Needed by Monday, 2 February 2026" in text_of(client.get(f"/c/{case.reference}/"))


def test_who_is_signed_in_is_asked_four_and_changes_the_rest_in_the_account(cast, sam):
    assert "Question 1 of 4" in text_of(sam.get("/cases/new/topic/"))
    assert walk(sam, until="contact")["Location"] == "/cases/new/check/"
    assert sam.get("/cases/new/contact/")["Location"] == "/cases/new/check/"
    check = sam.get("/cases/new/check/")
    body = check.content.decode()
    assert "sam@example.com" in body and 'href="/account/"' in body
    assert send(sam, check).status_code == 303
    assert Case.objects.get().customer == cast.customer


def test_what_leads_here_is_kept_to_the_end(cast):
    client = Client()
    there = client.get("/cases/new/?topic=billing&q=no+refund&article=refunds-take-long")
    assert there["Location"] == "/cases/new/topic/?topic=billing&q=no+refund&article=refunds-take-long"
    page = client.get(there["Location"])
    assert re.search(r'value="billing"[^>]* checked', page.content.decode())
    client.post("/cases/new/topic/", {"category": "billing", "q": "no refund", "article": "refunds-take-long"})
    answer(client, "impact")
    assert 'value="no refund"' in client.get("/cases/new/details/").content.decode()
    walk(client)
    send(client, client.get("/cases/new/check/"))
    assert Case.objects.get().article == "refunds-take-long"


def test_an_article_that_can_be_none_is_nowhere(cast):
    client = Client()
    client.post("/cases/new/topic/", {"category": "billing", "article": "../../console"})
    assert "article" not in Draft.objects.get().answers


def test_a_change_leads_straight_back_to_the_last_look(cast):
    client = Client()
    walk(client)
    assert answer(client, "topic", category="orders")["Location"] == "/cases/new/check/"
    assert answer(client, "details", title="Another title")["Location"] == "/cases/new/check/"
    rows = {row["label"]: row["value"] for row in client.get("/cases/new/check/").context["rows"]}
    assert (rows["What it is about"], rows["In a few words"]) == ("An order", "Another title")
    assert rows["E-mail"] == "nora@example.net"


def test_no_question_is_jumped_over(cast):
    client = Client()
    assert client.get("/cases/new/details/")["Location"] == "/cases/new/"
    answer(client, "topic")
    assert client.get("/cases/new/details/")["Location"] == "/cases/new/impact/"
    assert client.get("/cases/new/check/")["Location"] == "/cases/new/impact/"
    assert client.get("/cases/new/nonsense/").status_code == 404
    # Answered out of order (a page from another window): kept, and what is missing is asked.
    assert answer(client, "details")["Location"] == "/cases/new/impact/"
    answer(client, "impact")
    assert 'value="Charged twice"' in client.get("/cases/new/details/").content.decode()


@pytest.mark.parametrize(
    ("step", "changes", "sentence"),
    [
        ("topic", {"category": ""}, "Choose what it is about"),
        ("impact", {"impact": "huge"}, "Choose how this affects you"),
        ("impact", {"needed_by": "2026-01-11"}, "That day is over"),
        ("impact", {"needed_by": "2028-06-01"}, "within the next two years"),
        ("impact", {"needed_by": "soon"}, "Write the date"),
        ("details", {"title": ""}, "Write one line that sums it up"),
        ("details", {"description": "x" * 5001}, "at most 5,000 characters; you have 5001"),
        ("contact", {"email": "nora"}, "Enter an e-mail address, like name@example.com"),
        ("contact", {"call_me": "on"}, "Enter the number we should call"),
    ],
)
def test_what_is_wrong_is_said_kept_and_changes_nothing(step, changes, sentence, cast):
    client = Client()
    if step != "topic":
        walk(client, until=step)
    before = list(Draft.objects.values())
    page = answer(client, step, **changes)
    body = page.content.decode()
    assert (page.status_code, body.count("<title>Error: ")) == (200, 1)
    assert sentence in text_of(page)
    assert "autofocus" in body  # the summary gets the focus
    for value in [value for value in changes.values() if value not in ("huge", "soon", "on")]:
        assert value in body
    assert list(Draft.objects.values()) == before


def test_today_is_a_day_to_need_it_by_and_a_day_that_passed_is_asked_again(cast):
    client = Client()
    assert walk(client, needed_by="2026-01-12")["Location"] == "/cases/new/check/"
    look_at(LOOK + timedelta(days=1))
    assert client.get("/cases/new/check/")["Location"] == "/cases/new/impact/"
    assert "That day is over" in text_of(client.get("/cases/new/impact/"))


def test_a_topic_of_danger_says_call_first(cast, settings):
    settings.BRAND = settings.BRAND | {"phone": "+44 20 7946 0018"}
    Category.objects.filter(slug="billing").update(
        urgent_line="If money is leaving your account now, do not write: call."
    )
    client = Client()
    answer(client, "topic")
    page = text_of(client.get("/cases/new/impact/"))
    assert "Call us now: +44 20 7946 0018" in page and "do not write: call" in page
    answer(client, "topic", category="orders")
    assert "Call us now" not in text_of(client.get("/cases/new/impact/"))


# What should not be sent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"My card {CARD} was charged", ["card"]),
        ("4111-1111-1111-1111.", ["card"]),
        ("378282246310005", ["card"]),
        ("Order 4111 1111 1111 1112", []),  # the check digit is wrong
        ("0000 0000 0000 0000", []),
        ("call +44 20 7946 0018", []),
        (PASSWORD, ["password"]),
        ("Mein Passwort ist geheim7", ["password"]),
        ("Kennwort = abcd", ["password"]),
        ("şifrem: gizli123", ["password"]),
        ("كلمة المرور: سر123", ["password"]),
        ("My password is wrong", []),
        ("I forgot my password", []),
        (f"{PASSWORD} and {CARD}", ["password", "card"]),
    ],
)
def test_card_numbers_and_passwords_are_found(text, kinds):
    found = found_in(text)
    assert [one.kind for one in found] == kinds
    clean = sensitive.without(text)
    assert clean.count("[removed]") == len(kinds)
    assert not found_in(clean)


@pytest.mark.parametrize("secret", [CARD, "hunter2"])
@pytest.mark.parametrize(("decided", "stays"), [("remove", False), ("keep", True)])
def test_a_card_number_is_kept_nowhere_before_its_writer_said_so(secret, decided, stays, cast, caplog):
    client, said = Client(), {"description": f"I paid with {CARD}, {PASSWORD}"}
    walk(client, until="details")
    asked = answer(client, "details", **said)
    assert asked.status_code == 200
    assert "Remove them?" in text_of(asked) and "•••• 1111" in text_of(asked)
    saved = client.post("/cases/new/save/", PAGES["details"] | said | {"step": "details"})
    assert (saved.status_code, saved.json()) == (422, {"saved": False, "ask": True})
    assert secret not in str(list(Draft.objects.values())) and secret not in caplog.text
    assert answer(client, "details", sensitive=decided, **said)["Location"] == "/cases/new/files/"
    assert (secret in str(Draft.objects.get().answers)) == stays
    if stays:  # answered once, it is not asked again
        assert answer(client, "details", **said)["Location"] == "/cases/new/files/"
    else:
        assert Draft.objects.get().answers["description"] == "I paid with [removed], password: [removed]"


# What is like it ------------------------------------------------------------------------------------------------


def test_an_own_open_case_can_be_added_to(cast, sam):
    case = working(cast, title="Charged twice for an order")
    cast.file(by=cast.other, title="Charged twice for an order")
    there = walk(sam, until="files", title="Charged twice again")
    assert there["Location"] == "/cases/new/similar/"
    page = sam.get("/cases/new/similar/")
    assert [match.key for match in page.context["matches"]] == [case.reference]
    body = page.content.decode()
    assert f"Add this to {case.reference}" in body and "No, continue" in body
    added = sam.post("/cases/new/similar/", {"match": f"case:{case.reference}"})
    assert added["Location"] == f"/c/{case.reference}/"
    assert (
        Message.objects.filter(case=case, kind="customer").get().text
        == "Charged twice again\n\nTwo payments.\n\nOne back."
    )
    assert Case.objects.count() == 2
    assert sam.get("/cases/new/check/")["Location"] == "/cases/new/"  # the draft has ended
    assert sam.post("/cases/new/similar/", {"match": f"case:{case.reference}"})["Location"] == "/cases/new/"
    assert Message.objects.filter(case=case, kind="customer").count() == 1


def test_nobody_elses_case_is_like_it_nor_can_be_added_to(cast, sam):
    foreign = cast.file(by=cast.other, title="Charged twice")
    assert walk(sam, until="files")["Location"] == "/cases/new/files/"
    mine = working(cast, title="Charged twice")
    assert answer(sam, "details")["Location"] == "/cases/new/similar/"
    shown = sam.post("/cases/new/similar/", {"match": f"case:{foreign.reference}"})
    assert shown.status_code == 200
    assert not Message.objects.filter(case=foreign, kind="customer").exists()
    assert mine.reference in text_of(shown)


def test_it_is_asked_once_and_no_leads_on(cast, sam):
    working(cast, title="Charged twice")
    assert walk(sam, until="files")["Location"] == "/cases/new/similar/"
    assert sam.post("/cases/new/similar/", {"match": ""})["Location"] == "/cases/new/files/"
    assert answer(sam, "details")["Location"] == "/cases/new/files/"


def test_other_words_are_not_asked_about(cast, sam):
    working(cast, title="A strange noise")
    there = walk(sam, until="files", title="Invoice missing", description="January was never sent to me.")
    assert there["Location"] == "/cases/new/files/"


def test_a_guest_sees_the_one_case_they_proved(cast):
    client = Client()
    file_as_guest(client)
    case = Case.objects.get()
    walk(client, until="files", title=FILING["title"], description=FILING["description"])
    assert [match.key for match in client.get("/cases/new/similar/").context["matches"]] == [case.reference]


def test_an_article_that_solves_it_ends_the_draft_and_is_counted_once(cast, client):
    refund = published(cast, REFUND, topic="billing")
    assert walk(client, until="files", title="When does my refund arrive?")["Location"] == "/cases/new/similar/"
    page = client.get("/cases/new/similar/")
    assert REFUND.answer in text_of(page) and "<summary>Read the article</summary>" in page.content.decode()
    assert not FilingOffer.objects.exists()  # looking counts nothing
    done = client.post("/cases/new/similar/", {"match": f"article:{refund.slug}"})
    assert done["Location"] == f"/help/{refund.slug}/"
    assert "Nothing was sent, and what you typed is deleted." in text_of(client.get(done["Location"]))
    assert not Draft.objects.exists() and not Case.objects.exists()
    assert FilingOffer.objects.get().solved
    assert ArticleVote.objects.get().where == "filing"


def test_who_goes_on_past_an_article_was_shown_one(cast, client):
    published(cast, REFUND, topic="billing")
    walk(client, until="files", title="When does my refund arrive?")
    assert client.post("/cases/new/similar/", {"match": ""})["Location"] == "/cases/new/files/"
    assert not FilingOffer.objects.get().solved


def test_the_article_that_did_not_help_is_not_shown_again_and_stands_with_the_case(cast, client):
    refund = published(cast, REFUND, topic="billing")
    page = client.get(f"/cases/new/?article={refund.slug}", follow=True)
    assert f'name="article" value="{refund.slug}"' in page.content.decode()
    answer(client, "topic", article=refund.slug)
    for step in ("impact", "details"):
        there = answer(client, step, **({"title": "When does my refund arrive?"} if step == "details" else {}))
    assert there["Location"] == "/cases/new/files/"
    for step in ("files", "contact"):
        answer(client, step)
    send(client, client.get("/cases/new/check/"))
    assert ArticleTried.objects.get().article == refund
    assert ArticleTried.objects.get().case == Case.objects.get()


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_known_problem_is_followed_and_the_draft_stays(signed_in, cast, sam, client):
    problem = opened(cast, title="Charged twice by card since morning")
    browser = sam if signed_in else client
    assert walk(browser, until="files")["Location"] == "/cases/new/similar/"
    assert "Paying by card takes minutes." in text_of(browser.get("/cases/new/similar/"))
    followed = browser.post("/cases/new/similar/", {"match": f"problem:{problem.slug}"})
    assert followed["Location"] == f"/problems/{problem.slug}/"
    assert ProblemFollower.objects.filter(problem=problem).count() == signed_in
    assert Draft.objects.exists()


def test_another_kind_only_needs_a_finder(cast, sam, monkeypatch):
    def find(request, draft):
        return [Match("thing", "a", "A known thing", "Follow it")]

    def choose(request, draft, key):
        return "/", f"You follow {key}."

    monkeypatch.setattr(similar, "FINDERS", [*similar.FINDERS, Finder("thing", find, choose)])
    walk(sam, until="files")
    assert "A known thing" in text_of(sam.get("/cases/new/similar/"))
    assert sam.post("/cases/new/similar/", {"match": "thing:b"}).status_code == 200
    assert sam.post("/cases/new/similar/", {"match": "thing:a"})["Location"] == "/"
    assert "You follow a." in text_of(sam.get("/"))


# Files ----------------------------------------------------------------------------------------------------------


def text_file(name="note.txt", content=b"hello there\n"):
    return SimpleUploadedFile(name, content, "text/plain")


def test_files_go_with_the_case_and_a_refused_one_costs_the_others_nothing(cast):
    client = Client()
    walk(client, until="files")
    refused = client.post("/cases/new/files/", {"files": [text_file(), text_file("run.exe", b"MZ" + b"0" * 90)]})
    assert "run.exe" in text_of(refused) and "<title>Error: " in refused.content.decode()
    assert "note.txt" in text_of(refused)
    client.post("/cases/new/files/", {"files": [text_file("gone.txt", b"take me away\n")], "more": "yes"})
    page = client.get("/cases/new/files/")
    (gone,) = [file["pk"] for file in page.context["files"] if file["name"] == "gone.txt"]
    assert client.post("/cases/new/files/", {"remove": gone})["Location"] == "/cases/new/files/"
    assert client.post("/cases/new/files/", {})["Location"] == "/cases/new/contact/"
    answer(client, "contact")
    check = client.get("/cases/new/check/")
    assert "note.txt (12" in text_of(check)
    send(client, check)
    case = Case.objects.get()
    (file,) = case.files.all()
    assert (file.name, file.message.kind, file.content()) == ("note.txt", "filed", b"hello there\n")
    assert Event.objects.get(case=case).data["files"] == [file.fingerprint]


def test_nobody_takes_away_the_files_of_another_draft(cast):
    mine, other = Client(), Client()
    for client in (mine, other):
        walk(client, until="files")
    mine.post("/cases/new/files/", {"files": [text_file()]})
    (file,) = mine.get("/cases/new/files/").context["files"]
    other.post("/cases/new/files/", {"remove": str(file["pk"])})
    assert len(mine.get("/cases/new/files/").context["files"]) == 1
    assert not other.get("/cases/new/files/").context["files"]


# Sent -----------------------------------------------------------------------------------------------------------


def test_what_was_shown_is_what_is_sent(cast):
    client = Client()
    page = look(client)
    answer(client, "details", title="Changed in another window")
    again = send(client, page)
    assert "changed in another window" in text_of(again)
    assert not Case.objects.exists()
    assert send(client, again).status_code == 303
    assert Case.objects.get().title == "Changed in another window"


def test_pressed_twice_from_a_browser_that_heard_nothing_of_the_first(cast):
    """The second press of a double click carries the first one's cookies: the session it names is gone by then."""
    client, late = Client(), Client()
    page = look(client)
    late.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
    first, second = send(client, page), send(late, page)
    assert first["Location"] == second["Location"]
    assert Case.objects.count() == 1
    assert late.get(second["Location"]).status_code == 200


def test_a_lost_session_loses_nothing_that_was_typed(cast):
    client = Client()
    walk(client, until="contact")
    client.cookies.clear()
    assert answer(client, "contact")["Location"] == "/cases/new/topic/"
    for step in ("topic", "impact", "details", "files"):
        answer(client, step)
    assert 'value="nora@example.net"' in client.get("/cases/new/contact/").content.decode()


def test_the_page_after_is_of_use_later_and_leads_who_is_nobody_to_the_code(cast):
    client = Client()
    sent = file_as_guest(client)["Location"]
    case = Case.objects.get()
    page = text_of(client.get(sent))
    assert "You do not need to call to check." in page and "nora@example.net" in page
    assert "Make an account" in page and "Where it is now" not in page
    orders = Category.objects.get(slug="orders")
    at = LOOK + timedelta(minutes=9)
    verbs.assess(case.pk, severity=2, complexity=1, category=orders, by=cast.tiers[1], at=at)
    look_at(LOOK + timedelta(minutes=30))
    assert "Where it is now: " in text_of(client.get(sent))
    assert Client().get(sent)["Location"] == f"/follow/?reference={case.reference}"
    assert Client().get("/cases/new/sent/MP-2222-22x/").status_code == 404


def letters():
    """What guests are sent now."""
    return [letter for letter in deliver() if letter.to[0].endswith("example.net")]


class TestTheReceiptAgain:
    @pytest.fixture
    def filed(self, cast):
        client = Client()
        file_as_guest(client)
        return client, Case.objects.get()

    def again(self, client, case, email="nora@example.net"):
        return client.post(f"/cases/new/sent/{case.reference}/again/", {"email": email})

    def test_it_is_sent_again_a_few_times(self, filed):
        client, case = filed
        assert len(letters()) == 1
        assert self.again(client, case).status_code == 303
        (second,) = letters()
        assert (second.to, second.subject[:15]) == (["nora@example.net"], "We have your ca")
        self.again(client, case)
        self.again(client, case)  # one that waits is enough
        assert len(letters()) == 1
        assert {self.again(client, case).status_code for _ in range(4)} == {303, 429}

    def test_the_right_address_gets_the_case_and_the_wrong_one_opens_nothing(self, filed):
        client, case = filed
        (wrong,) = letters()
        assert self.again(client, case, "right@example.net").status_code == 303
        (right,) = letters()
        assert right.to == ["right@example.net"]
        case.refresh_from_db()
        assert (case.customer.email, case.customer.name) == ("right@example.net", "Nora Guest")
        stranger = Client()
        assert stranger.post(link_in(wrong, "follow")).status_code == 404
        assert "right@example.net" in text_of(client.get(f"/cases/new/sent/{case.reference}/"))
        assert stranger.post(link_in(right, "follow")).status_code == 303
        # The address is proved now: nobody changes it here any more, nor sees the case without a code.
        assert self.again(client, case, "third@example.net")["Location"] == f"/follow/?reference={case.reference}"
        case.refresh_from_db()
        assert case.customer.email == "right@example.net"

    def test_a_letter_that_still_waits_goes_to_the_right_address(self, filed):
        client, case = filed
        self.again(client, case, "right@example.net")
        assert [letter.to for letter in letters()] == [["right@example.net"]]

    def test_not_while_a_letter_is_on_its_way(self, filed):
        client, case = filed
        Notice.objects.filter(case=case, to_customer=True).update(state="sending")
        page = self.again(client, case, "right@example.net")
        assert "being sent this very moment" in text_of(page)
        case.refresh_from_db()
        assert case.customer.email == "nora@example.net"

    def test_only_the_browser_that_filed_it(self, filed, cast):
        _, case = filed
        (letter,) = letters()
        assert self.again(Client(), case, "thief@example.net")["Location"].startswith("/follow/")
        other = Client()
        other.force_login(cast.other)
        assert self.again(other, case, "thief@example.net").status_code == 404
        reader = Client()
        reader.post(link_in(letter, "follow"))
        self.again(reader, case, "thief@example.net")
        case.refresh_from_db()
        assert case.customer.email == "nora@example.net"


def test_staff_see_what_is_a_fact_and_no_rule(cast):
    client, staff = Client(), Client()
    walk(client, phone="+44 20 7946 0018", call_hours="mornings")
    client.post(
        "/cases/new/contact/",
        PAGES["contact"] | {"phone": "+44 20 7946 0018", "call_me": "on", "call_hours": "mornings"},
    )
    send(client, client.get("/cases/new/check/"))
    case = Case.objects.get()
    assert case.severity == cast.file(by=cast.other).severity  # what they said beside the impact is no rule's input
    staff.force_login(cast.supervisor)
    page = text_of(staff.get(f"/console/cases/case/{case.pk}/change/"))
    for words in ("Who is affected My team", "The audit", "Asks to be called +44 20 7946 0018", "mornings"):
        assert words in page


def test_hidden_fields_of_the_last_look_name_no_answer(cast):
    client = Client()
    assert set(hidden_on(look(client))) == {"idempotency_key", "draft", "seen"}


def test_a_page_that_was_open_for_too_long_keeps_what_was_typed(cast):
    client = Client(enforce_csrf_checks=True)
    typed, ours = PAGES["topic"] | {"q": "my <words>"}, {"origin": "http://testserver"}
    foreign = client.post("/cases/new/topic/", typed, headers={"origin": "https://elsewhere.example"})
    assert foreign.status_code == 403 and "my &lt;words&gt;" not in foreign.content.decode()
    kept = client.post("/cases/new/topic/", typed, headers=ours)
    body = kept.content.decode()
    assert kept.status_code == 403 and 'name="q" value="my &lt;words&gt;"' in body
    assert not Draft.objects.exists()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', body)[1]
    again = client.post("/cases/new/topic/", typed | {"csrfmiddlewaretoken": token}, headers=ours)
    assert again["Location"] == "/cases/new/impact/"
    assert Draft.objects.get().answers["title"] == "my <words>"
