"""Limits: a base that behaves like Airtable under load refuses with 429, and the library's own strategy carries on."""

import pytest
import requests
from pyairtable import retry_strategy
from requests import HTTPError

import bases


@pytest.fixture
def films(api, world):
    """Of a base of its own for each test: a rest that has begun goes on."""
    return api.create_base(world["workspaceId"], "Busy", bases.FILMS).table("Films")


@pytest.fixture
def imitate(films):
    """Switches the base's limits on, with the given numbers."""
    return lambda **numbers: films.api.request("PUT", f"{films.base.urls.meta}/imitation", json=numbers)


def refusal(table):
    """The first answer of many that is a refusal."""
    for _ in range(100):
        try:
            table.all()
        except HTTPError as error:
            return error
    raise AssertionError("a hundred requests passed")


@pytest.fixture
def impatient(connect, world, films):
    return connect(world["token"], retry_strategy=None).table(films.base.id, "Films")


def test_more_than_five_requests_a_second_are_refused(impatient, imitate):
    imitate(perBase=5, lockOutSeconds=0)
    error = refusal(impatient)
    assert error.response.status_code == 429
    assert error.response.json() == {
        "error": {"type": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded. Please try again later"}
    }


def test_the_other_form_of_the_refusal(impatient, imitate):
    imitate(perBase=1, lockOutSeconds=0, body="list")
    [told] = refusal(impatient).response.json()["errors"]
    assert told == {"error": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded. Please try again later"}


def test_nothing_works_until_the_rest_is_over(impatient, imitate, films):
    imitate(perBase=1, lockOutSeconds=600)
    assert refusal(impatient).response.status_code == 429
    for _ in range(3):
        with pytest.raises(HTTPError, match="429"):
            impatient.create({"Title": "x"})


def test_the_library_tries_again_by_itself(films, imitate):
    imitate(perBase=5, lockOutSeconds=0)
    # The default strategy: 5 more tries, after 0.1, 0.2, … 1.6 s.
    for n in range(12):
        films.create({"Title": f"{n:02}"})
    titles = [record["fields"]["Title"] for record in films.all(sort=["Title"])]
    assert titles == [f"{n:02}" for n in range(12)]


def test_it_gives_up_when_the_rest_is_longer_than_its_patience(connect, world, films, imitate):
    brisk = retry_strategy(total=2, backoff_factor=0.01)
    table = connect(world["token"], retry_strategy=brisk).table(films.base.id, "Films")
    imitate(perBase=1, lockOutSeconds=600)
    with pytest.raises(requests.exceptions.RetryError):
        for _ in range(10):
            table.all()


def test_the_month_s_calls_are_spent(impatient, imitate):
    imitate(monthlyCalls=0)
    error = refusal(impatient)
    assert error.response.status_code == 429
    assert error.response.json()["error"]["type"] == "PUBLIC_API_BILLING_LIMIT_EXCEEDED"
    assert impatient.base.schema().table("Films").name == "Films"
