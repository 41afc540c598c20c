"""The style guide: every part in every variant and every page on sample data, shown only in DEBUG."""

from datetime import UTC, datetime, timedelta

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils.safestring import mark_safe

from portal.templatetags.words import LATE, STATE_WORDS, tag_for

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


class Filing(forms.Form):
    """The one-page filing form."""

    category = forms.ChoiceField(
        label="What is it about?",
        widget=forms.RadioSelect,
        choices=[("bill", "Billing and payments"), ("access", "Signing in"), ("order", "An order"), ("else", "Something else")],
        error_messages={"required": "Choose what it is about"},
    )
    impact = forms.ChoiceField(
        label="How does this affect you?",
        widget=forms.RadioSelect,
        choices=[
            ("stopped", "I cannot use the service at all"),
            ("lost", "I have lost money or data"),
            ("slow", "It works badly, but I can carry on"),
            ("ask", "It is a question or a request"),
            ("unsure", "I am not sure"),
        ],
        error_messages={"required": "Choose how this affects you"},
    )
    impact.hints = {
        "stopped": "Nothing works, or I am locked out",
        "lost": "For example a wrong charge or missing files",
        "slow": "Slow, or errors now and then",
        "ask": "Nothing is broken",
    }
    title = forms.CharField(label="Sum it up in a few words", error_messages={"required": "Sum it up in a few words"})
    description = forms.CharField(
        label="What happened?",
        help_text="What you did, what you expected and what you saw. Leave out passwords and card numbers.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Tell us what happened"},
    )
    expectation = forms.CharField(label="What would put it right?", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    name = forms.CharField(label="Your name", error_messages={"required": "Enter your name"}, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label="E-mail", help_text="Every update goes here.", error_messages={"required": "Enter your e-mail address"}, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    phone = forms.CharField(label="Phone", required=False, widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}))


class Message(forms.Form):
    """A message on a case."""

    text = forms.CharField(label="Your message", help_text="Priya sees it at once.", error_messages={"required": "Write a message"}, widget=forms.Textarea(attrs={"rows": 4}))
    file = forms.FileField(label="A file", required=False, help_text="Up to 10 MB.")


class Supervisor(forms.Form):
    """Ask for a supervisor."""

    reason = forms.ChoiceField(
        label="Why?",
        widget=forms.RadioSelect,
        choices=[
            ("slow", "It is taking too long"),
            ("answer", "I do not agree with the answer"),
            ("manner", "How I was treated"),
            ("serious", "It has become more serious"),
            ("else", "Something else"),
        ],
        error_messages={"required": "Choose why"},
    )
    right = forms.CharField(label="What would put it right?", required=False, widget=forms.Textarea(attrs={"rows": 3}))


class Survey(forms.Form):
    """How did we do?"""

    WORDS = ["Very satisfied", "Satisfied", "Neither satisfied nor dissatisfied", "Dissatisfied", "Very dissatisfied"]
    satisfaction = forms.ChoiceField(
        label="Overall, how satisfied are you with how we handled your case?",
        widget=forms.RadioSelect,
        choices=list(zip("54321", WORDS, strict=True)),
    )
    fixed = forms.ChoiceField(
        label="Is your problem fixed?", required=False, widget=forms.RadioSelect, choices=[("yes", "Yes"), ("no", "No, open it again")]
    )
    comment = forms.CharField(label="What should we keep or change?", required=False, widget=forms.Textarea(attrs={"rows": 3}))


class Rating(forms.Form):
    """The one question on the fixed page."""

    satisfaction = forms.ChoiceField(
        label="How satisfied are you with how we handled it?", required=False, widget=forms.RadioSelect, choices=Survey.base_fields["satisfaction"].choices
    )


class Why(forms.Form):
    """One free text."""

    why = forms.CharField(label="What is still wrong?", widget=forms.Textarea(attrs={"rows": 4}))


class Reason(forms.Form):
    """One optional free text."""

    reason = forms.CharField(label="Why?", required=False, widget=forms.Textarea(attrs={"rows": 3}))


class Follow(forms.Form):
    """Reference and e-mail."""

    reference = forms.CharField(label="Case reference", help_text="For example MP-7K4M-29. Capitals and dashes do not matter.")
    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class Code(forms.Form):
    """The mailed code."""

    code = forms.CharField(
        label="Code",
        help_text="6 digits. You can paste it.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": "Enter the code from our e-mail"},
    )


class Address(forms.Form):
    """An e-mail address."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class Details(forms.Form):
    """The account's details."""

    name = forms.CharField(label="Name", widget=forms.TextInput(attrs={"autocomplete": "name"}), initial="Sam Okafor")
    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"}), initial="sam@example.com")
    zone = forms.ChoiceField(label="Time zone", help_text="It is 12:58 there now.", choices=[("Europe/London", "Europe/London")])
    needs = forms.CharField(label="How best to reach you", required=False, widget=forms.Textarea(attrs={"rows": 2}))


class Notify(forms.Form):
    """What we send."""

    updates = forms.ChoiceField(
        label="Progress updates", widget=forms.RadioSelect, choices=[("now", "As they happen"), ("daily", "Once a day")], initial="now"
    )
    surveys = forms.BooleanField(label="Ask me how you did", required=False, initial=True)


class Filters(forms.Form):
    """A manager's filters."""

    period = forms.ChoiceField(label="Period", choices=[("12w", "Last 12 weeks")])
    team = forms.ChoiceField(label="Team", choices=[("", "All teams")])
    level = forms.ChoiceField(label="Level", choices=[("", "All levels")])
    category = forms.ChoiceField(label="Category", choices=[("", "All categories")])


PRIYA = {
    "name": "Priya Shah",
    "team": "Payments specialists",
    "phone": BRAND["phone"],
    "hours": "weekdays, 09:00 to 17:30",
    "note": "",
    "initials": "PS",
}
RUNNING = {
    "variant": "running",
    "headline": "You will next hear from us by",
    "due": at(0, 16),
    "detail": "even if there is nothing new",
    "handler": PRIYA,
    "actions": [],
}
PROMISES = [
    RUNNING,
    RUNNING | {"second": {"headline": "A supervisor, Dana Cole, replies by", "due": at(0, 15, 20)}},
    RUNNING
    | {
        "variant": "waiting_for_you",
        "headline": "We need something from you",
        "due": None,
        "question": "Which of the two charges shows on your statement, the one at 09:02 or the one at 09:03?",
        "detail": "Our clock is stopped since today, 11:40.",
        "actions": [{"label": "Answer", "url": "#message", "kind": "primary"}],
    },
    RUNNING
    | {
        "variant": "late",
        "headline": "New time",
        "missed": at(0, 12),
        "due": at(0, 18),
        "detail": "",
        "handler": PRIYA | {"note": "Dana Cole, supervisor, has been told and is now responsible too."},
    },
    RUNNING
    | {
        "variant": "no_owner",
        "headline": "Someone confirms they have it by",
        "due": at(0, 13, 38),
        "detail": "",
        "handler": PRIYA | {"name": "", "initials": "", "note": "Team lead: Amira Haddad"},
    },
    RUNNING | {"variant": "covered", "handler": PRIYA | {"name": "Tom Reed", "initials": "TR", "note": "covering for Priya until Mon 24 Nov"}},
    RUNNING
    | {
        "variant": "answered",
        "headline": "Is it fixed?",
        "due": None,
        "detail": "Closes by itself on Fri 5 Dec.",
        "actions": [
            {"label": "Yes, it is fixed", "url": "fixed/", "kind": "primary"},
            {"label": "No, it is not", "url": "not-fixed/", "kind": "secondary"},
        ],
    },
    RUNNING
    | {
        "variant": "closed",
        "headline": "Closed Fri 21 Nov",
        "due": None,
        "detail": "You can open it again until Fri 5 Dec.",
        "actions": [{"label": "Open it again", "url": "not-fixed/", "kind": "secondary"}],
    },
]


def step(number, title, state, line, **more) -> dict:
    """One sample milestone."""
    return {"number": number, "title": title, "state": state, "word": STATE_WORDS[state], "line": line, **more}


MILESTONES = [
    step(1, "We set how fast we must act", "done", "Treated as High: “I have lost money”", at=at(-1, 9, 31), promised=at(-1, 9, 42), kept=True),
    step(2, "A specialist confirmed they have it", "done", "Priya Shah, Payments specialists", at=at(-1, 10, 5), promised=at(-1, 11, 12), kept=True),
    step(3, "Working on it, with updates every 8 working hours", "current", "2 updates so far", at=at(0, 16)),
    step(4, "Answer or fix", "todo", "We aim to have this by then", at=at(3, 17)),
    step(5, "Your feedback, and what we change", "todo", "Two short questions"),
]
AWKWARD = [
    step(1, "We set how fast we must act", "done", "Treated as Normal", at=at(-1, 9, 31), promised=at(-1, 9, 20), kept=False),
    step(2, "A specialist confirms they have it", "not_needed", "Tom solved it at once"),
    step(3, "Working on it, with updates every 8 working hours", "late", "The next update is late. We are sorry.", at=at(0, 12)),
    step(4, LONG, "todo", LONG),
    step(5, "Your feedback, and what we change", "todo", ""),
]


def row(kind, title, moment, text="", *, who="", tone="plain", mine=False, **more) -> dict:
    """One sample timeline row."""
    return {"kind": kind, "title": title, "at": moment, "text": text, "who": who, "tone": tone, "from_customer": mine, **more}


ROWS = [
    row("message", "Update from Priya Shah", at(0, 10, 2), "The bank confirms two charges.\nI have asked them to send the second one back; they answer me by 15:00.", who="Priya Shah"),
    row("clock", "We missed our time and told you", at(-1, 16), "We said by 16:00. Dana Cole, supervisor, was told at 16:00.", tone="late"),
    row("event", "Priya Shah has your case", at(-1, 10, 5), tone="good"),
    row("event", "Passed to the Payments specialists", at(-1, 9, 40), "Tom could not see bank records. You do not need to explain it again.", who="Tom, First line"),
    row(
        "message",
        "You wrote",
        at(-1, 9, 12),
        "My card was charged twice for the same order (88213). I need the second payment back before my rent is due on Tuesday. See https://example.com/statement",
        mine=True,
        files=[{"name": "statement.pdf", "url": "#", "size": "210 KB", "state": ""}],
    ),
]
PROOF = {
    "start": at(-1, 15, 30),
    "due": at(0, 15),
    "target_seconds": 8 * 3600,
    "calendar_name": "the Payments specialists",
    "rows": [
        {"start": at(-1, 15, 30), "end": at(-1, 17, 30), "kind": "counted", "note": "Open", "seconds": 7200},
        {"start": at(-1, 17, 30), "end": at(0, 9), "kind": "closed", "note": "Closed for the night", "seconds": 55800},
        {"start": at(0, 9), "end": at(0, 15), "kind": "counted", "note": "Open", "seconds": 21600},
    ],
}
CASE = {
    "ref": REF,
    "title": "I was charged twice for order 88213",
    "category": "Billing",
    "filed_at": at(-1, 9, 12),
    "description": "My card was charged twice for the same order (88213).",
    "expectation": "The second payment back before Tuesday.",
    "severity_words": "High: you lost money",
    "not_right_url": "#",
    "url": "/styleguide/case/",
}
WORKING = tag_for("working", name="Priya")
CASES = [
    {"ref": "MP-2QX8-11", "title": "Cannot sign in after phone change", "tag": tag_for("waiting_customer"), "promise_line": "Our clock is stopped. Reply when you can", "due": None, "handler": "Tom Reed", "url": "#"},
    {"ref": "MP-93HD-57", "title": "Parcel left with a neighbour I do not know", "tag": LATE, "promise_line": "We missed our time. New time:", "due": at(0, 18), "handler": "Amira Haddad", "url": "#"},
    {"ref": REF, "title": "I was charged twice for order 88213", "tag": WORKING, "promise_line": "Next update by", "due": at(0, 16), "handler": "Priya Shah", "url": "#"},
    {"ref": "MP-9HH3-70", "title": "Wrong delivery address", "tag": tag_for("proposed"), "promise_line": "Closes by itself on Fri 28 Nov if you do not answer", "due": None, "handler": "", "url": "#"},
]
STEPS = [
    {"title": "We decide how fast we must act", "line": "", "at": at(0, 13, 28)},
    {"title": "A named person confirms they have it", "line": "You get their name and a direct way to reach them.", "at": at(0, 14, 58)},
    {"title": "You get an update at least every 8 working hours", "line": "Even when there is nothing new.", "at": None},
]
PREVIEW = [
    {"label": "A person replies by", "value": "today, 14:58"},
    {"label": "Then an update at least every", "value": "8 working hours"},
    {"label": "We aim to have an answer by", "value": "Mon 24 Nov, 17:00"},
]
CHART = {
    "title": "Satisfaction was steady; no week differs clearly from the others",
    "desc": "Satisfied answers each week, with the 95% interval.",
    "svg": mark_safe(
        '<svg viewBox="0 0 720 240" role="img" aria-labelledby="c1-t c1-d"><title id="c1-t">Satisfied, by week</title><desc id="c1-d">Between 74% and 88% in each of 6 weeks.</desc>'
        '<path class="grid" d="M60 20H600M60 110H600M60 200H600"/><g text-anchor="end"><text x="50" y="25">100%</text><text x="50" y="115">80%</text><text x="50" y="205">60%</text></g>'
        '<polygon class="band fill s1" points="60,42 168,50 276,64 384,72 492,46 600,52 600,110 492,118 384,172 276,160 168,130 60,112"/>'
        '<polyline class="line s1" points="60,74 168,84 276,110 384,132 492,80 600,88"/>'
        '<g class="mark s1"><circle cx="60" cy="74" r="5"/><circle cx="168" cy="84" r="5"/><circle cx="276" cy="110" r="5"/><circle cx="384" cy="132" r="5"/><circle cx="492" cy="80" r="5"/><circle cx="600" cy="88" r="5"/></g>'
        '<text x="612" y="93">Satisfied</text><path class="target" d="M60 110H600"/><text x="612" y="115">Goal 80%</text></svg>'
    ),
    "table": {"caption": "Satisfied by week", "head": ["Week", "Answers", "Satisfied"], "rows": [["Week 42", "38", "88%"], ["Week 43", "41", "86%"]]},
    "csv_url": "#",
    "wide": True,
}
BARS = {
    "title": "Half of the time goes on waiting for a specialist to confirm",
    "desc": "Median working hours at each milestone, Payments.",
    "svg": mark_safe(
        '<svg viewBox="0 0 480 150" role="img" aria-label="Median hours: review 1, confirm 13, work 9, feedback 2">'
        '<rect class="fill s1" x="0" y="30" width="30" height="44"/><rect class="fill s2" x="32" y="30" width="236" height="44"/><rect class="fill s3" x="270" y="30" width="160" height="44"/><rect class="fill s4" x="432" y="30" width="48" height="44"/>'
        '<text x="32" y="96">Confirm, 13 h</text><text x="270" y="96">Work, 9 h</text><text x="0" y="20">Review, 1 h</text><text x="480" y="20" text-anchor="end">Feedback, 2 h</text></svg>'
    ),
    "table": {"caption": "Median working hours", "head": ["Milestone", "Hours"], "rows": [["Review", "1"], ["Confirm", "13"]]},
    "csv_url": "#",
}
TILES = [
    {"label": "Satisfied", "value": "82%", "lines": ["95% interval 78% to 86%", "242 of 651 asked answered (37%)"], "change": "No clear change"},
    {"label": "Promises kept", "value": "91%", "lines": ["1,204 of 1,323"], "change": "No clear change, was 93%", "url": "#"},
    {"label": "Passed up", "value": "14%", "lines": ["91 of 651 cases"], "change": "Up from 11%", "url": "#"},
    {"label": "Time to an answer, passed up", "value": "2 d 4 h", "lines": ["Half were faster", "9 in 10 under 6 d 2 h"], "change": ""},
]
CASE_PAGE = {
    "case": CASE,
    "tag": WORKING,
    "level": {"number": 2, "of": 5, "word": "With a specialist team"},
    "promise": RUNNING,
    "milestones": MILESTONES,
    "rows": ROWS,
    "actions": [
        {"label": "Add a message or file", "url": "#message", "kind": "primary"},
        {"label": "Ask for a supervisor", "url": "/styleguide/supervisor/", "kind": "secondary"},
        {"label": "It is fixed", "url": "/styleguide/fixed/", "kind": "secondary"},
    ],
    "links": [{"label": "Withdraw this case", "url": "/styleguide/withdraw/"}, {"label": "Print or save", "url": "#"}],
}
PAGES = {
    "home": lambda: {"cases": CASES, "case_count": 4, "help_search": True},
    "home_out": lambda: {"template": "home", "cases": []},
    "new_case": lambda: {"form": Filing(), "preview": PREVIEW, "key": "k"},
    "new_case_failed": lambda: {"template": "new_case", "form": Filing({"title": "Charged twice"}), "preview": []},
    "sent": lambda: {"case": CASE, "reference": REF, "mailed_to": "sam@example.com", "steps": STEPS, "resend_url": "#", "guest": True},
    "my_cases": lambda: {"cases": CASES, "filter": "open", "query": "", "page": Paginator(range(60), 20).page(2)},
    "my_cases_none": lambda: {"template": "my_cases", "cases": [], "filter": "open", "query": ""},
    "case": lambda: CASE_PAGE | {"form": Message(), "proof": PROOF, "confirmation": "Your message is sent. Priya sees it at once."},
    "case_late": lambda: CASE_PAGE | {"template": "case", "form": Message({}), "promise": PROMISES[3], "milestones": AWKWARD, "older": {"count": 34, "url": "#"}},
    "case_waiting": lambda: CASE_PAGE | {"template": "case", "form": Message(), "promise": PROMISES[2], "tag": tag_for("waiting_customer"), "level": None},
    "supervisor": lambda: {"case": CASE, "form": Supervisor(), "reply_by": at(0, 15, 20), "handler_name": "Priya"},
    "fixed": lambda: {"case": CASE, "form": Rating(), "reopen_until": at(14, 17)},
    "not_fixed": lambda: {"case": CASE, "form": Why(), "reply_by": at(0, 17), "handler_name": "Priya"},
    "withdraw": lambda: {"case": CASE, "form": Reason(), "reopen_until": at(14, 17)},
    "follow": lambda: {"form": Follow()},
    "follow_code": lambda: {"form": Code({}), "sent_to": "s***@example.com", "minutes": 15, "again_url": "#"},
    "follow_landing": lambda: {"reference": REF},
    "survey": lambda: {"case": CASE, "form": Survey(initial={"satisfaction": "4"}), "chosen_word": "Satisfied"},
    "survey_thanks": lambda: {"case": CASE, "readers": "Priya and her supervisor", "read_by": at(3, 12), "change_until": at(7, 12)},
    "sign_in": lambda: {"form": Address(), "stage": "ask"},
    "account": lambda: {"form": Details(), "notify_form": Notify(), "notify_url": "#", "data_url": "#", "erase_url": "#", "devices": [{"name": "Firefox on Linux", "last_seen": at(0, 12)}]},
    "contact": dict,
    "privacy": dict,
    "accessibility": dict,
    "insights": lambda: {
        "filters": Filters(),
        "filter_words": "Last 12 weeks · all teams",
        "tiles": TILES,
        "charts": [CHART, BARS, BARS | {"title": "Work takes longest in Orders"}],
        "csv_url": "#",
        "counted_to": at(0, 12),
        "sentence": "651 cases closed, 242 answered (37%). Satisfied 82% (78 to 86). Promises kept 91%. Nothing changed clearly except cases passed up: from 11% to 14%.",
    },
    "error_404": dict,
    "error_429": lambda: {"retry_at": at(0, 14, 20)},
    "error_500": dict,
    "error_503": dict,
}


def show(request, page: str = ""):
    """Every part, or one page, on sample data; a plain 404 outside DEBUG."""
    if not settings.DEBUG or (page and page not in PAGES):
        raise Http404
    common = {"brand": BRAND, "zone": "Europe/London", "now": NOW, "key": "sample", "user": {"is_authenticated": True, "email": "sam@example.com"}}
    if page:
        context = common | PAGES[page]()
        name = context.get("template", page)
        return render(request, f"errors/{name[6:]}.html" if name.startswith("error_") else f"pages/{name}.html", context)
    tags = [
        tag_for(state, name="Priya", team="Payments", other="the bank", date="Fri 21 Nov", ref=REF)
        for state in ("draft", "escalated", "working", "waiting_customer", "proposed", "closed")
    ]
    soon = {"shape": "triangle", "family": "soon", "word": "Due soon (staff only)"}
    parts = {"tags": [*tags, soon, LATE], "level": CASE_PAGE["level"], "promises": PROMISES, "milestones": MILESTONES, "awkward": AWKWARD}
    parts |= {"rows": ROWS, "proof": PROOF, "sample": Filing({"email": "sam"}), "cases": CASES, "chart": CHART, "tiles": TILES, "pages": sorted(PAGES)}
    return render(request, "styleguide.html", common | parts | {"confirmation": "Your message is sent."})
