"""Fills forms in for a while and says what went wrong."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase

from tests.access.asking import client_of, text_of, watching
from tests.access.forms import Form, forms_of, plausible
from tests.access.judging import Judge
from tests.fuzz import values

SLOW = 5  # seconds of the processor
MORE = ("page", "sort", "q", "next", "file", "month", "language", "district", "state", "name", "p", "audience", "day")


class ServerFailed(Exception):
    """Ends a trial: after an error the transaction may be of no use."""


@dataclass
class Fuzzer:
    """`pages`: person → the addresses that he opens. `judge` watches over rows and words of the far world; `everywhere`
    are the persons whose work reaches it. `known` says whether an error is one of the library's that are pinned."""

    keys: dict[str, str]
    pages: dict[str, list[str]]
    judge: Judge
    everywhere: frozenset[str]
    known: Callable[[str, str], bool]
    chance: random.Random
    forms: dict[str, list[Form]] = field(default_factory=dict)
    counts: Counter = field(default_factory=Counter)
    findings: Counter = field(default_factory=Counter)

    def run(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        people = sorted(self.pages)
        while time.monotonic() < ends:
            person = self.chance.choice(people)
            if person not in self.forms:
                self.forms[person] = self._find_forms(person)
            for _turn in range(20):
                self._one_trial(person)
                if time.monotonic() > ends:
                    break

    def _find_forms(self, person: str) -> list[Form]:
        """One of each shape and address on his pages. An address that answers with no page is asked no more."""
        found: dict[tuple, Form] = {}
        opened = []
        for page in self.pages[person]:
            with suppress(ServerFailed), transaction.atomic():
                response = self._send(person, "GET", page)
                transaction.set_rollback(True)
                if response.status_code == 200 and "html" in response.headers.get("Content-Type", ""):
                    opened.append(page)
                    for form in forms_of(text_of(response), page):
                        found.setdefault((urlsplit(form.url).path, form.shape), form)
        self.pages[person] = opened
        self.counts["forms"] += len(found)
        return list(found.values())

    def _one_trial(self, person: str) -> None:
        cache.clear()
        how = self.chance.choices([self._form, self._query, self._body, self._replay], weights=[70, 15, 5, 10])[0]
        with suppress(ServerFailed), transaction.atomic():
            with watching() as written:
                how(person)
            if written:
                self.counts["writing"] += 1
                self._look_around(person)
            if person not in self.everywhere:
                for harm in self.judge.harm(written):
                    self._report(person, how.__name__, "", harm)
            transaction.set_rollback(True)

    # how

    def _form(self, person: str) -> None:
        if not self.forms[person]:
            return
        form = self.chance.choice(self.forms[person])
        sent = form.filled()
        names = [one.name for one in form.fields] or ["x"]
        kind = self.chance.random()
        if kind < 0.6:
            sent[self.chance.choice(names)] = [values.hostile(self.chance)]
        elif kind < 0.75:
            sent = {name: [values.hostile(self.chance)] for name in names}
        elif kind < 0.85:
            sent |= {name: [value] for name, value in values.EXTRA.items()}
        elif kind < 0.93:
            name = self.chance.choice(names)
            sent[name] = [values.hostile(self.chance) for _turn in range(3)]
            sent[f"{name}[]"] = sent[f"{name}[0][x]"] = sent[name]
        else:
            sent.pop(self.chance.choice(names), None)
        self._submit(person, form, sent)

    def _replay(self, person: str) -> None:
        """The same good submission twice."""
        if self.forms[person]:
            form = self.chance.choice(self.forms[person])
            for _turn in range(2):
                self._submit(person, form, form.filled())

    def _query(self, person: str) -> None:
        lists = [form for form in self.forms[person] if form.method == "get"]
        if lists and self.chance.random() < 0.7:
            form = self.chance.choice(lists)
            page, sent = form.url, {one.name: plausible(one) for one in form.fields}
            for name in self.chance.sample(sorted(sent), k=min(2, len(sent))):
                sent[name] = [values.hostile(self.chance)]
        else:
            page = self.chance.choice(self.pages[person])
            sent = {self.chance.choice(MORE): [values.hostile(self.chance)]}
        self._send(person, "GET", page, query=_coded(sent))

    def _body(self, person: str) -> None:
        mime, body = self.chance.choice(values.BODIES)
        posts = [form.url for form in self.forms[person] if form.method == "post"] or self.pages[person]
        self._send(person, "POST", self.chance.choice(posts), body=body, mime=mime)

    def _submit(self, person: str, form: Form, sent: dict[str, list[str]]) -> None:
        if form.method == "get":
            self._send(person, "GET", form.url, query=_coded(sent))
        elif form.multipart or self.chance.random() < 0.1:
            files = {one.name: values.upload(self.chance) for one in form.fields if one.kind == "file"}
            self._send(person, "POST", form.url, parts=_encodable(sent) | files)
        else:
            body = _coded(sent).encode()
            self._send(person, "POST", form.url, body=body, mime="application/x-www-form-urlencoded")

    # what came of it

    def _look_around(self, person: str) -> None:
        """What was written is shown: to him, and to somebody else."""
        other = self.chance.choice(sorted(self.forms))
        for reader in (person, other):
            self._send(reader, "GET", self.chance.choice(self.pages[reader]))

    def _send(
        self,
        person: str,
        method: str,
        url: str,
        *,
        query: str = "",
        body: bytes = b"",
        mime: str = "",
        parts: dict | None = None,
    ) -> HttpResponseBase:
        """Raises `ServerFailed` where the answer is no answer; all else that is wrong is a finding too."""
        client = client_of(self.keys[person])
        started = time.process_time()
        self.counts["requests"] += 1
        try:
            if parts is not None:
                response = client.post(url, parts)
            elif method == "POST":
                response = client.generic("POST", url, body, mime)
            else:
                response = client.get(url, QUERY_STRING=query) if query else client.get(url)
            text = text_of(response)
        except Exception as error:
            self.counts["errors"] += 1
            self._report(person, method, url, f"{type(error).__name__}: {str(error)[:120]}")
            raise ServerFailed from error
        took = time.process_time() - started
        self.counts[f"{response.status_code // 100}xx"] += 1
        if response.status_code >= 500:
            self._report(person, method, url, f"status {response.status_code}")
        if took > SLOW:
            self._report(person, method, url, f"took more than {SLOW} s")
        if "Traceback (most recent call last)" in text:
            self._report(person, method, url, "a traceback")
        if values.LIVE.search(text):
            self._report(person, method, url, "what was typed came out as markup")
        if person not in self.everywhere and self.judge.told(text):
            self._report(person, method, url, "words of others")
        return response

    def _report(self, person: str, method: str, url: str, what: str) -> None:
        path = urlsplit(url).path
        if not self.known(path, what):
            self.findings[f"{person} {method} {path}: {what}"] += 1


def _coded(sent: dict[str, list[str]]) -> str:
    return urlencode(sent, doseq=True, errors="surrogatepass")


def _encodable(sent: dict[str, list[str]]) -> dict[str, list[str]]:
    """Django's test client cannot send half a character in several parts."""
    return {name: [value.encode("utf-8", "replace").decode() for value in listed] for name, listed in sent.items()}
