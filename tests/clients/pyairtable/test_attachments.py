"""Attachments: uploaded to the host that the library has in its code, and fetched from addresses."""

import pytest
import requests
from pyairtable.orm import Model, fields
from requests import HTTPError

from polling import until


@pytest.fixture(scope="module")
def table(base):
    films = base.table("Films", validate=True)
    films.create_field("Posters", "multipleAttachments")
    return base.table("Films", validate=True, force=True)


@pytest.fixture
def film(table):
    return table.create({"Title": "Alien"})["id"]


@pytest.fixture(scope="session")
def poster(world):
    """An image of 640 x 480 pixels."""
    return requests.get(f"{world['outsideUrl']}/poster.png", timeout=10).content


def posters(table, film):
    return table.get(film)["fields"].get("Posters", [])


def ready(table, film, count=1):
    """Waits until what is fetched is there, with its size."""
    return until(
        "the attachments are fetched",
        lambda: len(found := posters(table, film)) == count and all("size" in a for a in found) and found,
    )


def download(attachment):
    answer = requests.get(attachment["url"], timeout=10)
    assert answer.status_code == 200
    return answer


def test_an_upload_is_answered_by_field_id(table, film):
    answer = table.upload_attachment(film, "Posters", "notes.txt", b"Some notes")
    assert answer["id"] == film
    assert list(answer["fields"]) == [table.schema().field("Posters").id]
    [[attachment]] = answer["fields"].values()
    assert attachment["id"].startswith("att")
    assert (attachment["filename"], attachment["type"], attachment["size"]) == ("notes.txt", "text/plain", 10)
    assert download(attachment).content == b"Some notes"


def test_uploads_are_appended(table, film):
    first = table.upload_attachment(film, table.schema().field("Posters").id, "a.txt", "first")
    second = table.upload_attachment(film, "Posters", "b.txt", "second", content_type="text/markdown")
    [[a, b]] = second["fields"].values()
    assert a["id"] == list(first["fields"].values())[0][0]["id"]
    assert (b["filename"], b["type"]) == ("b.txt", "text/markdown")
    assert [download(x).text for x in posters(table, film)] == ["first", "second"]


def test_a_file_of_the_disk(table, film, tmp_path, poster):
    file = tmp_path / "Poster 1.png"
    file.write_bytes(poster)
    table.upload_attachment(film, "Posters", file)
    [attachment] = posters(table, film)
    assert (attachment["filename"], attachment["type"], attachment["size"]) == (
        "Poster 1.png",
        "image/png",
        len(poster),
    )
    assert download(attachment).content == poster


def test_an_image_has_a_size_and_thumbnails(table, film, poster):
    table.upload_attachment(film, "Posters", "poster.png", poster)
    attachment = until(
        "the thumbnails are made", lambda: next((a for a in posters(table, film) if "thumbnails" in a), None)
    )
    assert (attachment["width"], attachment["height"]) == (640, 480)
    assert sorted(attachment["thumbnails"]) == ["full", "large", "small"]
    sizes = {kind: (t["width"], t["height"]) for kind, t in attachment["thumbnails"].items()}
    assert sizes["small"] == (48, 36)
    assert sizes["full"] == (640, 480)
    for thumbnail in attachment["thumbnails"].values():
        assert download(thumbnail).headers["content-type"].startswith("image/")


def test_by_address(table, world):
    made = table.create({"Title": "x", "Posters": [{"url": f"{world['outsideUrl']}/notes.txt"}]})
    [waiting] = made["fields"]["Posters"]
    [attachment] = ready(table, made["id"])
    assert attachment["id"] == waiting["id"]
    assert (attachment["filename"], attachment["type"], attachment["size"]) == ("notes.txt", "text/plain", 12)
    assert download(attachment).text == "From outside"
    assert not attachment["url"].startswith(world["outsideUrl"])


def test_by_address_with_a_name_and_through_a_redirect(table, world, film):
    named = [
        {"url": f"{world['outsideUrl']}/notes.txt", "filename": "a.txt"},
        {"url": f"{world['outsideUrl']}/moved", "filename": "b.txt"},
    ]
    table.update(film, {"Posters": named})
    found = ready(table, film, 2)
    assert [a["filename"] for a in found] == ["a.txt", "b.txt"]
    assert {download(a).text for a in found} == {"From outside"}


def test_what_cannot_be_fetched_vanishes(table, world, film):
    table.update(film, {"Posters": [{"url": f"{world['outsideUrl']}/missing.png"}]})
    until("the attachment has vanished", lambda: not posters(table, film))


def test_what_is_named_by_id_stays_and_the_rest_goes(table, film):
    for name in ["a.txt", "b.txt", "c.txt"]:
        table.upload_attachment(film, "Posters", name, name)
    a, b, c = posters(table, film)
    table.update(film, {"Posters": [{"id": c["id"]}, {"id": a["id"]}]})
    assert [x["filename"] for x in posters(table, film)] == ["c.txt", "a.txt"]
    table.update(film, {"Posters": [{"id": a["id"]}, {"id": c["id"]}]})
    assert [download(x).text for x in posters(table, film)] == ["a.txt", "c.txt"]
    table.update(film, {"Posters": []})
    assert posters(table, film) == []


def test_the_same_file_in_another_record(table, film):
    table.upload_attachment(film, "Posters", "a.txt", "shared")
    [attachment] = posters(table, film)
    other = table.create({"Title": "copy", "Posters": [{"url": attachment["url"], "filename": "copy.txt"}]})
    [copy] = ready(table, other["id"])
    assert (copy["filename"], download(copy).text) == ("copy.txt", "shared")
    table.delete(film)
    assert download(posters(table, other["id"])[0]).text == "shared"


def test_an_orm_list_uploads_and_refreshes_itself(table, api, film):
    class Film(Model):
        class Meta:
            api_key = "x"
            base_id = table.base.id
            table_name = "Films"

        posters = fields.AttachmentsField("Posters")

    Film.meta.api = api
    model = Film.from_id(film)
    model.posters.upload("a.txt", b"one")
    model.posters.upload("b.txt", "two")
    assert [a["filename"] for a in model.posters] == ["a.txt", "b.txt"]
    model.posters.pop(0)
    model.save()
    assert [a["filename"] for a in posters(table, film)] == ["b.txt"]


def test_cells_as_text(table, film):
    table.upload_attachment(film, "Posters", "a.txt", "one")
    [attachment] = posters(table, film)
    found = table.get(film, cell_format="string", time_zone="UTC", user_locale="en-gb")
    assert found["fields"]["Posters"].startswith("a.txt (http")
    assert attachment["filename"] in found["fields"]["Posters"]


def test_what_is_refused(table, film, connect, world):
    with pytest.raises(HTTPError, match="4[0-9][0-9]"):
        table.upload_attachment(film, "Title", "a.txt", "x")
    with pytest.raises(HTTPError, match="4[0-9][0-9]"):
        table.upload_attachment("recAAAAAAAAAAAAAA", "Posters", "a.txt", "x")
    with pytest.raises(HTTPError, match="4[0-9][0-9]"):
        table.upload_attachment(film, "Posters", "big.bin", b"x" * 5_300_000, "application/octet-stream")
    with pytest.raises(HTTPError, match="422"):
        table.update(film, {"Posters": [{"id": "attAAAAAAAAAAAAAA"}]})
    with pytest.raises(HTTPError, match="422"):
        table.update(film, {"Posters": ["http://example.com/a.txt"]})
    with pytest.raises(HTTPError, match="INVALID_PERMISSIONS"):
        connect(world["readerToken"]).table(table.base.id, "Films").upload_attachment(
            film, "Posters", "a.txt", "x"
        )
    assert posters(table, film) == []


def test_four_megabytes(table, film):
    content = bytes(range(256)) * 16_384
    table.upload_attachment(film, "Posters", "big.bin", content, "application/octet-stream")
    [attachment] = posters(table, film)
    assert attachment["size"] == len(content)
    assert download(attachment).content == content
