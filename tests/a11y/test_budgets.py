"""What a page may weigh and how fast its largest part stands on a slow phone: the budget of each kind of customer page.

Sizes are of what travels, packed as the server packs it. The largest contentful paint is measured in Chromium as on slow 3G:
400 kbit/s, 400 ms a round trip, a processor four times slower. The limits are far above what is measured on an idle machine.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from portal import clock
from tests.a11y.gallery import world
from tests.portal.pages.scene import LOOK, look_at

KB = 1024
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
CPU_SLOWER = 4


@dataclass(frozen=True)
class Budget:
    """The most a page may cost: packed sizes in KB, requests with the logo, seconds to the largest paint."""

    html: float
    script: float
    seconds: float
    style: float = 8
    requests: int = 4


CASE = Budget(html=20, script=6, seconds=2.5)
STEP = Budget(html=8, script=9, seconds=2.0)  # six of every page and three for saving drafts
PLAIN = Budget(html=12, script=6, seconds=2.0)
PAGES = {
    "/c/{working}/": CASE,
    "/c/{late}/": CASE,
    "/c/{answered}/": CASE,
    "/cases/new/": STEP,
    "/": PLAIN,
    "/cases/": PLAIN,
    "/follow/": PLAIN,
    "/s/{survey}/": PLAIN,
}


@pytest.fixture
def here(transactional_db, live_server):
    look_at(LOOK)
    found = world()
    yield found
    clock.travel(timedelta())


def kind(response) -> str:
    path = urlsplit(response.url).path
    if response.request.resource_type == "document":
        return "html"
    return {"css": "style", "js": "script"}.get(path.rsplit(".", 1)[-1], "image")


def weigh(page, address: str) -> dict[str, list[int]]:
    """Packed sizes of all a page asks for, by kind."""
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address, wait_until="networkidle")
    weights: dict[str, list[int]] = {"html": [], "style": [], "script": [], "image": []}
    for answer in answers:
        if answer.request.redirected_to is None and "favicon.ico" not in answer.url:
            weights[kind(answer)].append(len(gzip.compress(answer.body(), 6)))
    return weights


@pytest.mark.parametrize("path", PAGES)
def test_a_page_weighs_little(path, here, live_server, new_context):
    context, budget = new_context(), PAGES[path]
    context.add_cookies(here.cookies("customer", live_server.url))
    weights = weigh(context.new_page(), live_server.url + path.format(**here.names))
    assert sum(weights["html"]) <= budget.html * KB, weights
    assert sum(weights["style"]) <= budget.style * KB, weights
    assert sum(weights["script"]) <= budget.script * KB, weights
    assert sum(weights["image"]) <= 10 * KB, weights
    assert sum(map(len, weights.values())) <= budget.requests, weights


LARGEST = """() => new Promise((done) => {
  let last = 0, shift = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) last = one.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) shift += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done([last / 1000, shift]), 300);
})"""


def slow_phone(context):
    """A page on a slow line and a slow processor."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_3G)
    session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
    return page


@pytest.mark.parametrize("path", ["/c/{working}/", "/cases/new/", "/"])
def test_the_largest_part_stands_soon_on_a_slow_phone(path, here, live_server, new_context):
    context = new_context(viewport={"width": 360, "height": 800}, is_mobile=True, has_touch=True)
    context.add_cookies(here.cookies("customer", live_server.url))
    tries = []
    for _ in range(3):  # the best of three: other work on the machine only ever adds
        page = slow_phone(context)
        page.goto(live_server.url + path.format(**here.names), wait_until="load", timeout=30_000)
        tries.append(page.evaluate(LARGEST))
        page.close()
    assert min(seconds for seconds, _ in tries) <= PAGES[path].seconds, tries
    assert max(shift for _, shift in tries) <= 0.1, tries
