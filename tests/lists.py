"""For tests that take a list along, as its page does."""

from __future__ import annotations


def take(client, url: str, kind: str = "csv", why: str = "For the inspection"):
    return client.post(url, {"file": kind, "why": why})


def words_of(response) -> str:
    """The text of a CSV file."""
    return b"".join(response.streaming_content).decode("utf-8-sig")
