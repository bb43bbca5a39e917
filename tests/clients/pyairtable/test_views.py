"""Views: shown in the schema, and honoured when records are listed through one. The engine makes them, as an extension."""

import pytest
from pyairtable.formulas import match
from requests import HTTPError


@pytest.fixture(scope="module")
def filled(base):
    films = base.table("Films", validate=True)
    rows = [("Alien", 3, True), ("Brazil", 1, True), ("Casablanca", 2, False), ("Duel", 4, True)]
    films.batch_create(
        {"Title": title, "Gross": gross, "Seen": seen, "Notes": "n"} for title, gross, seen in rows
    )
    make(films, "Seen", filterByFormula="{Seen}", sort=[{"field": "Gross", "direction": "desc"}])
    make(films, "Short", visibleFieldIds=["Title", "Seen"])
    return films


def make(table, name, **more):
    url = f"{table.base.urls.tables}/{table.id}/views"
    return table.api.post(url, json={"name": name, "type": "grid", **more})["id"]


def titles(records):
    return [record["fields"]["Title"] for record in records]


def test_the_schema_tells_of_views(filled):
    schema = filled.schema(force=True)
    assert [(view.name, view.type) for view in schema.views] == [
        ("Grid view", "grid"),
        ("Seen", "grid"),
        ("Short", "grid"),
    ]
    assert schema.view("Seen").visible_field_ids == [field.id for field in schema.fields]
    shown = [schema.field("Title").id, schema.field("Seen").id]
    assert schema.view("Short").visible_field_ids == shown
    assert schema.view("Short").personal_for_user_id is None


def test_its_filter_and_sort_hold(filled):
    assert titles(filled.all(view="Seen")) == ["Duel", "Alien", "Brazil"]
    assert titles(filled.all(view=filled.schema().view("Seen").id)) == ["Duel", "Alien", "Brazil"]
    pages = list(filled.iterate(view="Seen", page_size=2))
    assert [titles(page) for page in pages] == [["Duel", "Alien"], ["Brazil"]]


def test_a_sort_of_one_s_own_goes_before_the_view_s(filled):
    assert titles(filled.all(view="Seen", sort=["Title"])) == ["Alien", "Brazil", "Duel"]


def test_a_formula_and_the_view_s_filter_hold_together(filled):
    assert titles(filled.all(view="Seen", formula=match({"Gross": ("<", 4)}))) == ["Alien", "Brazil"]
    assert filled.all(view="Seen", formula=match({"Title": "Casablanca"})) == []


def test_hidden_fields_are_given_all_the_same(filled):
    assert set(filled.first(view="Short")["fields"]) == {"Title", "Gross", "Seen", "Notes"}
    assert set(filled.first(view="Short", fields=["Gross"])["fields"]) == {"Gross"}


def test_a_view_is_deleted(filled):
    make(filled, "Passing")
    filled.schema(force=True).view("Passing").delete()
    assert "Passing" not in [view.name for view in filled.schema(force=True).views]
    with pytest.raises(HTTPError, match="VIEW_NAME_NOT_FOUND"):
        filled.all(view="Passing")
