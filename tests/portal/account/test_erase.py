"""Being erased: a sign in every place a person leaves behind, and afterwards not one of them anywhere."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection, models
from django.test import Client

from cases.erasing import ERASED, Subject
from cases.lifecycle import State
from cases.models import AccessLink, Attachment, Case, DataCopy, Draft, Message, Participant, User
from escalation import erasing, outbox, sharing, verbs, wishes
from escalation.models import Notice
from feedback import (
    alternatives,
    figure_tokens,
    follow_up_acts,
    follow_ups,
    lessons,
    meetings,
    post_mortem_acts,
    recommending,
)
from feedback.low_scores import answer_low_score
from feedback.models import Ask, FigureView, FollowUp, QualityReview, QualityWeek, Retro, Scenario
from feedback.post_mortem_acts import Draft as LookBack
from feedback.surveys import answer_survey
from portal import beat, clock
from portal.keeping import copies
from portal.keeping import erasing as table
from portal.viewer import GUEST
from tests.cast import PASSWORD, gather
from tests.portal.pages.scene import LOOK, answered, confirmed, later, look_at, step, waiting_partner, working
from tests.portal.recommend_stories import asked_to_recommend

SIGN = "Zq7canary"
HERE = "/account/data/"
AFTER = timedelta(days=14, seconds=1)


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path


def send(at):
    while outbox.deliver_batch(at):
        pass


def keeping(at):
    """The day comes: the last letter is owed, goes, and the next round erases."""
    look_at(at)
    beat.beat()
    beat.beat()
    return beat.beat(beat.KEEPING)


def gone(person, at=LOOK):
    erasing.ask(person, at=at)
    done = keeping(at + AFTER)
    person.refresh_from_db()
    assert person.erased_at, done
    return person


def everything():
    """Every column of every row of every table, with the table's name."""
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")  # noqa: S608
            for row in cursor.fetchall():
                yield (
                    name,
                    " ".join(bytes(v).decode("latin-1") if isinstance(v, memoryview | bytes) else str(v) for v in row),
                )


def traces(folder, *signs):
    found = [(name, row) for name, row in everything() if any(s.lower() in row.lower() for s in signs)]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return found + [(p.name, p) for p in files if any(s.lower().encode() in p.read_bytes().lower() for s in signs)]


def fill(cast, settings, folder):
    """A person with a sign in every field, text, letter, session and file."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    who = User.objects.create_user(
        f"{SIGN}@example.com", PASSWORD, name=f"{SIGN} Person", phone=f"+44 {SIGN}", is_verified=True
    )
    User.objects.filter(pk=who.pk).update(contact_needs=f"{SIGN} large print", segment=SIGN.lower())
    who.refresh_from_db()
    cast = replace(cast, customer=who)
    settled = confirmed(cast, by=who, title=f"{SIGN} settled")
    answer_survey(settled, satisfaction=1, at=step(30), comment=f"{SIGN} was slow")
    answer_low_score(settled, how="letter", words=f"{SIGN}, we are sorry", by=cast.supervisor, at=step(30))
    row = recommending.find(asked_to_recommend(who), at=clock.now())
    recommending.answer(row, score=2, why=f"{SIGN} was slow", at=clock.now())
    follow_ups.make([settled], step(30))
    call = follow_up_acts.Done("phone", f"{SIGN} is happy", "fine")
    follow_up_acts.do(FollowUp.objects.get(case=settled), call, by=cast.supervisor, at=step(30))
    ours = working(cast, by=who, title=f"{SIGN} open")
    verbs.note(ours.pk, text=f"{SIGN} called us", by=cast.tiers[1], at=step(31))
    verbs.reply(ours.pk, text=f"{SIGN} here", by=who, at=step(32))
    verbs.ask_supervisor(ours.pk, reason="slow", text=f"{SIGN} waits", by=who, at=step(33))
    looked_back(cast, ours)
    in_minutes(cast, who)
    waiting_partner(cast)
    wishes.decide(who, at=step(34), progress_mail="daily")
    verbs.update(ours.pk, text=f"{SIGN}: we look", by=cast.tiers[1], at=step(35))
    answered(cast, by=who, title=f"{SIGN} answered")
    send(step(40))
    Ask.objects.create(key="survey:x", kind=Ask.Kind.SURVEY, person=who, at=step(40))
    figure_tokens.issue(f"{SIGN} key", 30, by=who, at=clock.now())
    FigureView.objects.create(owner=who, name=f"{SIGN} view", page="/insights/")
    copies.make(copies.ask(who, at=step(41)).pk)
    send(step(42))
    LogEntry.objects.log_actions(cast.manager.pk, [who], CHANGE, change_message=f"{SIGN} changed", single_object=True)
    AccessLink.issue("follow", settled, user=who, at=step(43), lasts=timedelta(days=60))
    browser = Client()
    browser.force_login(who)
    guest = Client().session
    guest[GUEST] = {"case": settled.pk, "until": later(days=60).isoformat()}
    guest["said"] = SIGN
    guest.save()
    Notice.objects.filter(case=settled, kind="received").update(error=f"550 {SIGN}@example.com unknown")
    (folder / "mail").mkdir(exist_ok=True)
    return who, browser


def learned(cast, who):
    """What colleagues wrote about a case of theirs, with the sign in each text."""
    case, tom, dana = who.cases.get(title=f"{SIGN} settled"), cast.tiers[1], cast.supervisor
    Retro.objects.create(
        case=case, person=tom, asked_at=LOOK, answered_at=LOOK, level="right", worked=SIGN, blocked=SIGN
    )
    Retro.objects.create(case=case, person=dana, asked_at=LOOK, skipped_at=LOOK, skipped_why=SIGN)
    lesson = lessons.write(SIGN, "tool", case=case, tags=[SIGN], by=tom, at=LOOK)
    lessons.answer(lesson, lessons.Answer("declined", SIGN), by=dana, at=LOOK)
    week = QualityWeek.objects.create(monday=LOOK.date(), seed="s", by_chance=1, by_risk=0, drawn_at=LOOK)
    QualityReview.objects.create(
        week=week, case=case, person=tom, by_chance=True, reviewer=dana, reviewed_at=LOOK, words=SIGN, agrees=False,
        reply=SIGN, replied_at=LOOK,
    )  # fmt: skip
    Scenario.objects.create(case=case, title=SIGN, situation=SIGN, good=SIGN, by=tom, at=LOOK)


def in_minutes(cast, who):
    """Minutes that name them, though the form asks for no names."""
    said = meetings.Minutes([cast.supervisor], f"{who.name} is called.", [
        meetings.Planned(f"Call {who.name}", cast.tiers[1], (LOOK + timedelta(days=3)).date())])  # fmt: skip
    kept = meetings.keep(None, meetings.last_week(LOOK), said, by=cast.supervisor, at=LOOK)
    meetings.tick_off(kept.actions.get(), f"{who.email} answered", by=cast.tiers[1], at=LOOK)


def looked_back(cast, case):
    """A post-mortem with their sign in every word of it, and in what they were offered."""
    words = {"happened": SIGN, "effect": SIGN, "unseen": SIGN, "worked": SIGN}
    by = {"by": cast.supervisor, "at": step(34)}
    found = post_mortem_acts.open_by_hand(case, f"{SIGN} was cross", **by)
    post_mortem_acts.write(found, LookBack(**words), seen=1, **by)
    alternatives.offer(found, sorry="Sorry.", wrong=SIGN, alternative=f"{SIGN} gets it", **by)
    said = {"kind": "tool", "text": f"{SIGN} is rung", "owner": cast.mate, "due_on": step(34).date()}
    post_mortem_acts.finish(post_mortem_acts.add_measure(found, **said, **by), f"{SIGN} was rung", **by)


def enclose(who, case):
    """Drafts and files: one of theirs each, a note's, and one that waits; a device and an app; where the bytes lie."""
    lasts = {"made_at": LOOK, "saved_at": LOOK, "expires_at": later(days=60)}
    Draft.objects.create(owner=who, answers={"title": f"{SIGN} begun"}, **lasts)
    Draft.objects.create(secret_hash="x", answers={"email": f"{SIGN}@example.com"}, **lasts)
    EmailAddress.objects.get_or_create(user=who, defaults={"email": who.email, "verified": True, "primary": True})
    Authenticator.objects.create(user=who, type=Authenticator.Type.WEBAUTHN, data={"name": SIGN})
    session = Session.objects.order_by("pk").first().session_key
    UserSession.objects.get_or_create(user=who, session_key=session, defaults={"ip": "192.0.2.1", "user_agent": SIGN})
    message, note = case.messages.first(), case.notes.first()
    rows = []
    for place in ({"case": case, "message": message}, {"case": case, "note": note}, {"draft": "d", "expires_at": LOOK}):
        row = Attachment(uploaded_by=who, name=f"{SIGN}.txt", description=SIGN, kind="txt", at=LOOK, **place)
        row.stamp(SIGN.encode())
        row.stored_as = storages["attachments"].save(f"zz/{SIGN}{len(rows)}", ContentFile(SIGN.encode()))
        row.save()
        rows.append(row.stored_as)
    return rows


@pytest.mark.django_db(transaction=True)
def test_not_one_sign_of_a_person_is_left(settings, tmp_path, django_user_model):
    look_at(LOOK)
    cast = gather()
    who, browser = fill(cast, settings, tmp_path)
    learned(cast, who)
    bytes_of = enclose(who, who.cases.get(title=f"{SIGN} open"))
    before = {name for name, _ in traces(tmp_path, SIGN)}
    for name in (
        "cases_user",
        "cases_case",
        "cases_message",
        "cases_note",
        "escalation_notice",
        "feedback_survey",
        "feedback_lesson",
        "feedback_retro",
        "feedback_qualityreview",
        "feedback_lessontag",
        "feedback_scenario",
        "feedback_lowscore",
        "feedback_postmortem",
    ):
        assert name in before, name
    assert {"cases_attachment", "cases_draft", "account_emailaddress", "mfa_authenticator"} <= before
    assert any(name.endswith(".log") for name in before), "letters lie in the folder"
    began = time.monotonic()
    gone(who)
    assert time.monotonic() - began < 60
    assert traces(tmp_path, SIGN) == []
    assert not [name for name in bytes_of if storages["attachments"].exists(name)]
    assert browser.get("/account/").status_code == 303
    assert not Ask.objects.exists()
    assert not DataCopy.objects.exists() and not list((tmp_path / "copies").iterdir())
    assert not Case.objects.open().filter(customer=who).exists()
    report = StringIO()
    call_command("verify_log", stdout=report)
    call_command("audit", stdout=report)
    # Another person's things are all there.
    assert Message.objects.exclude(text=ERASED).count() == 0
    assert User.objects.get(pk=cast.customer.pk).email == "sam@example.com"


def test_nobody_elses_words_go(cast, sam):
    other = working(cast, by=cast.other, title="Olga's own")
    working(cast)
    gone(cast.customer)
    other.refresh_from_db()
    assert other.title == "Olga's own" and other.is_open
    assert not Message.objects.filter(case=other, text=ERASED).exists()
    assert Notice.objects.filter(case=other, kind="received").get().recipient == cast.other


def test_who_was_added_takes_their_words_and_nobody_elses(cast, settings, tmp_path):
    """Their messages and letters go, and their way in; the customer's case stays, with a note that names nobody."""
    settings.SHARE_CASES = True
    case = working(cast)
    Case.objects.filter(pk=case.pk).update(is_proven=True)
    who = User.objects.create_user(f"{SIGN}@example.com", PASSWORD, name=f"{SIGN} Helper", is_verified=True)
    row = sharing.add(Case.objects.get(pk=case.pk), who.email, by=cast.customer, at=step(16))
    sharing.join(sharing.token_of(row), at=step(17))
    verbs.reply(case.pk, text=f"{SIGN} saw it", by=who, at=step(18))
    verbs.reply(case.pk, text="So did I.", by=cast.customer, at=step(19))
    verbs.update(case.pk, text="We look.", by=cast.tiers[1], at=step(20))
    send(step(20))
    verbs.update(case.pk, text="We still look.", by=cast.tiers[1], at=step(21))  # a letter to them waits
    gone(who)
    assert traces(tmp_path, SIGN) == []
    assert not Participant.objects.exists()
    assert set(Message.objects.filter(case=case).values_list("text", flat=True)) >= {"So did I.", "We look.", ERASED}
    assert Case.objects.get(pk=case.pk).title == case.title
    assert not Notice.objects.filter(recipient=who, state__in=Notice.PENDING).exists()


def test_the_customer_takes_the_list_of_whom_they_added(cast, settings):
    settings.SHARE_CASES = True
    case = working(cast)
    Case.objects.filter(pk=case.pk).update(is_proven=True)
    sharing.add(Case.objects.get(pk=case.pk), "helper@example.com", by=cast.customer, at=step(16))
    gone(cast.customer)
    assert not Participant.objects.exists()


def test_every_table_that_points_to_a_person_is_dealt_with():
    """What cannot be deleted with the account is scrubbed by name, or is a colleague's doing."""
    scrubbed = {"cases.Case", "cases.Message", "cases.Note", "cases.Resolution", "escalation.Notice"}
    scrubbed |= {
        "cases.Event",
        "cases.Attachment",
        "cases.TriedStep",
        "cases.Investigation",
        "feedback.Worthy",
        "feedback.Lesson",
        "feedback.QualityReview",
        "feedback.Retro",
        "feedback.Scenario",
        "feedback.LowScore",
        "feedback.FollowUp",
        "cases.Task",
        "feedback.PostMortem",
        "feedback.Ground",
        "feedback.Alternative",
        "feedback.Measure",
        "feedback.Evidence",
        "feedback.Meeting",
        "feedback.MeetingAction",
    }
    staff = {
        "cases.Consult", "cases.StaffAct", "escalation.BulkRun", "cases.SavedReply", "cases.ReplyRevision", "cases.PlaybookRevision", "cases.Remedy", "cases.RemedyRevision", "cases.Team", "escalation.ProtocolVersion",
        "escalation.CalendarVersion", "escalation.Attestation", "escalation.PlanReview", "escalation.BackTest",
        "cases.BrandRevision", "feedback.Article", "feedback.ArticleAct", "feedback.ArticleRevision", "feedback.ArticleUse",
        "feedback.ThemeTag", "feedback.ThemeSample", "feedback.Training", "feedback.Improvement", "feedback.KnownProblem", "feedback.Counterfactual", "feedback.ProblemUpdate", "feedback.ProblemCase",
        "escalation.ChoiceDraft", "escalation.InboundMail", "escalation.Shift", "escalation.Override", "escalation.Leave", "escalation.LoadCap",
    }  # fmt: skip
    left = set()
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if field.is_relation and field.related_model is User and field.remote_field.on_delete is not models.CASCADE:
                left.add(model._meta.label)
    assert left <= scrubbed | staff, sorted(left - scrubbed - staff)


def test_the_way_there_and_back(cast, sam):
    case = working(cast)
    proved(sam)
    page = sam.get(f"{HERE}erase/").content.decode()
    for words in ("What goes", "What stays", "14 days", case.title):
        assert words in page
    wrong = sam.post(f"{HERE}erase/", {"email": "olga@example.com"}).content.decode()
    assert "That is not the address of this account" in wrong and 'value="olga@example.com"' in wrong
    assert User.objects.get(pk=cast.customer.pk).erase_at is None
    said = sam.post(f"{HERE}erase/", {"email": "SAM@example.com"}, follow=True).content.decode()
    assert "Your account will be erased" in said and said.count("Keep my account") == 1
    assert "Keep my account" in sam.get("/account/").content.decode()
    assert "Keep my account" not in sam.get("/cases/").content.decode()
    send(clock.now())
    (letter,) = [m for m in mail.outbox if m.subject == "Your account will be erased"]
    assert "Keep my account" in letter.body
    assert case.is_open and Case.objects.get(pk=case.pk).is_open
    kept = sam.post(f"{HERE}keep/", follow=True).content.decode()
    assert "Your account stays" in kept and "Keep my account" not in kept
    keeping(LOOK + AFTER)
    assert User.objects.get(pk=cast.customer.pk).name == "Sam Okafor"
    assert Case.objects.get(pk=case.pk).is_open


def proved(browser: Client, ago: float = 0) -> None:
    """The browser's person proved who they are so many seconds ago."""
    session = browser.session
    session["account_authentication_methods"] = [{"method": "code", "at": time.time() - ago}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()


@pytest.mark.parametrize("ago", [None, 3600])
def test_who_has_not_just_shown_that_it_is_them_is_led_there_and_back(ago, cast, sam):
    if ago:
        proved(sam, ago)
    page = sam.get(f"{HERE}erase/").content.decode()
    assert f'href="/account/confirm/?next={HERE}erase/"' in page and 'name="email"' not in page
    sam.post(f"{HERE}erase/", {"email": "sam@example.com"})
    assert User.objects.get(pk=cast.customer.pk).erase_at is None


def test_a_colleague_cannot_erase_what_they_did(cast):
    browser = Client()
    browser.force_login(cast.tiers[1])
    proved(browser)
    assert "What goes and what stays" not in browser.get(HERE).content.decode()
    page = browser.post(f"{HERE}erase/", {"email": "tom@example.com"}).content.decode()
    assert "colleague" in page and User.objects.get(pk=cast.tiers[1].pk).erase_at is None


def test_the_last_letter_goes_to_the_address_that_is_then_gone(cast):
    gone(cast.customer)
    assert [m.to for m in mail.outbox if m.subject == "Your account is erased"] == [["sam@example.com"]]
    assert not User.objects.at_address("sam@example.com").exists()
    again = User.objects.of_address("sam@example.com", name="Sam")
    assert again.pk != cast.customer.pk and not again.cases.exists()


def test_a_mail_server_that_is_away_holds_nothing_up_for_more_than_a_day(cast):
    erasing.ask(cast.customer, at=LOOK)
    look_at(LOOK + AFTER)
    for _ in range(3):
        beat.beat(beat.KEEPING)
    assert User.objects.get(pk=cast.customer.pk).erased_at is None
    look_at(LOOK + AFTER + erasing.LETTER_WAITS + timedelta(minutes=1))
    beat.beat(beat.KEEPING)
    assert User.objects.get(pk=cast.customer.pk).erased_at
    send(clock.now())
    assert [m for m in mail.outbox if m.to == ["sam@example.com"]] == []


def test_open_cases_are_withdrawn_by_the_verb(cast):
    ours, waits, done = working(cast), waiting_partner(cast), answered(cast)
    gone(cast.customer)
    for case, state in ((ours, State.WITHDRAWN), (waits, State.WITHDRAWN), (done, State.CLOSED)):
        case.refresh_from_db()
        assert case.state == state and case.title == ERASED
    assert ours.events.filter(kind="withdrawn", actor=cast.customer).exists()


def test_what_the_law_keeps_puts_off_the_day(cast, settings):
    settings.ERASURE_KEEPS_DAYS = 30
    case = working(cast)
    erasing.ask(cast.customer, at=LOOK)
    keeping(LOOK + AFTER)
    person = User.objects.get(pk=cast.customer.pk)
    case.refresh_from_db()
    assert person.erased_at is None and case.state == State.WITHDRAWN
    assert person.erase_at == case.closed_at + timedelta(days=30)
    assert [m for m in mail.outbox if m.subject == "Your account is erased"] == []
    keeping(person.erase_at + timedelta(seconds=1))
    person.refresh_from_db()
    assert person.erased_at


def test_colleagues_see_an_erased_person_and_no_broken_page(cast):
    case = working(cast)
    gone(cast.customer)
    browser = Client()
    browser.force_login(cast.supervisor)
    for address in (
        f"/console/cases/case/{case.pk}/change/",
        "/console/cases/case/",
        "/console/",
        f"/c/{case.reference}/",
    ):
        assert browser.get(address, follow=True).status_code == 200, address
    page = browser.get(f"/console/cases/case/{case.pk}/change/").content.decode()
    assert "Erased person" in page and "Sam" not in page and "sam@" not in page


def test_what_was_filed_in_the_very_moment_is_erased_too(cast):
    gone(cast.customer)
    late = cast.file(at=clock.now(), title="A moment late")
    table.erase_after(clock.now())
    late.refresh_from_db()
    assert (late.state, late.title) == (State.WITHDRAWN, ERASED)
    assert table.erase_after(clock.now()) == 0


def test_a_letter_that_is_being_sent_cannot_write_down_what_it_said(cast):
    working(cast)
    claimed = outbox.claim(LOOK)
    erasing.letters(Subject.of(cast.customer, LOOK))
    for notice in claimed:
        outbox._mark(notice, state=Notice.State.SENT, body="Dear Sam", address="sam@example.com")
    assert not Notice.objects.exclude(body="").exists()


def test_a_session_of_anybody_else_stays(cast, sam):
    other = Client()
    other.force_login(cast.other)
    gone(cast.customer)
    assert other.get("/cases/").status_code == 200
    assert Session.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_hands_erase_once_and_a_change_of_mind_is_before_or_after():
    look_at(LOOK)
    cast = gather()
    working(cast)
    erasing.ask(cast.customer, at=LOOK)
    look_at(LOOK + AFTER)
    beat.beat(beat.KEEPING)
    send(clock.now())
    at = clock.now()
    done, errors, start = [], [], threading.Barrier(4)

    def run(act):
        try:
            start.wait()
            done.append(act())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    acts = [lambda: table.erase_one(at)] * 3 + [lambda: erasing.keep(cast.customer, at=at)]
    hands = [threading.Thread(target=run, args=(act,)) for act in acts]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert errors == [] and sorted(map(int, done)) == [0, 0, 0, 1]
    assert User.objects.filter(erased_at__isnull=False).count() == 1


@pytest.mark.parametrize("partner", ["Sam Okafor's bank", "sam@example.com"])
def test_the_one_free_text_of_the_log_does_not_name_the_customer(cast, partner):
    case = working(cast)
    with pytest.raises(verbs.Refused, match="company's name"):
        verbs.wait_partner(case.pk, partner=partner, text="We asked.", by=cast.tiers[1], at=step(40))
    assert Case.objects.get(pk=case.pk).state == State.WORKING
