"""
What every test is given. The library is used as it is installed; it is told where the engine is by its own
`endpoint_url`, and by an adapter of its own session for the one host that it has in its code.
"""

import json
import os
from urllib.parse import urlsplit, urlunsplit

import pytest
from pyairtable import Api
from requests.adapters import HTTPAdapter

import bases
import everything


@pytest.fixture(scope="session")
def world():
    """Where the engine is, its workspace, its tokens and people."""
    return json.loads(os.environ["SAGATABLE_WORLD"])


class ContentHost(HTTPAdapter):
    """Takes what is meant for content.airtable.com to the engine, with the Host that it was meant for."""

    def __init__(self, url):
        super().__init__()
        self.netloc = urlsplit(url).netloc

    def send(self, request, **kwargs):
        meant = urlsplit(request.url)
        request.headers["Host"] = meant.netloc
        request.url = urlunsplit(("http", self.netloc, meant.path, meant.query, ""))
        return super().send(request, **kwargs)


@pytest.fixture(scope="session")
def connect(world):
    """Makes an Api for a token."""

    def make(token, **options):
        api = Api(token, endpoint_url=world["url"], timeout=(5, 60), **options)
        api.session.mount("http://content.airtable.com/", ContentHost(world["url"]))
        return api

    return make


@pytest.fixture(scope="session")
def api(world, connect):
    return connect(world["token"])


@pytest.fixture(scope="module")
def base(api, world):
    """A base of Films and Directors, new for each file."""
    return api.create_base(world["workspaceId"], "Films", bases.FILMS)


@pytest.fixture
def films(base):
    """The table of films, empty."""
    return emptied(base.table("Films"))


@pytest.fixture
def directors(base):
    return emptied(base.table("Directors"))


def emptied(table):
    table.batch_delete([record["id"] for record in table.all()])
    return table


@pytest.fixture(scope="session")
def everywhere(api, world):
    """The base of the models."""
    return everything.make_base(api, world["workspaceId"])


@pytest.fixture
def orm(everywhere):
    """The same, without records."""
    for name in ["Everything", "People"]:
        emptied(everywhere.table(name))
    return everywhere
