"""What the tests of the protocol's pages share: authors, drafts, and a form as a browser would send it back."""

from html.parser import HTMLParser

from django.contrib.auth.models import Group

from escalation import publishing
from escalation.models import ProtocolVersion
from tests.cast import MONDAY, person

LIST = "/console/escalation/protocolversion/"


def author(email, name):
    """Somebody who may write protocols and nothing more."""
    user = person(email, name, is_staff=True)
    user.groups.add(Group.objects.get(name="Protocol authors"))
    return user


def drawn_up(by, at=MONDAY):
    return publishing.draft(ProtocolVersion, "five-tier", by=by, at=at)


def page_of(version):
    return f"{LIST}{version.pk}/change/"


def edit_of(version, part, query=""):
    return f"{LIST}{version.pk}/edit/{part}/{query}"


class Fields(HTMLParser):
    """The fields of the form on a page that has a button with these words (else the first in main)."""

    def __init__(self, html):
        super().__init__()
        self.forms, self.options, self.select, self.area = [], None, None, None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "form":
            self.forms.append((said, {}))
        if not self.forms:
            return
        values = self.forms[-1][1]
        if tag == "input" and said.get("name"):
            kind = said.get("type", "text")
            if kind in ("checkbox", "radio"):
                if "checked" in said:
                    values.setdefault(said["name"], []).append(said.get("value", "on"))
            elif kind != "file":
                values.setdefault(said["name"], []).append(said.get("value", ""))
        if tag == "select":
            self.select, self.options = said["name"], []
        if tag == "option" and self.options is not None:
            self.options.append((said.get("value", ""), "selected" in said))
        if tag == "textarea":
            self.area = said["name"]
            values[self.area] = [""]

    def handle_data(self, data):
        if self.area:
            self.forms[-1][1][self.area][0] += data.removeprefix("\n")

    def handle_endtag(self, tag):
        if tag == "select" and self.options:
            chosen = [value for value, is_on in self.options if is_on] or [self.options[0][0]]
            self.forms[-1][1][self.select] = chosen
            self.options = None
        if tag == "textarea":
            self.area = None


def typed(page, **changes):
    """What a browser would post of the last form of a page that carries `seen`, with these changes typed in."""
    forms = [values for _, values in Fields(page.content.decode()).forms if "seen" in values]
    data = {name: values for name, values in forms[0].items() if name != "csrfmiddlewaretoken"}
    return data | {name: value if isinstance(value, list) else [value] for name, value in changes.items()}
