"""The style guide: every part in every variant and every page on sample data, shown only in DEBUG."""

from datetime import UTC, datetime, timedelta

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils.safestring import mark_safe

from escalation.worktime import Calendar, Window
from portal.templatetags.words import LATE, tag_for

NOW = datetime(2025, 11, 21, 12, 58, tzinfo=UTC)
BRAND = {
    "name": "Acme Support",
    "phone": "+44 20 7946 0123",
    "hours": "Monday to Friday, 09:00 to 17:30, London time",
    "email": "help@example.com",
}
REF = "MP-7K4M-29"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """A sample instant, days from the sample today."""
    return NOW.replace(hour=hour, minute=minute) + timedelta(days=days)


def form(**fields):
    """A sample form class of these fields."""
    return type("SampleForm", (forms.Form,), fields)


def text(label, *, wrong="", rows=0, token="", required=True, **more):
    """A line of text, or a box of so many rows; `token` is its autocomplete token."""
    attrs = {"autocomplete": token} if token else {}
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(attrs=attrs)
    errors = {"required": wrong} if wrong else {}
    return forms.CharField(label=label, widget=widget, required=required, error_messages=errors, **more)


def email(**more):
    """An e-mail address."""
    widget = forms.EmailInput(attrs={"autocomplete": "email"})
    errors = {"required": "Enter your e-mail address"}
    return forms.EmailField(label="E-mail", widget=widget, error_messages=errors, **more)


def choose(label, *words, wrong="", hints=(), widget=forms.RadioSelect, **more):
    """One of these words, numbered from 1, each with an optional example line."""
    choices = [(str(number), word) for number, word in enumerate(words, start=1)]
    errors = {"required": wrong} if wrong else {}
    field = forms.ChoiceField(label=label, choices=choices, widget=widget, error_messages=errors, **more)
    field.hints = dict(zip("12345", hints, strict=False))
    return field


WORDS = ("Very satisfied", "Satisfied", "Neither satisfied nor dissatisfied", "Dissatisfied", "Very dissatisfied")
Filing = form(
    category=choose(
        "What is it about?",
        *("Billing and payments", "Signing in", "An order", "Something else"),
        wrong="Choose what it is about",
    ),
    impact=choose(
        "How does this affect you?",
        "I cannot use the service at all",
        "I have lost money or data",
        "It works badly, but I can carry on",
        "It is a question or a request",
        "I am not sure",
        wrong="Choose how this affects you",
        hints=(
            "Nothing works, or I am locked out",
            "For example a wrong charge or missing files",
            "Slow, or errors now and then",
            "Nothing is broken",
        ),
    ),
    title=text("Sum it up in a few words", wrong="Sum it up in a few words"),
    description=text(
        "What happened?",
        rows=5,
        wrong="Tell us what happened",
        help_text="What you did, what you expected and what you saw. Leave out passwords and card numbers.",
    ),
    expectation=text("What would put it right?", rows=2, required=False),
    name=text("Your name", token="name", wrong="Enter your name"),
    email=email(help_text="Every update goes here."),
    phone=text("Phone", token="tel", required=False),
)
Message = form(
    text=text("Your message", rows=4, wrong="Write a message", help_text="Priya sees it at once."),
    file=forms.FileField(label="A file", required=False, help_text="Up to 10 MB."),
)
Supervisor = form(
    reason=choose(
        "Why?",
        *("It is taking too long", "I do not agree with the answer", "How I was treated"),
        *("It has become more serious", "Something else"),
        wrong="Choose why",
    ),
    right=text("What would put it right?", rows=3, required=False),
)
Survey = form(
    satisfaction=choose("Overall, how satisfied are you with how we handled your case?", *WORDS),
    fixed=choose("Is your problem fixed?", "Yes", "Partly", "No", required=False),
    heard=choose("Did you feel heard?", "Yes", "Partly", "No", required=False),
    comment=text("What should we keep or change?", rows=3, required=False),
)
Rating = form(satisfaction=choose("How satisfied are you with how we handled it?", *WORDS, required=False))
Why = form(why=text("What is still wrong?", rows=4))
Reason = form(reason=text("Why?", rows=3, required=False))
Address = form(email=email())
Follow = form(
    reference=text("Case reference", help_text="For example MP-7K4M-29. Capitals and dashes do not matter."),
    email=email(),
)
Code = form(
    code=text(
        "Code", token="one-time-code", wrong="Enter the code from our e-mail", help_text="6 digits. You can paste it."
    )
)
Details = form(
    name=text("Name", token="name", initial="Sam Okafor"),
    email=email(initial="sam@example.com"),
    zone=choose("Time zone", "Europe/London", widget=forms.Select, help_text="It is 12:58 there now."),
    needs=text("How best to reach you", rows=2, required=False),
)
Notify = form(
    updates=choose("Progress updates", "As they happen", "Once a day", initial="1"),
    surveys=forms.BooleanField(label="Ask me how you did", required=False, initial=True),
)
Filters = form(
    period=choose("Period", "Last 12 weeks", widget=forms.Select),
    team=choose("Team", "All teams", widget=forms.Select),
    level=choose("Level", "All levels", widget=forms.Select),
    category=choose("Category", "All categories", widget=forms.Select),
)


def many(names, *records):
    """Dicts with these names, one a record."""
    return [dict(zip(names.split(), record, strict=True)) for record in records]


def facts(**named):
    """A dict on one line."""
    return named


PRIYA = facts(name="Priya Shah", team="Payments specialists", phone=BRAND["phone"], initials="PS", note="")
PRIYA["hours"] = "weekdays, 09:00 to 17:30"
DANA = "Dana Cole, supervisor, has been told and is now responsible too."
ANSWER = facts(text="The second payment is on its way back to your card.", by="Priya", at=at(0, 11, 40))
YES_OR_NO = many(
    "label url kind", ("Yes, it is fixed", "fixed/", "primary"), ("No, it is not", "not-fixed/", "secondary")
)


def promise(variant, headline, due=None, detail="", handler=PRIYA, actions=(), **more):
    """One sample promise block."""
    names = "variant headline due detail handler actions"
    return many(names, (variant, headline, due, detail, handler, actions))[0] | more


HEAR, EVEN_IF = "You will next hear from us by", "even if there is nothing new"
RUNNING = promise("running", HEAR, at(0, 16), EVEN_IF)
WAITING = promise(
    "waiting_for_you",
    "We need something from you",
    detail="Our clock is stopped since today, 11:40.",
    question="Which of the two charges shows on your statement, the one at 09:02 or the one at 09:03?",
    actions=many("label url kind", ("Answer", "#message", "primary")),
)
MISSED = promise("late", "New time", at(0, 18), handler=PRIYA | {"note": DANA}, missed=at(0, 12))
PROMISES = [
    RUNNING,
    RUNNING | {"second": {"headline": "A supervisor, Dana Cole, replies by", "due": at(0, 15, 20)}},
    WAITING,
    MISSED,
    promise(
        "no_owner",
        "Someone confirms they have it by",
        at(0, 13, 38),
        handler=PRIYA | {"name": "", "initials": "", "note": "Team lead: Amira Haddad"},
    ),
    promise(
        "covered",
        HEAR,
        at(0, 16),
        EVEN_IF,
        PRIYA | {"name": "Tom Reed", "initials": "TR", "note": "covering for Priya until Mon 24 Nov"},
    ),
    promise("answered", "Is it fixed?", detail="Closes by itself on Fri 5 Dec.", actions=YES_OR_NO, answer=ANSWER),
    promise("closed", "Closed Fri 21 Nov", detail="You can open it again until Fri 5 Dec."),
]
STEP = "number title state line at promised kept"
UPDATES, FEEDBACK = "Working on it, with updates every 8 working hours", "Your feedback, and what we change"
HIGH = "Treated as High: “I have lost money”"
MILESTONES = many(
    STEP,
    (1, "We set how fast we must act", "done", HIGH, at(-1, 9, 31), at(-1, 9, 42), True),
    (2, "A specialist confirmed they have it", "done", "Priya Shah", at(-1, 10, 5), at(-1, 11, 12), True),
    (3, UPDATES, "current", "2 updates so far", at(0, 16), None, None),
    (4, "Answer or fix", "todo", "We aim to have this by then", at(3, 17), None, None),
    (5, FEEDBACK, "todo", "Two short questions", None, None, None),
)
AWKWARD = many(
    STEP,
    (1, "We set how fast we must act", "done", "Treated as Normal", at(-1, 9, 31), at(-1, 9, 20), False),
    (2, "A specialist confirms they have it", "not_needed", "Tom solved it at once", None, None, None),
    (3, UPDATES, "late", "The next update is late. We are sorry.", at(0, 12), None, None),
    (4, LONG, "todo", LONG, None, None, None),
    (5, FEEDBACK, "todo", "", None, None, None),
)
UPDATE = "The bank confirms two charges.\nI have asked them to send the second one back; they answer me by 15:00."
STORY = "My card was charged twice for the same order (88213). I need the second payment back before my rent is due."
HANDED = "Tom could not see bank records. You do not need to explain it again."
TOLD = "We said by 16:00. Dana Cole, supervisor, was told at 16:00."
ROWS = many(
    "kind title at text who tone from_customer",
    ("message", "Update from Priya Shah", at(0, 10, 2), UPDATE, "Priya Shah", "plain", False),
    ("clock", "We missed our time and told you", at(-1, 16), TOLD, "", "late", False),
    ("event", "Priya Shah has your case", at(-1, 10, 5), "", "", "good", False),
    ("event", "Passed to the Payments specialists", at(-1, 9, 40), HANDED, "Tom, First line", "plain", False),
    ("message", "You wrote", at(-1, 9, 12), STORY + " See https://example.com/a", "", "plain", True),
)
ROWS[-1]["files"] = many("name url size state", ("statement.pdf", "#", "210 KB", ""))
PROOF = facts(start=at(-1, 15, 30), due=at(0, 15), target_seconds=8 * 3600, calendar_name="the Payments specialists")
PROOF["calendar"] = Calendar("office@1", "Europe/London", tuple(Window(day, 540, 1050) for day in range(5)))
PROOF["rows"] = many(
    "start end kind note seconds",
    (at(-1, 15, 30), at(-1, 17, 30), "counted", "Open", 7200),
    (at(-1, 17, 30), at(0, 9), "closed", "Closed for the night", 55800),
    (at(0, 9), at(0, 15), "counted", "Open", 21600),
)
CASE = facts(
    ref=REF,
    title="I was charged twice for order 88213",
    category="Billing",
    filed_at=at(-1, 9, 12),
    description=STORY,
    expectation="The second payment back before Tuesday.",
    severity_words="High: you lost money",
    not_right_url="#",
    url="/styleguide/case/",
)
WORKING, ASKED, ANSWERED = tag_for("working", name="Priya"), tag_for("waiting_customer"), tag_for("proposed")
PAUSED, CLOSES = "Our clock is stopped. Reply when you can", "Closes by itself on Fri 28 Nov if you do not answer"
CASES = many(
    "ref title tag promise_line due handler url",
    ("MP-2QX8-11", "Cannot sign in after phone change", ASKED, PAUSED, None, "Tom Reed", "#"),
    ("MP-93HD-57", "Parcel left at the wrong door", LATE, "We missed our time. New time:", at(0, 18), "Amira", "#"),
    (REF, CASE["title"], WORKING, "Next update by", at(0, 16), "Priya Shah", "#"),
    ("MP-9HH3-70", "Wrong delivery address", ANSWERED, CLOSES, None, "", "#"),
)
STEPS = many(
    "title line at",
    ("We decide how fast we must act", "", at(0, 13, 28)),
    ("A named person confirms they have it", "You get their name and a direct way to reach them.", at(0, 14, 58)),
    ("You get an update at least every 8 working hours", "Even when there is nothing new.", None),
)
PREVIEW = many(
    "label value",
    ("A person replies by", "today, 14:58"),
    ("Then an update at least every", "8 working hours"),
    ("We aim to have an answer by", "Mon 24 Nov, 17:00"),
)
LINE_SVG = mark_safe(
    '<svg viewBox="0 0 720 220" role="img" aria-labelledby="c1-t c1-d"><title id="c1-t">Satisfied, by week</title>'
    '<desc id="c1-d">Between 74% and 88% in each of 6 weeks.</desc><path class="grid" d="M60 20H600M60 110H600M60 200H600"/>'
    '<g text-anchor="end"><text x="50" y="25">100%</text><text x="50" y="115">80%</text><text x="50" y="205">60%</text></g>'
    '<path class="band fill s1" d="M60 42 168 50 276 64 384 72 492 46 600 52V110L492 118 384 172 276 160 168 130 60 112z"/>'
    '<polyline class="line s1" points="60,74 168,84 276,110 384,132 492,80 600,88"/><g class="mark s1">'
    '<circle cx="60" cy="74" r="5"/><circle cx="168" cy="84" r="5"/><circle cx="276" cy="110" r="5"/>'
    '<circle cx="384" cy="132" r="5"/><circle cx="492" cy="80" r="5"/><circle cx="600" cy="88" r="5"/></g>'
    '<text x="612" y="93">Satisfied</text><path class="target" d="M60 110H600"/><text x="612" y="115">Goal 80%</text></svg>'
)
BAR_SVG = mark_safe(
    '<svg viewBox="0 0 480 104" role="img" aria-label="Median hours: review 1, confirm 13, work 9, feedback 2">'
    '<rect class="fill s1" x="0" y="30" width="30" height="44"/><rect class="fill s2" x="32" y="30" width="236" height="44"/>'
    '<rect class="fill s3" x="270" y="30" width="160" height="44"/><rect class="fill s4" x="432" y="30" width="48" height="44"/>'
    '<text x="32" y="96">Confirm, 13 h</text><text x="270" y="96">Work, 9 h</text><text x="0" y="20">Review, 1 h</text>'
    '<text x="480" y="20" text-anchor="end">Feedback, 2 h</text></svg>'
)
WEEKS = facts(caption="Satisfied by week", head=["Week", "Answers", "Satisfied"], rows=[["Week 42", "38", "88%"]])
HOURS = facts(caption="Median working hours", head=["Milestone", "Hours"], rows=[["Review", "1"], ["Confirm", "13"]])
STEADY = "Satisfaction was steady; no week differs clearly from the others"
CHARTS = many(
    "title desc svg table csv_url wide",
    (STEADY, "Satisfied answers each week, with the 95% interval.", LINE_SVG, WEEKS, "#", True),
    (
        "Half of the time goes on waiting for a specialist",
        "Median working hours, Payments.",
        BAR_SVG,
        HOURS,
        "#",
        False,
    ),
    ("Work takes longest in Orders", "Median working hours, Orders.", BAR_SVG, HOURS, "#", False),
)
TILES = many(
    "label value lines change url",
    ("Satisfied", "82%", ["95% interval 78% to 86%", "242 of 651 asked answered (37%)"], "No clear change", ""),
    ("Promises kept", "91%", ["1,204 of 1,323"], "No clear change, was 93%", "#"),
    ("Passed up", "14%", ["91 of 651 cases"], "Up from 11%", "#"),
    ("Time to an answer", "2 d 4 h", ["Half were faster", "9 in 10 under 6 d 2 h"], "", ""),
)
SENTENCE = (
    "651 cases closed, 242 answered (37%). Satisfied 82% (78 to 86). Promises kept 91%. "
    "Nothing changed clearly except cases passed up: from 11% to 14%."
)
CASE_PAGE = facts(
    case=CASE,
    tag=WORKING,
    level={"number": 2, "of": 5, "word": "With a specialist team"},
    promise=RUNNING,
    milestones=MILESTONES,
    rows=ROWS,
    actions=many(
        "label url kind",
        ("Add a message or file", "#message", "primary"),
        ("Ask for a supervisor", "/styleguide/supervisor/", "secondary"),
        ("It is fixed", "/styleguide/fixed/", "secondary"),
    ),
    links=many("label url", ("Withdraw this case", "/styleguide/withdraw/"), ("Print or save", "#")),
)


def pages() -> dict:
    """Every page's sample context by name; a name after a dash is another state of the same page."""
    of_case = {"case": CASE, "handler_name": "Priya", "reopen_until": at(14, 17)}
    sent = facts(reference=REF, mailed_to="sam@example.com", steps=STEPS, resend_url="#", guest=True)
    account = facts(notify_form=Notify(), notify_url="#", data_url="#", erase_url="#")
    insights = facts(filters=Filters(), filter_words="Last 12 weeks · all teams", tiles=TILES, charts=CHARTS)
    late = facts(form=Message({}), promise=MISSED, milestones=AWKWARD, older={"count": 34, "url": "#"})
    return {
        "home": {"cases": CASES, "case_count": 4, "help_search": True},
        "home-out": {"cases": [], "user": {}},
        "sent": of_case | sent,
        "my_cases": {"cases": CASES, "filter": "open", "page": Paginator(range(60), 20).page(2)},
        "my_cases-none": {"cases": [], "filter": "open"},
        "case": CASE_PAGE | {"form": Message(), "proof": PROOF, "confirmation": "Your message is sent."},
        "case-late": CASE_PAGE | late,
        "case-waiting": CASE_PAGE
        | {"form": Message(), "promise": WAITING, "tag": ASKED, "level": None, "question": WAITING["question"]},
        "supervisor": of_case | {"form": Supervisor(), "reply_by": at(0, 15, 20)},
        "fixed": of_case | {"form": Rating(), "answer": ANSWER},
        "not_fixed": of_case | {"form": Why(), "reply_by": at(0, 17)},
        "withdraw": of_case | {"form": Reason()},
        "follow": {"form": Follow(), "after": "/cases/"},
        "follow_code": {"form": Code({}), "sent_to": "s***@example.com", "minutes": 15, "again_url": "#"},
        "follow_landing": {"reference": REF},
        "survey": of_case | {"form": Survey(initial={"satisfaction": "2"}), "chosen_word": "Satisfied"},
        "survey_more": of_case | {"form": Rating(), "after": "#"},
        "survey_closed": of_case,
        "survey_thanks": of_case | facts(unhappy=True, again=True, change_until=at(7, 12)),
        "sign_in": {"form": Address(), "stage": "ask"},
        "account": account | {"form": Details(), "devices": [{"name": "Firefox on Linux", "last_seen": at(0, 12)}]},
        "contact": {},
        "privacy": {},
        "accessibility": {},
        "insights": insights | {"csv_url": "#", "counted_to": at(0, 12), "sentence": SENTENCE},
        "error_404": {},
        "error_429": {"retry_at": at(0, 14, 20)},
        "error_500": {},
        "error_503": {},
    }


def parts() -> dict:
    """The context of the page of all parts."""
    names = facts(name="Priya", team="Payments", date="Fri 21 Nov")
    states = ("draft", "escalated", "working", "waiting_customer", "proposed", "closed")
    soon = {"shape": "triangle", "family": "soon", "word": "Due soon (staff only)"}
    tags = [*(tag_for(state, **names) for state in states), soon, LATE]
    sample = Filing({"email": "sam"})
    lists = facts(promises=PROMISES, milestones=MILESTONES, awkward=AWKWARD, rows=ROWS, cases=CASES, tiles=TILES)
    return lists | facts(tags=tags, level=CASE_PAGE["level"], proof=PROOF, sample=sample, chart=CHARTS[0])


def show(request, page: str = ""):
    """Every part, or one page, on sample data; a plain 404 outside DEBUG."""
    known = pages()
    if not settings.DEBUG or (page and page not in known):
        raise Http404
    person = {"is_authenticated": True, "email": "sam@example.com"}
    common = facts(brand=BRAND, zone="Europe/London", now=NOW, key="sample", user=person)
    if not page:
        return render(request, "styleguide.html", common | parts() | {"pages": sorted(known)})
    name = page.split("-")[0]
    template = f"errors/{name[6:]}.html" if name.startswith("error_") else f"pages/{name}.html"
    return render(request, template, common | known[page])
