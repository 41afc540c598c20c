"""Which protocol a case is promised under: what the page shows before sending is what is promised, and nothing leaks."""

import copy
import itertools
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from cases.models import Case, Category, Event, Product, User
from escalation import verbs
from escalation.advice import situation_of
from escalation.book import calendars_at
from escalation.choosing import choose
from escalation.models import Promise, ProtocolChoice, ProtocolVersion
from escalation.packs import read_pack
from escalation.store import peek
from portal.presenters.hours import hours_words
from portal.presenters.promised import counted, preview
from tests.cast import MONDAY
from tests.portal.pages.scene import LOOK, look_at
from tests.portal.pages.test_case_page import text_of
from tests.portal.pages.test_journeys import FILING, file_as_guest, look, send

PRODUCTS, SEGMENTS, TOPICS = (None, "shop", "app", "old"), ("", "gold", "silver"), ("orders", "billing", "other")
#: Key of a protocol -> how many times faster than the shipped one everything is.
FASTER = {"five-tier": 1, "quick": 2, "express": 3, "gold": 5, "old": 6}


@pytest.fixture
def lines(cast):
    """Two products on offer and one that is not, four more protocols, and a list that names all of them."""
    products = {slug: Product.objects.create(slug=slug, name=slug.title()) for slug in PRODUCTS if slug}
    Product.objects.filter(slug="old").update(is_active=False)
    for key, faster in FASTER.items():
        if faster == 1:
            continue
        document = copy.deepcopy(read_pack("five_tier")["protocol"])
        for row, kind in itertools.product(document["matrix"], ("review", "acknowledge", "update", "resolve")):
            row[kind] //= faster
        made = {"status": "published", "document": document, "made_at": MONDAY, "published_at": MONDAY}
        ProtocolVersion.objects.create(key=key, number=1, **made)
    topic = Category.objects.get(slug="billing")
    rows = (
        {"product": products["shop"], "segment": "gold", "protocol": "gold"},
        {"product": products["shop"], "category": topic, "protocol": "express"},
        {"product": products["old"], "protocol": "old"},
        {"segment": "gold", "category": topic, "protocol": "express"},
        {"segment": "gold", "protocol": "quick"},
        {"product": products["app"], "protocol": "quick"},
    )
    for position, row in enumerate(rows, start=1):
        ProtocolChoice.objects.create(position=position, **row)
    return products


def expected(product, segment, topic):
    """The list read by hand."""
    if product == "shop" and segment == "gold":
        return "gold", 1
    if product == "shop" and topic == "billing":
        return "express", 2
    if product == "old":
        return "old", 3
    if segment == "gold":
        return ("express", 4) if topic == "billing" else ("quick", 5)
    return ("quick", 6) if product == "app" else ("five-tier", None)


TABLE = list(itertools.product(PRODUCTS, SEGMENTS, TOPICS))


def of_segment(segment):
    return User.objects.create_user(f"{segment or 'plain'}@example.net", "x", name="Nora", segment=segment)


@pytest.mark.parametrize("proven", [True, False])
def test_the_promise_before_is_the_promise_after(lines, proven):
    people = {segment: of_segment(segment) for segment in SEGMENTS}
    seen_keys = set()
    for product, segment, topic in TABLE:
        row, category, by = lines.get(product), Category.objects.get(slug=topic), people[segment]
        seen = verbs.outlook(category, "loss", at=MONDAY, customer=by if proven else None, product=row)
        told = verbs.Told("Charged", "Twice.", category, "loss", product=row)
        case = verbs.file_case(told, by=by, at=MONDAY, proven=proven)
        key, line = expected(product, segment if proven else "", topic)
        seen_keys.add(key)
        assert case.protocol == f"{key}@1", (product, segment, topic)
        assert case.promise_at == seen.first_word_by == Promise.objects.get(case=case).due_at
        assert case.promise_at == MONDAY + timedelta(seconds=1800 // FASTER[key])
        assert seen.acknowledged_within == 7200 // FASTER[key]
        assert case.protocol_why.startswith(f"Line {line}: " if line else "No line of the list matches")
        assert case.product == row
        data = Event.objects.get(case=case).data
        assert (data["product"], data["protocol_why"]) == (product or "", case.protocol_why)
    assert seen_keys == (set(FASTER) if proven else set(FASTER) - {"gold"})


def test_filing_many_chooses_as_filing_one(lines):
    people = {segment: of_segment(segment) for segment in SEGMENTS}
    rows = [
        (verbs.Told("Charged", "Twice.", Category.objects.get(slug=t), "loss", product=lines.get(p)), people[s])
        for p, s, t in TABLE
    ]
    for case, (told, by), (product, segment, topic) in zip(verbs.file_many(rows, at=MONDAY), rows, TABLE, strict=True):
        case = Case.objects.get(pk=case.pk)
        one = verbs.file_case(told, by=by, at=MONDAY)
        key, _ = expected(product, segment, topic)
        assert case.protocol == one.protocol == f"{key}@1"
        assert (case.product, case.protocol_why, case.promise_at) == (one.product, one.protocol_why, one.promise_at)
        assert case.protocol_why == choose(product=lines.get(product), category=told.category, segment=segment).why


# At the door ----------------------------------------------------------------------------------------------------


def test_without_products_nothing_is_asked(cast):
    assert "Which product or service?" not in text_of(Client().get("/cases/new/topic/"))
    Product.objects.create(slug="shop", name="Shop", is_active=False)
    assert "Which product or service?" not in text_of(Client().get("/cases/new/topic/"))
    assert file_as_guest(Client(), product="shop").status_code == 303
    assert Case.objects.get().product is None


def to_the_minute(value: str) -> str:
    """A time as the page has it, without the seconds its own clock went on meanwhile."""
    return re.sub(r'(datetime="[^"]*T\d\d:\d\d):[^"+Z]*', r"\1", str(value))


def test_a_customer_chooses_a_product_and_gets_what_was_shown(lines, cast):
    customer = of_segment("gold")
    client = Client()
    client.force_login(customer)
    form = client.get("/cases/new/topic/").content.decode()
    assert '<option value="shop">Shop</option>' in form and "Old" not in form
    page = look(client, product="shop")
    seen = verbs.outlook(
        Category.objects.get(slug="billing"), "loss", at=LOOK, customer=customer, product=lines["shop"]
    )
    said = [to_the_minute(row["value"]) for row in preview(seen, zone="Europe/London", now=LOOK)]
    shown = [to_the_minute(row["value"]) for row in page.context["preview"]]
    assert shown == said
    assert f"Only these hours count: {hours_words(seen.calendar)}." in text_of(page)
    assert ("Product or service", "Shop") in [(row["label"], row["value"]) for row in page.context["rows"]]
    assert send(client, page).status_code == 303
    case = Case.objects.get()
    assert (case.protocol, case.product) == ("gold@1", lines["shop"])
    assert abs(case.promise_at - seen.first_word_by) < timedelta(minutes=1)
    for page in (client.get(f"/c/{case.reference}/"), client.get(f"/cases/new/sent/{case.reference}/")):
        assert "Line 1" not in text_of(page) and "customers of" not in text_of(page)


@pytest.mark.parametrize("product", ["old", "nonsense", "' OR 1=1"])
def test_a_product_that_is_not_offered_is_a_sentence(product, lines, cast):
    page = Client().post("/cases/new/one-page/", FILING | {"product": product})
    assert "Choose one of the products listed, or leave it open" in text_of(page)
    assert FILING["title"] in page.content.decode()
    assert not Case.objects.exists()


def test_a_typed_address_shows_and_uses_nobodys_segment(lines, cast):
    """The pages of a guest are the same whoever is behind the address, and so is what is promised."""
    of_segment("gold")
    found = []
    for address in ("gold@example.net", "nobody@example.net"):
        look_at(LOOK)  # both at the same minute, however slow the machine
        client = Client()
        page = look(client, email=address, product="shop", category="orders")
        assert send(client, page).status_code == 303
        case = Case.objects.order_by("-pk").first()
        sent = client.get(f"/cases/new/sent/{case.reference}/")
        shown = json.dumps([page.context["preview"], sent.context["steps"]], default=lambda at: at.strftime("%d %H:%M"))
        shown = re.sub(r"(T\d\d:\d\d):\d\d", r"\1", shown)
        found.append((shown, case.protocol, case.protocol_why, case.is_proven))
    assert found[0] == found[1]
    assert found[0][1:] == ("five-tier@1", "No line of the list matches; this is the default", False)


def test_guidelines_too_know_no_segment_before_it_is_proven(lines, cast):
    person = of_segment("gold")
    for proven, segment in ((False, ""), (True, "gold")):
        case = cast.file(by=person, proven=proven)
        assert situation_of(peek(case, MONDAY), MONDAY).segment == segment


def test_a_topic_s_example_is_in_the_language_of_its_name(cast):
    """An English line under a German choice would only confuse: without a German one there is none."""
    orders, example = Category.objects.filter(slug="orders"), "Wrong, missing or changed orders"
    german = {"headers": {"accept-language": "de"}}
    assert example in text_of(Client().get("/cases/new/topic/"))
    orders.update(translations={"de": {"name": "Eine Bestellung"}})
    page = text_of(Client().get("/cases/new/topic/", **german))
    assert "Eine Bestellung" in page and example not in page
    orders.update(translations={"de": {"name": "Eine Bestellung", "example": "Falsch oder unvollständig geliefert"}})
    assert "Falsch oder unvollständig geliefert" in text_of(Client().get("/cases/new/topic/", **german))


def test_the_hours_named_are_those_that_count_not_those_of_the_telephone(cast):
    """What counts round the clock names no hours, whatever the brand says of its line."""
    seen = verbs.outlook(Category.objects.get(slug="billing"), "loss", at=LOOK)
    assert counted(seen) == "Monday to Friday, 09:00 to 17:30, London time"
    assert counted(replace(seen, calendar=calendars_at(LOOK)["always"])) == ""
    assert f"Only these hours count: {counted(seen)}." in text_of(look(Client()))
