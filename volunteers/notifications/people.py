"""Letters about accounts."""

from __future__ import annotations

from portal import mail
from portal.models import User


def accounts_joined(account: User, former: User | None) -> None:
    """To both addresses of somebody who had two accounts: which one goes on is not told to the other."""
    for user in filter(None, [account, former]):
        mail.queue(
            "volunteers/account_goes_on" if user == account else "volunteers/account_closed",
            user,
            {},
            dedupe_key=f"accounts_joined:{user.uuid}",
            action=("my_home",) if user == account else (),
        )
