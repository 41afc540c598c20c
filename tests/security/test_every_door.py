"""What every address keeps: CSRF, the policy and plain headers, nothing inline, nothing kept of people and secrets."""

import re

import pytest
from django.test import Client

from tests.portal.pages.test_access import TABLE


@pytest.mark.parametrize("route", [route for route in TABLE if not route.startswith("styleguide")])
def test_csrf_is_checked(route, stage):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = stage.browsers["customer"].cookies
    # The choice of language has no token to check: it asks the browser where the post comes from.
    sent = {"sec-fetch-site": "cross-site"} if route == "language/" else {}
    answer = browser.post(stage.path(route), {"text": "forged", "reason": "slow"}, headers=sent)
    assert answer.status_code in (403, 405)


def test_strict_policy_and_plain_headers(stage):
    for route in TABLE:
        for page in (stage.browsers["customer"].get(stage.path(route)), Client().get(stage.path(route))):
            policy = page["Content-Security-Policy"]
            # A file or a picture by itself has no script at all, and no site.
            by_itself = page.headers.get("Content-Disposition", "").startswith(("attachment", "inline"))
            assert ("default-src 'none'" if by_itself else "script-src 'self'") in policy
            assert "frame-ancestors 'none'" in policy and ("sandbox" in policy) == by_itself
            assert "unsafe" not in policy
            assert page["X-Content-Type-Options"] == "nosniff"
            assert page["X-Frame-Options"] == "DENY"


def test_nothing_inline_and_nothing_from_elsewhere(stage):
    for route in TABLE:
        answer = stage.browsers["customer"].get(stage.path(route))
        if answer.streaming or answer["Content-Type"].startswith(("image/", "application/pdf")):
            continue  # a file of theirs, a picture or a report, no page
        body = answer.content.decode()
        assert not re.search(r"\sstyle=|<style|<script(?![^>]*src=)|\son\w+=", body)
        assert not re.search(r'(src|<link[^>]* href)="(https?:)?//', body)


def test_pages_of_people_and_secrets_are_kept_by_nobody(stage):
    for route in TABLE:
        if route.startswith(("c/", "s/", "follow/", "account/", "cases/")):
            page = stage.browsers["customer"].get(stage.path(route))
            if page.status_code != 405:
                assert "no-store" in page["Cache-Control"], route
                assert page["Referrer-Policy"] == "no-referrer", route
