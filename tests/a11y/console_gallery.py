"""Every address of the console on one set of rows: what the picture tests walk through, and what no picture shows and why.

An address of `admin.site.get_urls()` that stands in none of the three tables fails `test_the_gallery_shows_every_address`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.contrib import admin
from django.contrib.auth.models import Group
from django_q.models import Schedule

from cases.models import Case, Category, Event, Organisation, PersonSkill, Product, Skill, User
from escalation import (
    calendar_versions,
    choice_drafts,
    playbooks,
    publishing,
    remedies,
    saved_replies,
    saved_views,
    verbs,
)
from escalation.models import (
    BackTest,
    InboundMail,
    Leave,
    LoadCap,
    Notice,
    Override,
    PlanReview,
    ProtocolVersion,
    Rota,
    Shift,
)
from feedback import bulk, follow_up_acts, follow_ups, lessons, meetings, practice, quality, retros, rubric, themes
from feedback.low_scores import answer_low_score
from feedback.models import FollowUp, LowScore, Measure, QualityReview, QualityWeek, Retro, Survey, Training
from feedback.surveys import answer_survey
from portal.console.deeds import DEEDS
from portal.inbound import taking
from tests.a11y.gallery import LONG
from tests.cast import MONDAY, PASSWORD, Cast, gather
from tests.feedback.article_shelf import REFUND, published
from tests.portal import improvement_stories, post_mortem_stories, problem_stories
from tests.portal.console import reply_stories, stories
from tests.portal.inbound.letters import answer


@dataclass(frozen=True)
class Look:
    """One page in one state: the name of its address with what fills it in (names of `World.rows`), and what is sent first."""

    name: str
    parts: tuple[str, ...] = ()
    words: str = ""  # what tells this look from others of the address
    query: str = ""
    post: dict[str, str] | None = None  # sent by the page's own button before looking; refused, and the page says so
    who: str = "root"

    def __str__(self) -> str:
        return " ".join(part for part in (self.name, *self.parts, self.words, self.query) if part)


@dataclass
class World:
    """The rows behind the addresses, by name."""

    cast: Cast
    root: User
    rows: dict[str, object] = field(default_factory=dict)

    def who(self, name: str) -> User:
        """The person who looks, by what they are in these stories."""
        people = {"root": self.root, "agent": self.cast.tiers[1], "receiver": self.cast.mate,
                  "asked": self.cast.tiers[3], "supervisor": self.cast.supervisor}  # fmt: skip
        return people[name]

    def part(self, name: str) -> str:
        """What stands in an address for a part of a look: the number of a row, or the word itself."""
        row = self.rows.get(name, name)
        return str(getattr(row, "pk", row))


#: What is only sent: it answers 405 to a look, or the page with its form is another's.
SENT_ONLY = (
    "counts", "presence", "reply_retire", "reply_bring_back", "pulse_later", "case_problem", "article_publish", "article_archive",
    "article_restore", "article_checked", "article_use", "mail_aside", "logout", "audit_csv", "escalation_notice_again",
    "remedy_retire", "theme_retire",
    *(
        f"escalation_protocolversion_{name}"
        for name in ("discard", "choice_discard", "draw_up", "go_back", "note", "approve", "publish", "keep_back")
    ),
    *(f"escalation_calendarversion_{name}" for name in ("begin", "review", "publish", "discard")),
)  # fmt: skip
#: What is no page to look at: files, sheets, and what only leads on.
NO_PAGE = {
    "plan_review_pack": "a file", "cases_case_report": "a file", "brand_preview_sheet": "a sheet", "letter_html": "a letter by itself", "login": "leads to the portal's",
    "password_change": "leads to the account", "password_change_done": "leads to the account",
    "autocomplete": "for scripts we do not load", "jsi18n": "for scripts we do not load", "view_on_site": "leads on",
    "escalation_protocolversion_csv": "a file", "escalation_protocolversion_json": "a file",
    "escalation_calendarversion_json": "a file", "app_list": "leads home", "": "old addresses, lead on",
}  # fmt: skip
#: Stock addresses nobody may use here: the page that says so is looked at once.
CLOSED = tuple(
    f"{model}_{page}"
    for model in ("cases_case", "escalation_protocolversion", "escalation_calendarversion", "escalation_notice",
                  "cases_event", "django_q_schedule")
    for page in ("add", "delete")
) + tuple(f"cases_{model}_delete" for model in ("user", "team", "category", "product", "organisation", "skill", "personskill")) + (
    "auth_group_delete", "cases_case_history",
)  # fmt: skip


#: The cases of the pictures, each brought to its state by the story of the same name.
CASES = (
    "acknowledged", "passed_up", "waiting_partner", "answered", "asked_supervisor", "offered", "investigated", "reviewed",
    "planned", "asked_expert", "unreached",
)  # fmt: skip


def world() -> World:
    """One of everything the console shows, on the clock of the cast."""
    cast = gather()
    root = User.objects.create_superuser("root@example.com", PASSWORD, name="Rita Root")
    found = World(cast, root)
    rows = found.rows
    rows["late"] = cast.file(title=f"{LONG} {LONG}"[:120])
    for name in CASES:
        rows[name] = getattr(stories, name)(cast)
    rows["urgent"] = stories.emergency(cast)
    rows["angry"] = stories.upset(cast)
    rows["assessed"] = stories.assessed(cast)
    rows["topic"] = Category.objects.order_by("pk")[0]
    rows |= {
        "user": cast.mate,
        "customer": cast.customer,
        "team": cast.teams[1],
        "role": Group.objects.order_by("pk")[0],
    }
    rows["product"] = Product.objects.create(slug="card", name="Card")
    rows["company"] = Organisation.objects.create(name="Nordwind Ltd")
    _cover(cast, rows)
    _texts(cast, rows)
    _learning(cast, rows)
    _learned(cast, root, rows)
    _rules(cast, root, rows)
    taking.take(
        answer(rows["acknowledged"], "It was the blue card.", sender="sam.private@example.net").as_bytes(), at=MONDAY
    )
    rows["mail"] = InboundMail.objects.order_by("pk")[0]
    rows["notice"] = Notice.objects.filter(case__isnull=False).order_by("pk")[0]
    rows["event"] = Event.objects.order_by("pk")[0]
    rows["schedule"] = Schedule.objects.order_by("pk").first() or Schedule.objects.create(name="beat", func="math.sqrt")
    _many(cast, rows)
    rows["view"] = saved_views.keep("High ones", query="severity=2", by=root)
    rows["restricted"] = cast.file(title="A private matter", at=MONDAY)
    Case.objects.filter(pk=rows["restricted"].pk).update(category=_private())
    return found


def _many(cast: Cast, rows: dict[str, object]) -> None:
    """A run that is over, with a case that stayed, and one that goes on."""
    ids = [rows["late"].pk, rows["answered"].pk]
    seen = bulk.preview("remind", ids, {}, by=cast.supervisor, at=MONDAY)
    rows["bulk"] = bulk.begin("remind", seen.able, {}, form_key="one", by=cast.supervisor, at=MONDAY)
    stale = {pk: number + 1 for pk, number in seen.able.items()}
    rows["bulk_open"] = bulk.begin("remind", stale, {}, form_key="two", by=cast.supervisor, at=MONDAY)
    bulk.carry_on(rows["bulk"], now=lambda: MONDAY)


def _private() -> Category:
    return Category.objects.create(slug="private", name="Private matters", is_restricted=True, position=99)


def _cover(cast: Cast, rows: dict[str, object]) -> None:
    rota = Rota.objects.create(team=cast.teams[1], zone="Europe/London")
    hours = {"weekday": 0, "opens": 540, "closes": 1020, "starts_on": date(2025, 1, 1)}
    rows["shift"] = Shift.objects.create(rota=rota, user=cast.mate, **hours)
    times = {"starts_at": MONDAY, "ends_at": MONDAY + timedelta(days=2)}
    rows["swap"] = Override.objects.create(rota=rota, user=cast.tiers[1], instead_of=cast.mate, **times)
    rows["leave"] = Leave.objects.create(user=cast.tiers[3], substitute=cast.tiers[4], **times)
    rows["cap"] = LoadCap.objects.create(user=cast.tiers[1], most_open=1)


def _texts(cast: Cast, rows: dict[str, object]) -> None:
    rows["article"] = published(cast, REFUND, topic="billing")
    rows["problem"] = problem_stories.opened(cast)
    rows["look_back"], rows["failed"], late = post_mortem_stories.opened(cast)
    post_mortem_stories.offered(cast, rows["look_back"], late)
    post_mortem_stories.written(cast, rows["look_back"], late)
    rows["measure"] = Measure.objects.get()
    rows["idea"] = improvement_stories.idea(cast, rows["acknowledged"])
    rows["agreed"] = improvement_stories.agreed(cast, rows["acknowledged"])
    rows["done"] = improvement_stories.done(cast, rows["acknowledged"], at=MONDAY - timedelta(days=40))
    rows["reply"] = reply_stories.shelf(cast)["billing"].reply
    retired = reply_stories.kept(cast, "Old words", "We look into it.").reply
    saved_replies.retire(retired, by=cast.supervisor, at=MONDAY, seen=1)
    rows["retired"] = retired


def _learning(cast: Cast, rows: dict[str, object]) -> None:
    """A playbook in its second revision, remedies on the list and off it, a case worth repeating, who is trained."""
    steps = ["Look at both payments of the order.", f"Ask the bank. {LONG}"[: playbooks.STEP_MOST]]
    playbooks.write(rows["topic"], steps[:1], by=cast.supervisor, at=MONDAY, seen=0)
    playbooks.write(rows["topic"], steps, by=cast.supervisor, at=MONDAY, seen=1)
    rows["untold"] = Category.objects.order_by("pk")[1]
    for name, level in (("An apology in writing", 1), ("A voucher", 2), ("A month free of charge", 3)):
        draft = remedies.Draft(name, level, has_amount=level == 2)
        rows["remedy"] = remedies.write(None, draft, by=cast.supervisor, at=MONDAY).remedy
    rows["taken_off"] = remedies.write(None, remedies.Draft("Flowers", 2, False), by=cast.supervisor, at=MONDAY).remedy
    remedies.retire(rows["taken_off"], by=cast.supervisor, at=MONDAY, seen=1)
    rows["settled"] = verbs.accept(stories.answered(cast).pk, by=cast.customer, at=stories.minutes(9))
    practice.mark(rows["settled"], "Rang before the answer went out.", by=cast.supervisor, at=MONDAY)
    Survey.objects.get_or_create(case=rows["settled"])
    Survey.objects.filter(case=rows["settled"]).update(satisfaction=5, answered_at=stories.minutes(10))
    _low(cast, rows)
    rows["skill"] = Skill.objects.get(slug="law")
    rows["trained"] = PersonSkill.objects.get(skill=rows["skill"])
    PersonSkill.objects.create(person=cast.mate, skill=rows["skill"])


def _learned(cast: Cast, root: User, rows: dict[str, object]) -> None:
    """Retros owed and given, lessons in each state, a sample with a review to score, one scored and one answered."""
    tom, mara, dana, case = cast.tiers[1], cast.tiers[2], cast.supervisor, rows["settled"]
    rows["retro"], said = (Retro.objects.create(case=case, person=one, asked_at=MONDAY) for one in (root, mara))
    retros.answer(said, level="lower", worked=f"A call. {LONG}"[:900], blocked="Two dates.", by=mara, at=MONDAY)
    rows["lesson"], joined, taken, other = (
        lessons.write(f"{words} {LONG}"[:900], "article", case=case, tags=["card"], by=tom, at=MONDAY)
        for words in ("Waits", "Same", "Taken", "Not")
    )
    lessons.write("Long overdue.", "tool", by=root, at=MONDAY - timedelta(days=30))
    due = (MONDAY + timedelta(days=9)).date()
    lessons.answer(joined, lessons.Answer("joined", "The same.", joined_to=taken), by=dana, at=MONDAY)
    lessons.answer(taken, lessons.Answer("accepted", LONG[:900], root, due), by=dana, at=MONDAY)
    lessons.answer(other, lessons.Answer("declined", "The old screen goes."), by=dana, at=MONDAY)
    rows["lesson_taken"], rows["lesson_joined"] = taken, joined
    for one in (mara, root):
        rows["training"] = Training.objects.create(
            person=one, topic=case.category, aspect="missed", first=date(2026, 1, 1), last=date(2026, 1, 31),
            module="playbook", note=LONG[:200], due_on=due, by=dana, at=MONDAY,
        )  # fmt: skip
    week = QualityWeek.objects.create(
        monday=date(2026, 1, 5), seed="5d41402abc4b2a76b9719d911017c592", by_chance=3, by_risk=3, drawn_at=MONDAY
    )
    of = {"week": week, "person": cast.mate}
    rows["to_score"] = QualityReview.objects.create(
        **of, case=case, by_chance=False, reasons=["low_score", "passed_up"]
    )
    of["person"] = root
    rows["scored"] = QualityReview.objects.create(**of, case=rows["answered"], by_chance=True)
    quality.score(rows["scored"], dict.fromkeys(rubric.KEYS, 1), LONG[:900], by=dana, at=MONDAY)
    planned = [
        meetings.Planned(f"Write it. {LONG}"[: meetings.ACTION_MOST], one, MONDAY.date()) for one in (root, mara)
    ]
    said = meetings.Minutes([dana, tom, mara], LONG[:900], planned)
    rows["meeting"] = meetings.keep(None, date(2025, 12, 29), said, by=dana, at=MONDAY)
    rows["meeting_action"] = rows["meeting"].actions.earliest("pk")


def _low(cast: Cast, rows: dict[str, object]) -> None:
    """A low score that waits for an answer, one that was answered, and so many without a name that they are listed."""
    rows["low"], rows["low_done"], unnamed = (
        verbs.accept(stories.answered(cast).pk, by=cast.customer, at=stories.minutes(9)) for _ in "123"
    )
    for case in (rows["low"], rows["low_done"], unnamed):
        answer_survey(case, satisfaction=1, fixed="no", comment=f"Slow. {LONG}", at=stories.minutes(11))
    answer_low_score(
        rows["low_done"], how="phone", words=f"We agreed. {LONG}", by=cast.supervisor, at=stories.minutes(12)
    )
    follow_ups.make([rows["low"], rows["low_done"]], stories.minutes(12))
    rows["follow"], rows["followed"] = (FollowUp.objects.get(case=rows[name]) for name in ("low", "low_done"))
    follow_up_acts.do(
        rows["followed"],
        follow_up_acts.Done("phone", f"It works. {LONG}", "fine"),
        by=cast.supervisor,
        at=stories.minutes(12),
    )
    Survey.objects.filter(case=unnamed).update(is_anonymous=True)
    LowScore.objects.filter(case=unnamed).delete()
    for n in range(4):
        said = {"satisfaction": 2, "comment": f"{n} {LONG}", "is_anonymous": True, "answered_at": stories.minutes(11)}
        Survey.objects.create(case=cast.file(at=stories.minutes(1)), **said)
    dana = cast.supervisor
    rows["theme"] = themes.write(None, "Waiting", "slow*\nno word", by=dana)
    themes.set_active(themes.write(None, f"Speed {LONG}"[:40].strip(), "", by=dana), active=False, by=dana)
    rows["comment"] = Survey.objects.get(case=rows["low"])
    rows["unnamed"] = themes.key_of(Survey.objects.get(case=unnamed))


def _rules(cast: Cast, root: User, rows: dict[str, object]) -> None:
    rows["version"] = ProtocolVersion.objects.get(key="five-tier")
    rows["draft"] = publishing.draft(ProtocolVersion, "five-tier", by=root, at=MONDAY)
    rows["calendar"] = calendar_versions.begin("office", by=root, at=MONDAY)
    rows["choice"] = choice_drafts.propose(by=root, at=MONDAY)
    rows["plan"] = PlanReview.objects.create(key="five-tier", due_on=date(2026, 1, 14))
    times = {"since": MONDAY - timedelta(days=30), "until": MONDAY, "asked_at": MONDAY, "heard_at": MONDAY}
    rows["run"] = BackTest.objects.create(version=rows["draft"], asked_by=root, **times)
    rows["reference"] = rows["acknowledged"].reference


#: The case on which an act is looked at, where it is not “acknowledged”, and by whom: a supervisor where the role may.
ACTED = {
    "acknowledge": ("reviewed", "supervisor"), "keep": ("asked_supervisor", "supervisor"),
    "review": ("passed_up", "supervisor"), "return_down": ("reviewed", "supervisor"), "help_back": ("reviewed", "supervisor"),
    "partner_answered": ("waiting_partner", "supervisor"), "justify": ("urgent", "supervisor"), "mark_calm": ("angry", "supervisor"),
    "answer_supervisor": ("asked_supervisor", "supervisor"), "close": ("answered", "supervisor"), "answer": ("investigated", "supervisor"),
    "told_by_phone": ("unreached", "supervisor"), "give_up": ("unreached", "supervisor"),
    "withdraw_offer": ("offered", "supervisor"), "accept_offer": ("offered", "receiver"), "return_offer": ("offered", "receiver"),
    "take_back_question": ("asked_expert", "supervisor"), "answer_consult": ("asked_expert", "asked"),
    "finish_task": ("planned", "supervisor"), "change_task": ("planned", "supervisor"), "drop_task": ("planned", "supervisor"),
}  # fmt: skip
STOCK = (
    ("cases_user", "user"), ("cases_team", "team"), ("cases_category", "topic"), ("cases_product", "product"),
    ("cases_organisation", "company"), ("auth_group", "role"), ("cases_skill", "skill"), ("cases_personskill", "trained"),
)  # fmt: skip
EDITED = (
    "windows", "impact", "fast-lane", "upset", "own", "levels", "new-level", "entry", "topics", "skills", "guidelines",
    "guideline",
)  # fmt: skip
#: Pages of the editor that say in their address what they change.
EDITED_ONE = (
    ("level", "?level=2"), ("steps", "?level=1"), ("step", "?level=1&number=1"), ("tasks", "?level=2"), ("task", "?level=2"),
    ("cell", "?severity=2&level=1"), ("own-row", ""),
)  # fmt: skip


def looks() -> list[Look]:
    """All of them; the order is that of the address list."""
    stock = [
        look
        for model, row in STOCK
        for look in (
            Look(f"{model}_changelist"), Look(f"{model}_add"), Look(f"{model}_add", words="refused", post={}),
            Look(f"{model}_change", (row,)), Look(f"{model}_history", (row,)),
        )
    ]  # fmt: skip
    cases = ("late", "assessed", "angry", *CASES, "urgent", "settled")
    return [
        Look("index"), Look("index", words="mine", query="?who=mine"), Look("index", words="an agent's", who="agent"),
        Look("around"), Look("around", words="an agent's", who="agent"), Look("today", query="?who=all"), Look("today"), Look("untouched"), Look("start"), Look("pulse"), Look("keys"), Look("restricted", ("restricted",)),
        *stock,
        Look("cases_user_change", ("user",), words="read only", who="supervisor"),
        Look("cases_user_changelist", words="nothing found", query="?q=zebra"),
        Look("auth_user_password_change", ("user",)),
        Look("cases_case_changelist"), Look("cases_case_changelist", words="filtered", query="?severity=2&q=charged"),
        Look("cases_case_changelist", words="nothing found", query="?q=zebra"),
        Look("cases_case_changelist", words="a saved view", query="?severity=2"),
        Look("cases_case_changelist", words="stale filter", query="?team=99999&due=late"),
        Look("board"), Look("board", words="escalated", query="?escalated=yes"), Look("likely_late"), Look("board", words="levels", query="?by=level"),
        Look("more_filters"), Look("more_filters", words="refused", query="?go=1&filed_from=x"),
        Look("bulk"), Look("bulk", words="nothing asked for", query="?do=take&all=1"),
        Look("bulk", words="a form", query="?do=assign&all=1"),
        Look("bulk", words="refused", query="?do=update&all=1", post={"text": ""}),
        Look("bulk_result", ("bulk",)), Look("bulk_result", ("bulk_open",)),
        Look("views"), Look("view_new"), Look("view_new", words="filtered", query="?severity=3"),
        Look("view_new", words="refused", post={}), Look("view", ("view",)),
        *(Look("cases_case_change", (case,)) for case in cases),
        Look("cases_case_change", ("acknowledged",), words="clocks", query="?show=clocks"),
        *(
            Look("cases_case_act", (case, verb), who=who)
            for verb in DEEDS
            for case, who in [ACTED.get(verb, ("acknowledged", "supervisor"))]
        ),
        Look("cases_case_act", ("acknowledged", "answer"), words="investigation first"),
        Look("cases_case_act", ("acknowledged", "update"), words="refused", post={"text": ""}),
        Look("cases_case_act", ("acknowledged", "offer"), words="refused", post={"situation": ""}),
        Look("cases_case_change", ("offered",), words="to the receiver", who="receiver"),
        Look("own_work"), Look("own_work", words="an agent's", who="agent"), Look("own_work", words="asked", who="asked"),
        Look("experts"), Look("experts", words="of a skill", query="?skill=law"),
        Look("playbooks"), Look("playbook", ("topic",)), Look("playbook", ("untold",), words="none yet"),
        Look("playbook", ("topic",), words="refused", post={"steps": "y" * 300}),
        Look("remedies"), Look("remedy_new"), Look("remedy_new", words="refused", post={"name": ""}),
        Look("remedy_edit", ("remedy",)),
        Look("low_scores"), Look("low_scores", words="answered", query="?show=answered"),
        Look("low_scores", words="without a name", query="?show=unnamed"),
        Look("low_scores", words="not fixed", query="?show=not-fixed"), Look("low_scores", words="to tag", query="?show=to-tag"),
        Look("low_scores", words="nothing found", query="?score=2"), Look("low_score", ("low",)),
        Look("low_score", ("low",), words="refused", post={"words": ""}), Look("low_score", ("low_done",), words="answered"),
        Look("follow_ups"), Look("follow_ups", words="done", query="?show=done&who=all"), Look("follow_up", ("follow",)),
        Look("follow_up", ("follow",), words="refused", post={"words": ""}), Look("follow_up", ("followed",), words="done"),
        Look("follow_up", ("follow",), words="by phone", query="?how=phone"),
        Look("themes"), Look("themes", words="refused", post={"name": ""}), Look("theme", ("theme",)),
        Look("theme_agreement"), Look("theme_agreement", words="refused", post={"size": "1"}), Look("second_look"),
        Look("words_tags", ("comment",)), Look("words_tags", ("unnamed",), words="without a name"),
        Look("worth"), Look("worth_mark", ("settled",)), Look("worth_mark", ("acknowledged",), words="not settled"),
        Look("scenario", ("settled",)), Look("scenario", ("settled",), words="refused", post={"title": ""}),
        Look("learning"), Look("learning", words="mine", query="?show=mine"), Look("learning", words="all", query="?show=all&tag=card"),
        Look("lesson_new"), Look("lesson_new", words="refused", post={}), Look("lesson", ("lesson",)),
        Look("lesson", ("lesson",), words="refused", post={"words": "Kept"}), Look("lesson", ("lesson_taken",)), Look("lesson", ("lesson_joined",)),
        Look("trainings"), Look("training", ("training",)), Look("training", ("training",), words="refused", post={}),
        Look("training_new", query="?topic=orders&aspect=missed"),
        Look("retros"), Look("retro", ("retro",)), Look("retro", ("retro",), words="refused", post={"worked": "Kept"}),
        Look("quality"), Look("quality_review", ("to_score",)), Look("quality_review", ("to_score",), words="refused", post={}),
        Look("quality_review", ("scored",)),
        Look("meetings"), Look("meeting_pack"), Look("meeting_pack", words="refused", post={"decided": "Kept"}),
        Look("meeting_pack", words="kept", query="?week=2025-12-29"), Look("meeting", ("meeting",)),
        Look("meeting_action", ("meeting_action",)), Look("meeting_action", ("meeting_action",), words="refused", post={"note": ""}),
        Look("best"), Look("best", words="with cases", query="?topic=billing"),
        Look("cases_case_act", ("late", "acknowledge"), words="not now"),
        Look("cover"), Look("cover_team", ("team",)), Look("cover_leaving"), Look("cover_leaver", ("user",)),
        *(Look(f"cover_{kind}_add", ("team",)) for kind in ("shift", "swap")), Look("cover_zone", ("team",)),
        Look("cover_leave_add"), Look("cover_leave_add", words="refused", post={}), Look("cover_cap_add"),
        *(Look(f"cover_{kind}", (kind,)) for kind in ("shift", "swap", "leave", "cap")),
        Look("protocol_read", ("version",)), Look("plan_reviews"), Look("plan_review", ("plan",)),
        Look("protocol_adopt", ("version",)), Look("backtest"), Look("backtest_result", ("run",)),
        Look("backtest_case", ("reference",)),
        Look("replies"), Look("reply_new"), Look("reply_new", words="refused", post={}), Look("reply", ("reply",)),
        Look("reply", ("retired",)), Look("reply_edit", ("reply",)),
        Look("post_mortems"), Look("post_mortem", ("look_back",)),
        Look("post_mortem_offer", ("look_back",)), Look("post_mortem_measure", ("look_back",)),
        Look("post_mortem_measure", ("look_back",), words="refused", post={"text": "Be more careful"}),
        Look("post_mortem_measure_done", ("look_back", "measure")), Look("post_mortem_try", ("look_back",)),
        Look("case_post_mortem", ("acknowledged",)),
        Look("improvements"), Look("improvement_new"), Look("improvement_new", words="refused", post={}),
        Look("improvement", ("idea",)), Look("improvement", ("done",)), Look("improvement_decide", ("idea",)),
        Look("improvement_decide", ("idea",), words="refused", post={}), Look("improvement_evidence", ("idea",)),
        Look("improvement_version", ("idea",)), Look("improvement_done", ("agreed",)), Look("improvement_check", ("done",)),
        Look("brand"), Look("problems"), Look("problem_new"), Look("problem_new", words="refused", post={}),
        Look("problem", ("problem",)), Look("articles"), Look("article_new"),
        Look("article_new", words="refused", post={}), Look("article", ("article",)), Look("article_edit", ("article",)),
        Look("article_from_case", ("answered",)), Look("mail_in"), Look("mail_one", ("mail",)),
        Look("escalation_protocolversion_changelist"), Look("escalation_protocolversion_import"),
        Look("escalation_protocolversion_choices"), Look("escalation_protocolversion_choice", ("choice",)),
        Look("escalation_protocolversion_change", ("version",)), Look("escalation_protocolversion_change", ("draft",)),
        *(Look("escalation_protocolversion_edit", ("draft", part)) for part in EDITED),
        *(Look("escalation_protocolversion_edit", ("draft", part), query=which) for part, which in EDITED_ONE),
        Look("escalation_protocolversion_edit", ("draft", "upset"), words="refused", post={"percent": "400"}),
        Look("escalation_calendarversion_changelist"), Look("escalation_calendarversion_new"),
        Look("escalation_calendarversion_change", ("calendar",)), Look("escalation_calendarversion_edit", ("calendar",)),
        Look("letter_texts"), Look("letter_text", ("promise_broken",)),
        Look("letter_text", ("received",), words="in Arabic", query="?language=ar"),
        Look("escalation_notice_changelist"), Look("escalation_notice_change", ("notice",)),
        Look("cases_event_changelist"), Look("cases_event_changelist", words="filtered", query="?role=staff"),
        Look("cases_event_changelist", words="refused", query="?case=x"), Look("cases_event_change", ("event",)),
        Look("django_q_schedule_changelist"), Look("django_q_schedule_change", ("schedule",)),
        *(
            Look(f"{model}_history", (row,))
            for model, row in (
                ("escalation_protocolversion", "version"), ("escalation_calendarversion", "calendar"),
                ("escalation_notice", "notice"), ("cases_event", "event"), ("django_q_schedule", "schedule"),
            )
        ),
        Look("cases_case_delete", ("acknowledged",), words="closed to all"),
        Look("cover", words="who can", who="agent"),
        Look("cases_case_change", ("999999",), words="nothing here"),
    ]  # fmt: skip


def names(patterns: list | None = None) -> set[str]:
    """The names of all addresses of the console; those without one are ""."""
    found: set[str] = set()
    for pattern in admin.site.get_urls() if patterns is None else patterns:
        inner = getattr(pattern, "url_patterns", None)
        found |= names(inner) if inner is not None else {pattern.name or ""}
    return found
