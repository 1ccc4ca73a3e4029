"""PostgreSQL and Redis as the tests start them; the sink that takes everything."""

import smtplib

import psycopg
import pytest
import redis

from tests.ports import is_free
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.servers.smtp_sink import SmtpSink


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def test_each_database_is_a_fresh_one(postgres_server: PostgresServer) -> None:
    first, second = postgres_server.database(), postgres_server.database()
    with _connect(first) as connection:
        connection.execute("CREATE TABLE only_here (id int)")
    with _connect(second) as connection:
        row = connection.execute("SELECT to_regclass('only_here')").fetchone()
    assert row == (None,)


def test_a_template_is_prepared_once_and_copied(postgres_server: PostgresServer) -> None:
    prepared = []

    def prepare(url: str) -> None:
        prepared.append(url)
        with _connect(url) as connection:
            connection.execute("CREATE TABLE copied (id int)")

    for _ in range(2):
        name = postgres_server.template("prepared", prepare)
        with _connect(postgres_server.database(name)) as connection:
            row = connection.execute("SELECT count(*) FROM copied").fetchone()
        assert row == (0,)
    assert len(prepared) == 1


def test_a_database_is_dropped_under_its_users(postgres_server: PostgresServer) -> None:
    url = postgres_server.database()
    with _connect(url) as connection:
        postgres_server.drop(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_a_killed_postgres_comes_back_on_its_port_with_its_data() -> None:
    server = PostgresServer()
    try:
        url = server.database()
        with _connect(url) as connection:
            connection.execute("CREATE TABLE survived (id int)")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            _connect(url)
        server.restart()
        with _connect(url) as connection:
            row = connection.execute("SELECT count(*) FROM survived").fetchone()
        assert row == (0,)
    finally:
        server.close()
    assert is_free(server.port)
    assert not server._folder.path.exists()


def test_a_flushed_redis_knows_nothing(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.set("key", "value")
        redis_server.flush()
        assert client.get("key") is None


def test_no_two_installations_share_a_database_of_redis(redis_server: RedisServer) -> None:
    """One that lasts for the session would take the wake-ups of each that comes later."""
    for _ in range(20):
        redis_server.database()

    urls = [*redis_server.given, redis_server.url]
    assert sorted(urls) == sorted(set(urls))


def test_a_flush_leaves_what_was_given_alone(redis_server: RedisServer) -> None:
    """An installation that lasts goes on beside the test of a Redis that forgets."""
    with redis.Redis.from_url(redis_server.database()) as client:
        client.set("key", "value", ex=600)
        redis_server.flush()

        assert b"value" == client.get("key")


def test_a_killed_redis_comes_back_empty_on_its_port() -> None:
    server = RedisServer()
    try:
        with server.client() as client:
            client.set("key", "value")
        server.kill()
        with server.client() as client, pytest.raises(redis.ConnectionError):
            client.ping()
        server.restart()
        with server.client() as client:
            assert client.get("key") is None
    finally:
        server.close()
    assert is_free(server.port)
    assert not server._folder.path.exists()


def test_the_sink_takes_everything(smtp_sink: SmtpSink) -> None:
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port, timeout=10) as client:
        assert client.sendmail("a@sink.test", ["b@sink.test"], b"Subject: x\r\n\r\n") == {}
