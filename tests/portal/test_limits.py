"""How often something may be asked: counted for all together, and nothing that strangers may send is without a limit."""

from __future__ import annotations

import os
import time
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter, UUIDConverter
from django.utils import timezone, translation

from portal import limits
from portal.models import RateCounter
from portal.refusals import TooMany
from tests.racing import together

ROOM = {"REMOTE_ADDR": "203.0.113.7"}


def allowed(key="k", *, times: int, limit=3, seconds=60) -> list[bool]:
    return [limits.consume(key, limit=limit, seconds=seconds) for _time in range(times)]


def over() -> None:
    """Has every window end now."""
    RateCounter.objects.update(ends_at=int(time.time()))


@pytest.mark.django_db
class TestCounting:
    def test_so_many_and_no_more(self):
        assert allowed(times=5) == [True, True, True, False, False]

    def test_each_key_and_each_window_for_itself(self):
        allowed(times=4)
        assert allowed("another", times=1) == [True]
        assert allowed(times=1, seconds=3600) == [True]

    def test_from_the_end_of_the_window_on_it_begins_anew(self):
        allowed(times=9)
        over()
        assert allowed(times=4) == [True, True, True, False]

    def test_amounts_add_up(self):
        sums = [limits.consume("bytes", limit=100, seconds=60, amount=60) for _time in range(2)]
        assert sums == [True, False]

    def test_the_store_knows_no_address_and_keeps_nothing_that_is_over(self):
        allowed("203.0.113.7", times=1)
        allowed("203.0.113.8", times=1, seconds=3600)
        assert not RateCounter.objects.filter(key__contains="203.0.113").exists()
        RateCounter.objects.filter(ends_at__lt=time.time() + 100).update(ends_at=int(time.time()) - 1)
        assert limits.sweep(timezone.now()) == 1
        assert RateCounter.objects.count() == 1

    def test_who_is_refused_is_told_when_to_come_back(self):
        for _time in range(limits.LIMITS["check_in"].times):
            limits.demand("check_in", "x")
        with pytest.raises(TooMany) as refused:
            limits.demand("check_in", "x")
        assert 290 <= refused.value.seconds <= 300

    def test_without_redis_the_table_counts(self, settings):
        settings.LIMITS_REDIS_URL = "redis://127.0.0.1:1/0"  # nothing listens there
        assert allowed(times=4) == [True, True, True, False]


def crowd(people: int, **wanted) -> list[bool]:
    """All ask at once."""
    return [one for answers in together(*[lambda: allowed(times=5, **wanted)] * people) for one in answers]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_than_the_limit_pass():
    assert sum(crowd(8, limit=7)) == 7


@pytest.mark.skipif(not os.environ.get("REDIS_URL"), reason="the suite has no Redis")
class TestRedis:
    @pytest.fixture(autouse=True)
    def with_redis(self, settings):
        settings.LIMITS_REDIS_URL = os.environ["REDIS_URL"]

    def test_of_many_at_once_no_more_than_the_limit_pass(self):
        assert sum(crowd(8, key=str(uuid.uuid4()), limit=7)) == 7

    def test_a_window_ends(self):
        key = str(uuid.uuid4())
        assert allowed(key, times=2, limit=1, seconds=1) == [True, False]
        time.sleep(1.1)
        assert allowed(key, times=1, limit=1, seconds=1) == [True]


def test_an_ipv6_visitor_counts_as_his_network(rf: RequestFactory):
    first, second = (limits.get_ip(rf.get("/", REMOTE_ADDR=f"2001:db8:1:2::{end}")) for end in (1, 2))
    assert first == second


def test_a_forged_header_changes_nothing(rf: RequestFactory):
    assert limits.get_ip(rf.get("/", HTTP_X_FORWARDED_FOR="1.2.3.4", **ROOM)) == ROOM["REMOTE_ADDR"]


# --- the page --------------------------------------------------------------------------------------------------


def fill(name: str, key: str) -> None:
    """Uses the limit of this name up."""
    limits.consume(f"{name}:{key}", limit=0, seconds=limits.LIMITS[name].seconds, amount=limits.LIMITS[name].times)


@pytest.mark.django_db
class TestPage:
    def send(self, **data):
        fill("interest", ROOM["REMOTE_ADDR"])
        return Client(**ROOM).post(reverse("interest"), {"name": "Ер'лан <b>", "phone": "8 701", **data})

    def test_it_says_when_to_come_back_and_keeps_what_was_typed(self):
        with translation.override("en"):
            page = self.send()
        assert page.status_code == 429
        assert 3500 <= int(page["Retry-After"]) <= 3600
        assert "no-store" in page["Cache-Control"]
        text = page.content.decode()
        assert 'name="name" value="Ер&#x27;лан &lt;b&gt;"' in text
        assert "Please try again after" in text

    def test_what_it_kept_is_sent_again(self, cast):
        page = self.send(district=cast.taraz.pk, phone="8 701 333 44 55", name="Ерлан")
        over()
        fields = dict(pair for pair in page.context["typed"])
        assert Client(**ROOM).post(reverse("interest"), fields).status_code == 302

    def test_no_password_is_kept(self):
        fill("account", ROOM["REMOTE_ADDR"])
        page = Client(**ROOM).post(reverse("account_login"), {"login": "a@b.kz", "password": "Қупия-9-сөз"})
        assert page.status_code == 429
        assert "Қупия" not in page.content.decode()

    def test_readers_get_no_cookie_with_it(self):
        fill("page_feedback", ROOM["REMOTE_ADDR"])
        page = Client(**ROOM).post(reverse("page_feedback", args=[1]), {"useful": "yes"})
        assert page.status_code == 429
        assert not page.cookies

    def test_somebody_elsewhere_is_not_held_up(self):
        fill("interest", ROOM["REMOTE_ADDR"])
        assert Client(REMOTE_ADDR="203.0.113.99").post(reverse("interest"), {}).status_code == 422

    @pytest.mark.parametrize(
        ("name", "args"),
        [("search", []), ("page_pdf", [1]), ("page_card", [1]), ("reference", ["x"]), ("calendar_feed", ["x"])],
    )
    def test_what_costs_much_and_what_a_secret_opens_is_limited_for_readers_too(self, name, args):
        fill(limits.READING[name], ROOM["REMOTE_ADDR"])
        assert Client(**ROOM).get(reverse(name, args=args)).status_code == 429


@pytest.mark.django_db
class TestFiles:
    def send(self, sign_in, user):
        file = SimpleUploadedFile("a.jpg", b"x" * 2000, "image/jpeg")
        return sign_in(user).post(reverse("my_photo"), {"file": file})

    def test_an_account_brings_so_many_a_day(self, cast, sign_in):
        user = cast.nurlan.user
        fill("upload", str(user.pk))
        assert self.send(sign_in, user).status_code == 429
        assert self.send(sign_in, cast.aigul).status_code != 429

    def test_and_so_many_bytes(self, cast, sign_in):
        user = cast.nurlan.user
        limits.demand("upload_bytes", str(user.pk), amount=limits.LIMITS["upload_bytes"].times - 1999)
        assert self.send(sign_in, user).status_code == 429


@pytest.mark.django_db
@pytest.mark.parametrize("address", sorted(limits.COSTLY))
def test_lists_are_taken_along_so_often_by_one_account(cast, sign_in, address):
    fill("export", str(cast.dana.pk))
    assert sign_in(cast.dana).post(reverse(address), {"file": "csv", "why": "For the akimat"}).status_code == 429
    assert sign_in(cast.aigul).post(reverse(address), {"file": "csv"}).status_code != 429


# --- every form of strangers has its limit -----------------------------------------------------------------------


def public_addresses() -> dict[str, tuple]:
    """Name → view and what its address needs, of our own pages that nobody must sign in for."""
    found = {}

    def walk(patterns, kwargs):
        for pattern in patterns:
            here = kwargs | {name: example(one) for name, one in pattern.pattern.converters.items()}
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, here)
            elif isinstance(pattern, URLPattern) and not getattr(pattern.callback, "login_required", True):
                module = pattern.callback.__module__.split(".")[0]
                if module in {"portal", "volunteers", "mentors", "events", "content"}:
                    found[pattern.name] = (pattern.callback, here)

    walk(get_resolver().url_patterns, {})
    return found


def example(converter) -> object:
    if isinstance(converter, UUIDConverter):
        return uuid.uuid4()
    return 1 if isinstance(converter, IntConverter) else "x"


def takes_forms(view, kwargs: dict, request: HttpRequest) -> bool:
    """Whether a POST gets further than "405 Method Not Allowed". Who looks for a record first does."""
    try:
        return view(request, **kwargs).status_code != 405
    except Exception:
        return True


@pytest.mark.django_db
def test_everything_that_strangers_may_send_has_a_limit_of_its_own(client):
    taking = set()
    for name, (view, kwargs) in public_addresses().items():
        request = RequestFactory().post("/")
        request.user, request.session = client.get("/kk/account/login/").wsgi_request.user, {}
        if takes_forms(view, kwargs, request):
            taking.add(name)
    assert "interest" in taking
    assert taking == set(limits.FORMS)


def test_every_limit_that_is_named_exists():
    assert {*limits.FORMS.values(), *limits.READING.values(), *limits.COSTLY.values()} <= set(limits.LIMITS)
    assert limits.limit_of_form("account_signup") == "account"
    assert limits.limit_of_form("something_new") == "other"
