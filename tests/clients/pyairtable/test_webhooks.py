"""Webhooks: the base's own change log, read by cursor, and the pings that tell of it."""

import datetime

import pytest
import requests
from pyairtable.models import WebhookNotification
from requests import HTTPError

from polling import until

TABLE_DATA = {"options": {"filters": {"dataTypes": ["tableData"]}}}


def spec(*kinds, includes=None, **filters):
    options = {"filters": {"dataTypes": list(kinds), **filters}}
    return {"options": {**options, **({"includes": includes} if includes else {})}}


@pytest.fixture
def listen(base, films, world):
    """Makes webhooks, and deletes them in the end: there may be ten in a base."""

    def make(specification=TABLE_DATA, url=f"{world['outsideUrl']}/hooks/none"):
        return base.webhook(base.add_webhook(url, specification).id)

    yield make
    for webhook in base.webhooks():
        webhook.delete()
    assert base.webhooks() == []


def payloads(webhook, count, cursor=1):
    """Waits for them: Airtable shows a change a little later."""
    found = until(
        f"there are {count} payloads",
        lambda: len(found := list(webhook.payloads(cursor))) >= count and found,
    )
    assert len(found) == count
    return found


@pytest.fixture
def ids(films):
    return {field.name: field.id for field in films.schema(force=True).fields}


def test_a_webhook_is_made_listed_and_deleted(base, listen, world):
    before = datetime.datetime.now(datetime.timezone.utc)
    made = base.add_webhook(f"{world['outsideUrl']}/hooks/made", spec("tableData", changeTypes=["add"]))
    assert made.id.startswith("ach")
    week = made.expiration_time - before
    assert datetime.timedelta(days=6, hours=23) < week < datetime.timedelta(days=7, hours=1)
    [webhook] = base.webhooks()
    assert webhook.id == made.id
    assert (webhook.are_notifications_enabled, webhook.is_hook_enabled) == (True, True)
    assert webhook.cursor_for_next_payload == 1
    assert webhook.notification_url == f"{world['outsideUrl']}/hooks/made"
    assert webhook.specification.options.filters.data_types == ["tableData"]
    assert webhook.specification.options.filters.change_types == ["add"]
    webhook.delete()
    assert base.webhooks() == []
    with pytest.raises(HTTPError, match="404|403"):
        webhook.delete()


def test_created_changed_and_destroyed_records(films, listen, ids):
    webhook = listen(spec("tableData", includes={"includePreviousCellValues": True}))
    made = films.create({"Title": "Alien", "Gross": 1, "Rating": "R", "Genres": ["War"]})
    films.update(made["id"], {"Gross": 2, "Rating": "PG", "Genres": None})
    films.delete(made["id"])
    created, changed, destroyed = payloads(webhook, 3)
    assert [p.cursor for p in (created, changed, destroyed)] == [1, 2, 3]
    transactions = [p.base_transaction_number for p in (created, changed, destroyed)]
    assert transactions == sorted(set(transactions))
    assert {p.payload_format for p in (created, changed, destroyed)} == {"v0"}

    record = created.changed_tables_by_id[films.id].created_records_by_id[made["id"]]
    cells = record.cell_values_by_field_id
    assert (cells[ids["Title"]], cells[ids["Gross"]]) == ("Alien", 1)
    # Selects are whole choices in payloads.
    assert cells[ids["Rating"]]["name"] == "R"
    assert cells[ids["Rating"]]["id"].startswith("sel")
    assert [choice["name"] for choice in cells[ids["Genres"]]] == ["War"]
    assert record.created_time == datetime.datetime.fromisoformat(made["createdTime"].replace("Z", "+00:00"))

    change = changed.changed_tables_by_id[films.id].changed_records_by_id[made["id"]]
    assert set(change.current.cell_values_by_field_id) == {ids["Gross"], ids["Rating"], ids["Genres"]}
    assert change.current.cell_values_by_field_id[ids["Gross"]] == 2
    assert change.current.cell_values_by_field_id[ids["Genres"]] in (None, [])
    assert change.previous.cell_values_by_field_id[ids["Gross"]] == 1
    assert change.previous.cell_values_by_field_id[ids["Rating"]]["name"] == "R"

    assert destroyed.changed_tables_by_id[films.id].destroyed_record_ids == [made["id"]]


def test_a_payload_tells_who_did_it(films, listen, world):
    webhook = listen()
    films.create({"Title": "x"})
    [payload] = payloads(webhook, 1)
    assert payload.action_metadata.source == "publicApi"
    user = payload.action_metadata.source_metadata["user"]
    ada = world["people"]["ada"]
    assert (user["id"], user["email"]) == (ada["id"], ada["email"])
    assert abs((payload.timestamp - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) < 300


def test_without_previous_values_unless_asked_for(films, listen):
    webhook = listen()
    made = films.create({"Title": "x", "Gross": 1})
    films.update(made["id"], {"Gross": 2})
    change = payloads(webhook, 2)[1].changed_tables_by_id[films.id].changed_records_by_id[made["id"]]
    assert (change.previous, change.unchanged) == (None, None)


def test_unchanged_cells_that_are_asked_for(films, listen, ids):
    webhook = listen(spec("tableData", includes={"includeCellValuesInFieldIds": [ids["Title"]]}))
    made = films.create({"Title": "x", "Gross": 1})
    films.update(made["id"], {"Gross": 2})
    change = payloads(webhook, 2)[1].changed_tables_by_id[films.id].changed_records_by_id[made["id"]]
    assert change.unchanged.cell_values_by_field_id == {ids["Title"]: "x"}


def test_payloads_by_cursor(films, listen):
    webhook = listen()
    made = films.create({"Title": "0"})
    for n in range(60):
        films.update(made["id"], {"Title": f"{n + 1}"})
    everything = payloads(webhook, 61)
    assert [p.cursor for p in everything] == list(range(1, 62))
    assert [p.cursor for p in webhook.payloads(60)] == [60, 61]
    assert [p.cursor for p in webhook.payloads(3, limit=2)] == [3, 4]
    assert list(webhook.payloads(62)) == []
    assert next(webhook.payloads(61)).model_dump() == everything[60].model_dump()
    [again] = [w for w in films.base.webhooks() if w.id == webhook.id]
    assert again.cursor_for_next_payload == 62


def test_a_batch_is_one_action(films, listen):
    webhook = listen()
    made = films.batch_create([{"Title": "a"}, {"Title": "b"}])
    found = payloads(webhook, 1)
    assert set(found[0].changed_tables_by_id[films.id].created_records_by_id) == {r["id"] for r in made}


def test_filters(films, directors, listen, ids):
    only_films = listen(spec("tableData", recordChangeScope=films.id))
    only_gross = listen(spec("tableData", recordChangeScope=films.id, watchDataInFieldIds=[ids["Gross"]]))
    only_removals = listen(spec("tableData", changeTypes=["remove"]))
    only_people = listen(spec("tableData", fromSources=["client"]))
    only_schema = listen(spec("tableFields", "tableMetadata"))
    directors.create({"Name": "x"})
    made = films.create({"Title": "x"})
    films.update(made["id"], {"Title": "y"})
    films.update(made["id"], {"Gross": 1})
    films.delete(made["id"])
    assert [list(p.changed_tables_by_id) for p in payloads(only_films, 4)] == [[films.id]] * 4
    [removal] = payloads(only_removals, 1)
    assert removal.changed_tables_by_id[films.id].destroyed_record_ids == [made["id"]]
    found = until("the change of Gross is told", lambda: list(only_gross.payloads()))
    changed = [set(p.changed_tables_by_id[films.id].changed_records_by_id) for p in found]
    assert [c for c in changed if c] == [{made["id"]}]
    assert list(only_people.payloads()) == []
    assert list(only_schema.payloads()) == []


def test_changes_of_the_schema(base, listen):
    webhook = listen(spec("tableFields", "tableMetadata", includes={"includePreviousFieldDefinitions": True}))
    table = base.create_table("Seen by", [{"name": "Name", "type": "singleLineText"}])
    field = table.create_field("Since", "date", options={"dateFormat": {"name": "iso"}})
    field.name = "From"
    field.save()
    schema = table.schema(force=True)
    schema.name = "Watched by"
    schema.save()
    made, added, renamed, retitled = payloads(webhook, 4)
    created = made.created_tables_by_id[table.id]
    assert created.metadata.name == "Seen by"
    assert [(f.name, f.type) for f in created.fields_by_id.values()] == [("Name", "singleLineText")]
    new = added.changed_tables_by_id[table.id].created_fields_by_id[field.id]
    assert (new.name, new.type) == ("Since", "date")
    change = renamed.changed_tables_by_id[table.id].changed_fields_by_id[field.id]
    assert (change.current.name, change.previous.name) == ("From", "Since")
    title = retitled.changed_tables_by_id[table.id].changed_metadata
    assert (title.current.name, title.previous.name) == ("Watched by", "Seen by")


def pings(url, count):
    """Waits until so many have come."""
    return until(
        f"{count} pings have come", lambda: len(p := requests.get(url, timeout=10).json()) >= count and p
    )


def test_pings_are_signed_the_first_of_them_when_the_webhook_is_made(base, films, world, listen):
    url = f"{world['outsideUrl']}/hooks/signed"
    made = base.add_webhook(url, TABLE_DATA)
    pings(url, 1)
    films.create({"Title": "x"})
    ping = pings(url, 2)[-1]
    told = WebhookNotification.from_request(ping["body"], ping["mac"], made.mac_secret_base64)
    assert (told.base.id, told.webhook.id) == (base.id, made.id)
    with pytest.raises(ValueError):
        WebhookNotification.from_request(ping["body"] + " ", ping["mac"], made.mac_secret_base64)
    webhook = until(
        "the ping is noted", lambda: (w := base.webhook(made.id)).last_successful_notification_time and w
    )
    assert webhook.last_notification_result.success is True
    assert webhook.last_notification_result.retry_number == 0


def test_no_pings_while_they_are_turned_off(base, films, world, listen):
    quiet, loud = (f"{world['outsideUrl']}/hooks/{name}" for name in ["quiet", "loud"])
    webhook = base.webhook(base.add_webhook(quiet, TABLE_DATA).id)
    base.add_webhook(loud, TABLE_DATA)
    pings(quiet, 1)
    pings(loud, 1)
    webhook.disable_notifications()
    assert base.webhook(webhook.id).are_notifications_enabled is False
    films.create({"Title": "x"})
    pings(loud, 2)
    payloads(webhook, 1)
    assert len(requests.get(quiet, timeout=10).json()) == 1
    webhook.enable_notifications()
    assert base.webhook(webhook.id).are_notifications_enabled is True
    films.create({"Title": "y"})
    pings(quiet, 2)


def test_its_life_is_extended(listen):
    webhook = listen()
    first = webhook.expiration_time
    webhook.extend_expiration()
    assert datetime.datetime.fromisoformat(str(webhook.expiration_time).replace("Z", "+00:00")) >= first


def test_ten_and_no_more(base, listen, world):
    for _ in range(10):
        listen()
    with pytest.raises(HTTPError, match="422|403"):
        listen()
    assert len(base.webhooks()) == 10


def test_who_may_not(connect, world, base, listen):
    webhook = listen()
    for token in ["readerToken", "strangerToken"]:
        other = connect(world[token]).base(base.id)
        with pytest.raises(HTTPError, match="403"):
            other.webhooks()
        with pytest.raises(HTTPError, match="403"):
            other.add_webhook("https://example.com/", TABLE_DATA)
    assert [w.id for w in base.webhooks()] == [webhook.id]


@pytest.mark.parametrize(
    "wrong",
    [
        spec("nonsense"),
        spec("tableData", recordChangeScope="tblAAAAAAAAAAAAAA"),
        spec("tableData", changeTypes=["nonsense"]),
        spec("tableData", watchDataInFieldIds=["fldAAAAAAAAAAAAAA"]),
    ],
)
def test_specifications_that_are_refused(base, listen, wrong):
    with pytest.raises(HTTPError, match="422"):
        base.add_webhook("https://example.com/", wrong)
    assert base.webhooks() == []
