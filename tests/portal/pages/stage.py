"""A browser of each role and one address for each route: what the tables of who gets which answer are played on."""

from __future__ import annotations

import copy
import io
import secrets
from datetime import timedelta

from django.test import Client

from cases.files import check, keep
from cases.models import AccessLink, Case, Draft, Organisation, Participant, User
from cases.models.door import hash_token
from escalation import sharing, verbs, wishes
from feedback.models import Interim
from feedback.post_mortem_acts import open_by_hand
from feedback.problem_letters import CONFIRM, LEAVE, token_of
from portal import beat, clock, pictures, sheets
from portal.keeping import copies
from portal.viewer import GUEST
from tests.cast import person
from tests.feedback.article_shelf import REFUND, published
from tests.portal.brand_stories import picture
from tests.portal.pages.scene import answered, confirmed, working
from tests.portal.post_mortem_stories import offered
from tests.portal.problem_stories import followed
from tests.portal.recommend_stories import asked_to_recommend

ROLES = ("anonymous", "guest", "customer", "other", "agent", "supervisor", "manager")
#: Who sees the customer's cases by a setting: added to them and signed in, and of the same company.
SHARERS = ("participant", "colleague")


def a_file(case, by):
    """A file the customer sent with a message."""
    checked = check("statement.txt", io.BytesIO(b"Two payments."))
    waiting = keep(checked, draft="of a form", by=by, at=clock.now())
    verbs.reply(case.pk, text="See the file.", by=by, at=clock.now(), files=[waiting])
    return waiting


class Stage:
    """A browser of each role, and one address for each route."""

    def __init__(self, cast):
        Case.objects.filter(pk=answered(cast).pk).update(is_proven=True)
        self.case = Case.objects.get()
        offered(cast, open_by_hand(self.case, "A look back.", by=cast.supervisor, at=clock.now()), clock.now())
        settled = Case.objects.get(pk=confirmed(cast).pk)
        lasts = {"at": clock.now(), "lasts": timedelta(days=1)}
        self.follow = AccessLink.issue("follow", self.case, user=cast.customer, **lasts)
        survey = AccessLink.issue("survey", settled, user=cast.customer, **lasts)
        kept = {"made_at": lasts["at"], "saved_at": lasts["at"], "expires_at": lasts["at"] + lasts["lasts"]}
        mailed = secrets.token_urlsafe(32)
        Draft.objects.create(link_hash=hash_token(f"draft_link:{mailed}"), **kept)
        on_the_way = Case.objects.get(pk=working(cast).pk)
        Interim.objects.create(case=on_the_way, milestone=2, owed_at=lasts["at"], asked_at=lasts["at"])
        under_way = AccessLink.issue("interim", on_the_way, user=cast.customer, **lasts)
        self.tokens = {
            "i/": under_way,
            "n/": asked_to_recommend(cast.customer),
            "s/": survey,
            "cases/new/continue/": mailed,
        }
        self.copy = copies.ask(cast.customer, at=clock.now())
        copies.make(self.copy.pk)
        self.problem, follower = followed(cast)
        self.tokens |= {f"problems/{purpose}/": token_of(follower, purpose) for purpose in (CONFIRM, LEAVE)}
        self.sheet = sheets.address("#FFCC00").removeprefix("/brand/").removesuffix(".css")
        self.picture = pictures.icon(picture(), at=clock.now())
        self.article = published(cast, REFUND, topic="billing")
        beat.beat()
        people = {"customer": cast.customer, "other": cast.other, "agent": cast.tiers[1]}
        people |= {"supervisor": cast.supervisor, "manager": cast.manager} | self.sharers(cast)
        self.file = a_file(self.case, cast.customer)
        self.browsers = {role: Client() for role in (*ROLES, *SHARERS)}
        for role, who in people.items():
            self.browsers[role].force_login(who)
        session = self.browsers["guest"].session
        session[GUEST] = {"case": self.case.pk, "until": (clock.now() + timedelta(days=1)).isoformat(), "proved": True}
        session.save()
        self.browsers["guest"].cookies["milepost_session"] = session.session_key

    def sharers(self, cast) -> dict[str, User]:
        """Somebody who was added and has come, and one of the company; asked with the setting on, as it once was."""
        helper, colleague = person("helper@example.com", "Hal Helper"), person("colin@example.com", "Colin League")
        company = Organisation.objects.create(name="Nordwind Ltd")
        User.objects.filter(pk__in=(cast.customer.pk, colleague.pk)).update(organisation=company)
        Case.objects.filter(pk=self.case.pk).update(organisation=company)
        asked = {"case": self.case, "asked_at": clock.now()}
        Participant.objects.create(user=helper, address=helper.email, joined_at=clock.now(), **asked)
        waiting = person("waiting@example.com", "")
        self.tokens["share/"] = sharing.token_of(
            Participant.objects.create(user=waiting, address=waiting.email, **asked)
        )
        return {"participant": helper, "colleague": colleague}

    def anew(self) -> Stage:
        """The same stage with browsers that have done nothing yet, for one test of several."""
        other = copy.copy(self)
        other.browsers = {role: Client() for role in self.browsers}
        for role, browser in other.browsers.items():
            browser.cookies = copy.deepcopy(self.browsers[role].cookies)
        return other

    def path(self, route: str) -> str:
        token = self.tokens.get(route.split("<")[0], self.follow)
        out = wishes.link_token(self.case.customer, wishes.BY_NAME["news"])
        known = {"<token:token>": token, "<str:token>": out, "<str:reference>": self.case.reference}
        known |= {"<uuid:which>": str(self.file.pk), "<slug:step>": "topic", "<int:number>": "1"}
        slug = self.article.slug if route.startswith("help/") else self.problem.slug
        known |= {"<slug:slug>": slug, "<slug:name>": self.sheet, "<report_kind:kind>": "pdf"}
        known |= {"<slug:digest>.<picture_kind:kind>": f"{self.picture.digest}.{self.picture.kind}"}
        for name, value in (known | {"<int:pk>": str(self.copy.pk), "<slug:page>": "home"}).items():
            route = route.replace(name, value)
        return f"/{route}"
