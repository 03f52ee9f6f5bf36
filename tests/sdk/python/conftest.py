"""What every test gets: clients of the two servers that scripts/sdk-tests.sh started, and the recordings."""

import os

import httpx
import openai
import pytest


def _from_environment(name: str) -> str:
    if name not in os.environ:
        pytest.exit(f"{name} is not set: run these tests with `make test-sdk`", returncode=2)
    return os.environ[name]


@pytest.fixture(scope="session")
def server_url() -> str:
    """The server as anyone would start it."""
    return _from_environment("TEST_SERVER_URL")


@pytest.fixture(scope="session")
def server_pid() -> int:
    return int(_from_environment("TEST_SERVER_PID"))


@pytest.fixture(scope="session")
def narrow_url() -> str:
    """A server that takes one request at a time, a megabyte and a minute at most."""
    return _from_environment("TEST_NARROW_SERVER_URL")


@pytest.fixture(scope="session")
def router_url() -> str:
    """A server that passes requests for other models on to a backend."""
    return _from_environment("TEST_ROUTER_URL")


@pytest.fixture(scope="session")
def backend_url() -> str:
    """That backend."""
    return _from_environment("TEST_BACKEND_URL")


@pytest.fixture(scope="session")
def engine_url() -> str:
    """A real engine behind it."""
    return _from_environment("TEST_ENGINE_URL")


@pytest.fixture(scope="session")
def keyed():
    """Makes clients of a server that asks for keys: `keyed("TEST_KEY")` has the key of that variable."""
    url = _from_environment("TEST_KEYED_SERVER_URL")

    def client(variable: str, **options) -> openai.OpenAI:
        key = _from_environment(variable)
        return openai.OpenAI(base_url=f"{url}/v1", api_key=key, **({"max_retries": 0} | options))

    return client


@pytest.fixture(scope="session")
def client(server_url):
    """Retries are off: the first answer is what is looked at."""
    with openai.OpenAI(base_url=f"{server_url}/v1", api_key="unused", max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def narrow_client(narrow_url):
    with openai.OpenAI(base_url=f"{narrow_url}/v1", api_key="unused", max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def http(server_url):
    """A client without an SDK, for what the SDK hides."""
    with httpx.Client(base_url=server_url, timeout=60) as client:
        yield client
