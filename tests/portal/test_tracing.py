"""One id from the request to the last task; lines without anybody's words, as text, as JSON and at a Sentry."""

from __future__ import annotations

import json
import logging
import re

import pytest
from celery import Celery
from celery.worker.request import Request
from django.db import connection
from django.test import Client
from django.utils.module_loading import import_string

from portal import sentry, tracing
from portal.logs import OneLine, OneObject, WithoutTokens

pytestmark = pytest.mark.django_db
MADE = re.compile(r"[0-9a-f]{32}")
MARK = "Есімі-Маркерханов-7013334455"


def answered(**headers) -> str:
    return Client().get("/health/live", headers=headers)["X-Request-ID"]


def test_each_answer_has_an_id_of_its_own():
    first, second = answered(), answered()
    assert MADE.fullmatch(first)
    assert first != second


def test_the_id_of_the_proxy_is_taken_and_no_other(settings):
    said = "req-2026.abc_DEF"
    assert answered(x_request_id=said) != said
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert answered(x_request_id=said) == said
    for wrong in ("short", "x" * 65, "a b c d e f g h", "forged\u2028line", "<script>alert</script>", ""):
        assert MADE.fullmatch(answered(x_request_id=wrong))


def lines(caplog, form: logging.Formatter) -> list[str]:
    keep = WithoutTokens()
    return [form.format(record) for record in caplog.records if keep.filter(record)]


def test_each_line_has_it(caplog):
    answer = Client().get("/en/no-such-page/")
    assert f"[{answer['X-Request-ID']}]" in lines(caplog, OneLine())[-1]
    assert json.loads(lines(caplog, OneObject())[-1])["request"] == answer["X-Request-ID"]


def test_it_goes_along_to_the_task_and_does_not_stay_there():
    app, seen = Celery("tracing", broker="memory://", set_as_current=False), []

    @app.task(name="seen")
    def note() -> None:
        seen.append(tracing.current.get())

    def work() -> str:
        """What a worker does with the next message; gives back its id."""
        with app.connection() as connection, connection.SimpleQueue("celery") as queue:
            message = queue.get(timeout=5)
            Request(message, app=app, task=note).execute()
        return message.headers["id"]

    tracing.current.set("of-this-request")
    note.delay()
    tracing.current.set("")
    work()
    assert tracing.current.get() == ""
    note.delay()  # of a clock: no request asked for it
    alone = work()
    assert seen == ["of-this-request", alone]


# --- lines as JSON -------------------------------------------------------------------------------------------------


def test_a_line_of_json_says_what_where_and_no_words_of_an_error(caplog):
    try:
        raise ValueError(MARK) from KeyError(MARK)
    except ValueError as error:
        logging.getLogger("portal.any").error("failed: %s", error, exc_info=True)
    logging.getLogger("portal.any").warning("two\nlines\u2028of /en/reference/%s/", "t0ken")
    wrong, plain = lines(caplog, OneObject())[-2:]
    assert MARK not in wrong
    assert len((wrong + plain).splitlines()) == 1
    found = json.loads(wrong)
    assert (found["level"], found["logger"], found["words"]) == ("ERROR", "portal.any", "failed: …")
    assert found["error"] == "ValueError from KeyError"
    assert found["place"].startswith("portal/test_tracing.py:")
    assert "t0ken" not in plain


def test_the_format_is_a_setting(settings):
    assert settings.LOGGING["handlers"]["console"]["formatter"] == settings.LOG_FORMAT == "line"
    form = import_string(settings.LOGGING["formatters"]["json"]["()"])()
    assert json.loads(form.format(logging.makeLogRecord({"msg": "x"})))["words"] == "x"


# --- Sentry --------------------------------------------------------------------------------------------------------


class Box(list):
    """Where the client would have sent its events, over the network."""

    def __call__(self, envelope) -> None:
        self.append(envelope.get_event())


@pytest.fixture
def box(settings, monkeypatch):
    sentry_sdk = pytest.importorskip("sentry_sdk")
    from sentry_sdk.transport import Transport  # noqa: PLC0415 - may not be installed

    found = Box()

    class Kept(Transport):
        def capture_envelope(self, envelope):
            found(envelope)

    settings.SENTRY_DSN = "https://key@sentry.demo.example/1"
    real = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **said: real(transport=Kept, **said))
    sentry.start()
    yield found
    real(dsn="")


def test_what_leaves_for_a_sentry_holds_nobodys_words(box, cast, sign_in, monkeypatch):
    def fails(*args, **kwargs):
        typed = MARK  # a local variable
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s", [typed])
        raise ValueError(f"wrong: {typed}")

    monkeypatch.setattr("portal.staff_accounts.AccountList.get_queryset", fails)
    client = sign_in(cast.root)
    client.raise_request_exception = False
    answer = client.get("/en/staff/accounts/", {"q": MARK}, headers={"x-words": MARK, "user-agent": MARK})
    assert answer.status_code == 500
    logging.getLogger("portal.any").error("said %s", MARK)
    assert len(box) == 2
    text = json.dumps(box, ensure_ascii=False, default=str)
    assert MARK not in text
    assert cast.root.email not in text
    assert client.session.session_key not in text
    assert box[0]["exception"]["values"][-1]["type"] == "ValueError"
    assert box[0]["tags"] == {"request": answer["X-Request-ID"]}
    assert any(place["function"] == "fails" for place in box[0]["exception"]["values"][-1]["stacktrace"]["frames"])


def test_a_secret_address_is_masked_on_its_way():
    event = {"transaction": "/en/reference/t0kenmarker/?q=1", "request": {"data": MARK}, "message": MARK}
    assert sentry.without_words(event, {})["transaction"] == "/en/reference/…/"
    assert "t0ken" not in str(sentry.without_words(event, {}))
