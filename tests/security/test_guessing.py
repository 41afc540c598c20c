"""Two hundred guesses at once: five are looked at, whoever asks how often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from cases.models import AccessLink, User
from cases.models.door import hash_token
from escalation.follow import open_with_code
from portal.accounts.codes import TRIES, count_try
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


def at_once(times: int, act) -> list:
    """What `act` answers when it is done so often at the same time."""

    def one(number: int):
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_hundred_parallel_tries_at_a_code_to_sign_in_are_five():
    assert sum(at_once(200, lambda _: count_try({"id": "one code"}))) == TRIES


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_address_used_for_the_first_time_by_many_at_once_is_one_person():
    found = at_once(
        20, lambda number: User.objects.at_any_address("new@example.com" if number % 2 else "NEW@example.com").pk
    )
    assert len(set(found)) == 1 and User.objects.count() == 1
