"""Letters about accounts."""

from __future__ import annotations

from dataclasses import replace

from portal import mail
from portal.models import User


def accounts_joined(account: User, former: User | None) -> None:
    """To both addresses of somebody who had two accounts: which one goes on is not told to the other. The former is closed
    by now, so its letter is that of somebody without an account."""
    for user in filter(None, [account, former]):
        mail.queue(
            "volunteers/account_goes_on" if user == account else "volunteers/account_closed",
            user if user == account else replace(mail.Recipient.of(user), user=None),
            {},
            dedupe_key=f"accounts_joined:{user.uuid}",
            action=("my_home",) if user == account else (),
        )
