"""Two hundred guesses at once: five are looked at, whoever asks how often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from cases.models import AccessLink
from cases.models.door import hash_token
from escalation.follow import open_with_code
from tests.cast import MONDAY, gather


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_hundred_parallel_guesses_are_five():
    cast = gather()
    case, browser, code = cast.file(), "the browser's secret", "482913"
    asked = hash_token(browser)
    lasts = timedelta(minutes=15)
    AccessLink.expect_code("follow", case, user=cast.customer, asked=asked, code=code, at=MONDAY, lasts=lasts)

    def guess(number: int) -> bool:
        try:
            return open_with_code(browser, f"{number:06}", at=MONDAY) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        assert not any(pool.map(guess, range(200)))
    assert AccessLink.objects.get(token_hash=asked).code_tries == 5
    # They were evaluated and used up: even the right one is not looked at any more.
    assert open_with_code(browser, code, at=MONDAY) is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_right_code_pressed_twenty_times_at_once_opens_once():
    cast = gather()
    case, browser = cast.file(), "the browser's secret"
    lasts = timedelta(minutes=15)
    AccessLink.expect_code(
        "follow", case, user=cast.customer, asked=hash_token(browser), code="482913", at=MONDAY, lasts=lasts
    )

    def press(_: int) -> bool:
        try:
            return open_with_code(browser, "482913", at=MONDAY) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(press, range(20))) == 1
