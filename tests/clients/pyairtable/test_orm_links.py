"""The ORM: linked models, and the counts and lookups that follow the links."""

import pytest

from everything import Everything, Person


def test_links_both_ways(orm):
    ada, grace = Person(name="Ada"), Person(name="Grace")
    Person.batch_save([ada, grace])
    thing = Everything(name="Engine", makers=[ada, grace], boss=grace)
    thing.save()
    found = Everything.from_id(thing.id)
    assert [maker.name for maker in found.makers] == ["Ada", "Grace"]
    assert (found.boss.id, found.boss.name) == (grace.id, "Grace")
    ada.fetch()
    [made] = ada.made
    assert made.id == thing.id
    made.fetch()
    assert made.name == "Engine"
    found.makers.remove(found.makers[0])
    found.boss = None
    found.save()
    found.fetch()
    assert ([maker.id for maker in found.makers], found.boss) == ([grace.id], None)
    ada.fetch()
    assert ada.made == []


def test_a_link_to_itself(orm):
    whole = Everything(name="whole")
    whole.save()
    whole.parts = [whole]
    whole.save()
    whole.fetch()
    assert [part.id for part in whole.parts] == [whole.id]


def test_links_of_a_deleted_record_go(orm):
    ada, grace = Person(name="Ada"), Person(name="Grace")
    Person.batch_save([ada, grace])
    thing = Everything(makers=[ada, grace])
    thing.save()
    assert ada.delete() is True
    thing.fetch()
    assert [maker.id for maker in thing.makers] == [grace.id]
    with pytest.raises(RuntimeError):
        ada.save()


def test_counts_and_lookups_follow_the_links(orm):
    ada, grace = Person(name="Ada"), Person(name="Grace")
    Person.batch_save([ada, grace])
    thing = Everything(makers=[grace, ada])
    thing.save()
    thing.fetch()
    assert (thing.count, thing.names) == (2, ["Grace", "Ada"])
    ada.name = "Ada L."
    ada.save()
    thing.makers = [ada]
    thing.save()
    thing.fetch()
    assert (thing.count, thing.names) == (1, ["Ada L."])
    thing.makers = []
    thing.save()
    thing.fetch()
    assert (thing.count, thing.names) == (0, [])
