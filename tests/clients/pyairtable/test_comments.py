"""Comments on records: listed, added with mentions, edited, deleted."""

import datetime

import pytest
from requests import HTTPError


@pytest.fixture
def film(films):
    return films.create({"Title": "Alien"})["id"]


def dump(comments):
    return [comment.model_dump() for comment in comments]


def test_a_comment_is_added_and_listed(films, film, world):
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)
    added = films.add_comment(film, "Seen twice")
    assert (added.text, added.last_updated_time, added.parent_comment_id) == ("Seen twice", None, None)
    assert (added.mentioned, added.reactions, added.attachments) == ({}, [], [])
    assert added.id.startswith("com")
    assert before < added.created_time < before + datetime.timedelta(minutes=10)
    ada = world["people"]["ada"]
    assert (added.author.id, added.author.email, added.author.name) == (ada["id"], ada["email"], ada["name"])
    assert dump(films.comments(film)) == dump([added])


def test_the_newest_comes_first_and_pages_are_followed(films, film):
    texts = [f"Comment {n}" for n in range(103)]
    for text in texts:
        films.add_comment(film, text)
    assert [c.text for c in films.comments(film)] == texts[::-1]


def test_a_mention_by_id(films, film, world):
    grace = world["people"]["grace"]
    comment = films.add_comment(film, f"Look, @[{grace['id']}]!")
    assert comment.text == f"Look, @[{grace['id']}]!"
    assert list(comment.mentioned) == [grace["id"]]
    mentioned = comment.mentioned[grace["id"]]
    assert (mentioned.id, mentioned.type, mentioned.display_name, mentioned.email) == (
        grace["id"],
        "user",
        grace["name"],
        grace["email"],
    )
    assert dump(films.comments(film)) == dump([comment])


def test_a_mention_by_email_becomes_one_by_id(films, film, world):
    ada, grace = world["people"]["ada"], world["people"]["grace"]
    comment = films.add_comment(film, f"@[{grace['email']}] and @[{ada['id']}]")
    assert comment.text == f"@[{grace['id']}] and @[{ada['id']}]"
    assert sorted(comment.mentioned) == sorted([grace["id"], ada["id"]])


def test_an_edit(films, film, world):
    comment = films.add_comment(film, "First")
    grace = world["people"]["grace"]["id"]
    comment.text = f"Second, @[{grace}]"
    comment.save()
    assert comment.text == f"Second, @[{grace}]"
    assert comment.last_updated_time >= comment.created_time
    assert list(comment.mentioned) == [grace]
    assert dump(films.comments(film)) == dump([comment])


def test_a_deletion(films, film):
    first, second = films.add_comment(film, "1"), films.add_comment(film, "2")
    first.delete()
    assert first.deleted
    assert [c.id for c in films.comments(film)] == [second.id]
    with pytest.raises(HTTPError, match="404|403"):
        first.delete()


def test_a_reply(films, film):
    parent = films.add_comment(film, "Question")
    reply = films.add_comment(film, "Answer", parent_comment_id=parent.id)
    assert reply.parent_comment_id == parent.id
    assert {c.id: c.parent_comment_id for c in films.comments(film)} == {parent.id: None, reply.id: parent.id}


def test_records_tell_how_many_they_have(films, film):
    other = films.create({"Title": "Aliens"})["id"]
    films.add_comment(film, "1")
    films.add_comment(film, "2")
    counts = {r["id"]: r["commentCount"] for r in films.all(count_comments=True)}
    assert counts == {film: 2, other: 0}
    long = f"OR({{Title}}='Alien', {'FALSE(), ' * 3000}FALSE())"
    assert [r["commentCount"] for r in films.all(formula=long, count_comments=True)] == [2]


def test_comments_go_with_their_record(films, film):
    films.add_comment(film, "1")
    films.delete(film)
    with pytest.raises(HTTPError):
        films.comments(film)


def test_a_reader_cannot_write_one(connect, world, films, film):
    reader = connect(world["readerToken"]).table(films.base.id, "Films")
    films.add_comment(film, "1")
    assert [c.text for c in reader.comments(film)] == ["1"]
    with pytest.raises(HTTPError, match="INVALID_PERMISSIONS"):
        reader.add_comment(film, "2")
    with pytest.raises(HTTPError, match="INVALID_PERMISSIONS"):
        connect(world["strangerToken"]).table(films.base.id, "Films").comments(film)


@pytest.mark.parametrize("text", ["", "x" * 1_000_000, "a\0b"])
def test_texts_that_are_refused(films, film, text):
    with pytest.raises(HTTPError, match="4[12][0-9]"):
        films.add_comment(film, text)
    assert films.comments(film) == []
