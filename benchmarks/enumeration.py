"""How long the answers take to somebody who is known, to somebody who is not, and the gap: by it a stranger could learn who
has an account; see README.md. Every answer is committed, as on a server; what it wrote is deleted after it."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable

import ground  # noqa: F401 - sets Django up

# isort: split
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.models import Q
from django.test import Client

from portal.management.demo import make_cast
from portal.models import OutgoingMessage, RateCounter, User

logging.disable(logging.WARNING)
ROUNDS, ALLOWED_MS = 20, 30  # security.md, row 29
PASSWORD = "Табурет-гроза-километр"  # noqa: S105 - of nobody
KNOWN = {"email": "known@demo.example", "phone": "+77010000001"}


def forms() -> dict[str, Callable[[dict], tuple[Client, str, dict]]]:
    """Name → what is sent about a person: the browser, the address and the fields."""
    account = "/ru/account"

    def stranger(path: str, field: str, by: str, **more):
        return lambda person: (Client(), f"{account}/{path}", {field: person[by], **more})

    def signed_in(path: str, by: str):
        def send(person):
            client = Client()
            client.force_login(make_cast().serik)
            return client, f"{account}/{path}", {by: person[by], "action_add": ""}

        return send

    return {
        **{f"sign-in by {by}": stranger("login/", "login", by, password=PASSWORD) for by in KNOWN},
        **{f"sign-up by {by}": stranger("signup/", by, by, password1=PASSWORD) for by in KNOWN},
        **{f"code by {by}": stranger("login/code/", by, by) for by in KNOWN},
        "new password": stranger("password/reset/", "email", "email"),
        "change of e-mail": signed_in("email/", "email"),
        "change of phone": signed_in("phone/change/", "phone"),
    }


def milliseconds(client: Client, path: str, data: dict) -> tuple[float, float]:
    """Of one answer, by the clock and of the processor, without what the limits have counted before."""
    cache.clear()
    RateCounter.objects.all().delete()
    began, worked = time.perf_counter(), time.process_time()
    response = client.post(path, data)
    took = (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000
    assert response.status_code in {200, 302}, (path, response.status_code)  # noqa: S101
    return took


def forget(person: dict) -> None:
    """Deletes the account that was made for somebody, and the letters to him."""
    User.objects.filter(Q(email=person["email"]) | Q(phone=person["phone"])).delete()
    OutgoingMessage.objects.filter(address__in=person.values()).delete()


def measure(name: str, sent: Callable[[dict], tuple[Client, str, dict]]) -> None:
    times: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for number in range(ROUNDS + 1):  # the first warms up
        unknown = {"email": f"person{number}@demo.example", "phone": f"+770100001{number:02d}"}
        for person in (KNOWN, unknown) if number % 2 else (unknown, KNOWN):
            took = milliseconds(*sent(person))
            if person is not KNOWN:
                forget(person)
            if number:
                times[person is KNOWN].append(took)
    known, unknown = ([statistics.median(one) for one in zip(*times[which], strict=True)] for which in (True, False))
    gap, own = (abs(first - second) for first, second in zip(known, unknown, strict=True))
    print(
        f"  {name:20} known {known[0]:6.0f}  unknown {unknown[0]:6.0f}  gap {gap:5.1f} ms, of the processor {own:5.1f} ms",
        end=" !\n" if gap > ALLOWED_MS else "\n",
    )


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed_demo", verbosity=0)
    print(connection.vendor)
    forget(KNOWN)
    user = User.objects.create_user(KNOWN["email"], "another", phone=KNOWN["phone"], phone_verified=True)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    for name, sent in forms().items():
        measure(name, sent)
    forget(KNOWN)


main()
