"""Refusals, as the library raises them: with the status and Airtable's own type and message."""

import pytest
import requests
from pyairtable import retry_strategy
from requests import HTTPError


def refusal(call, *args, **kwargs):
    """The status and the error of a call that must be refused."""
    with pytest.raises(HTTPError) as caught:
        call(*args, **kwargs)
    # The library adds the error of the body to the arguments of the exception.
    assert caught.value.args[-1] == repr(caught.value.response.json()["error"])
    return caught.value.response.status_code, caught.value.response.json()["error"]


def test_a_token_that_is_not_known(connect, films):
    status, error = refusal(connect("pat_unknown").table(films.base.id, "Films").all)
    assert (status, error["type"]) == (401, "AUTHENTICATION_REQUIRED")


def test_a_scope_that_is_missing(connect, world, films):
    reader = connect(world["readerToken"]).table(films.base.id, "Films")
    assert reader.all() == []
    for refused in [
        refusal(reader.create, {"Title": "x"}),
        refusal(reader.batch_upsert, [{"fields": {"Title": "x"}}], ["Title"]),
        refusal(reader.create_field, "New", "singleLineText"),
    ]:
        assert refused == (
            403,
            {
                "type": "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
                "message": "Invalid permissions, or the requested model was not found. Check that both your "
                "user and your token have the required permissions, and that the model names "
                "and/or ids are correct.",
            },
        )


def test_the_base_of_another_workspace_is_like_none(connect, world, films):
    stranger = connect(world["strangerToken"])
    assert stranger.bases() == []
    theirs = refusal(stranger.table(films.base.id, "Films").all)
    assert theirs == refusal(stranger.table("appAAAAAAAAAAAAAA", "Films").all)
    assert theirs[0] == 403
    assert theirs == refusal(stranger.base(films.base.id).schema)


def test_a_record_that_is_not_there(films):
    missing = "recAAAAAAAAAAAAAA"
    assert refusal(films.get, missing) == (404, "NOT_FOUND")
    status, error = refusal(films.batch_update, [{"id": missing, "fields": {}}])
    assert (status, error) == (
        422,
        {"type": "ROW_DOES_NOT_EXIST", "message": f"Record ID {missing} does not exist in this table"},
    )


def test_names_that_are_not_known(films):
    assert refusal(films.base.table("Nope").all)[0] == 403
    assert refusal(films.create, {"Nope": 1}) == (
        422,
        {"type": "UNKNOWN_FIELD_NAME", "message": 'Unknown field name: "Nope"'},
    )
    assert refusal(films.all, fields=["Nope"])[1]["type"] == "UNKNOWN_FIELD_NAME"
    assert refusal(films.all, view="Nope") == (
        422,
        {"type": "VIEW_NAME_NOT_FOUND", "message": "View Nope not found"},
    )


def test_values_that_do_not_fit(films):
    assert refusal(films.create, {"Gross": "many"}) == (
        422,
        {"type": "INVALID_VALUE_FOR_COLUMN", "message": 'Field "Gross" cannot accept the provided value'},
    )
    assert refusal(films.create, {"Rating": "NC-17"}) == (
        422,
        {
            "type": "INVALID_MULTIPLE_CHOICE_OPTIONS",
            "message": 'Insufficient permissions to create new select option ""NC-17""',
        },
    )


def test_one_bad_record_fails_its_batch(films):
    assert refusal(films.batch_create, [{"Title": "good"}, {"Gross": "bad"}])[0] == 422
    assert films.all() == []


def test_formulas_that_mean_nothing(films):
    status, error = refusal(films.all, formula="{Nope} = 1")
    assert (status, error["type"]) == (422, "INVALID_FILTER_BY_FORMULA")
    assert error["message"].endswith("Unknown field names: nope")
    assert refusal(films.all, formula="AND(")[1]["type"] == "INVALID_FILTER_BY_FORMULA"


def test_an_offset_that_is_stale(films):
    assert refusal(films.all, offset="itrAAAA/recAAAA")[1]["type"] == "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"


def test_text_needs_a_time_zone_and_a_locale(films):
    assert refusal(films.all, cell_format="string")[0] == 422


def test_errors_come_at_once_when_nothing_would_be_different_later(connect, world, films):
    """Only 429 is tried again by the library; a refusal must not be one."""
    impatient = connect(world["token"], retry_strategy=retry_strategy(total=0)).table(films.base.id, "Films")
    assert refusal(impatient.create, {"Nope": 1})[0] == 422


def test_a_route_that_does_not_exist(world):
    answer = requests.get(
        f"{world['url']}/v0/nothing/at/all/here",
        headers={"Authorization": f"Bearer {world['token']}"},
        timeout=10,
    )
    assert (answer.status_code, answer.json()) == (404, {"error": "NOT_FOUND"})
