import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal import crypto, keys, rotation


class Command(BaseCommand):
    help = (
        "Seals every encrypted column and the key of every stored file with the newest data key; safe to stop and to "
        "repeat while the portal runs. docs/operations.md says when, and what to do with the copies."
    )

    def add_arguments(self, parser):
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--new", action="store_true", help="make a new key, which seals from now on, and stop there")
        what.add_argument("--remaining", action="store_true", help="only say which key has sealed how many values")
        what.add_argument("--forget", metavar="FILE", help="take a key that nothing needs out of use")
        parser.add_argument("--per-second", type=float, help="seal at most so many values a second")

    def handle(self, *args, new=False, remaining=False, forget=None, per_second=None, **options):
        if new:
            self._new()
        elif forget:
            self._forget(forget)
        elif not remaining:
            self._reseal(1 / per_second if per_second else 0)
        if not new:
            self._report()

    def _new(self):
        try:
            path = keys.add_data_key(settings.DATA_KEYS_DIR)
        except ValueError as error:
            raise CommandError(f"The clock is wrong, or a key has a strange name: {error}.") from error
        self.stdout.write(f"{path} seals from now on, in every running process. Copy it to both places now,")
        self.stdout.write("then run `manage.py rotate_keys`: it seals anew what older keys have sealed.")

    def _reseal(self, pause: float):
        changed, unreadable = 0, []
        for outcome in rotation.reseal():
            changed += outcome.changed
            if not outcome.readable:
                unreadable.append(f"{outcome.column} of row {outcome.row}")
            if pause:
                time.sleep(pause)
        self.stdout.write(f"Sealed anew: {changed}")
        if unreadable:
            self._report()
            raise CommandError(
                f"These do not open; is a key missing in {settings.DATA_KEYS_DIR}? {', '.join(unreadable)}"
            )

    def _forget(self, name: str):
        try:
            aside = rotation.set_aside(name=name)
        except KeyError as error:
            raise CommandError(f"There is no key {name} in {settings.DATA_KEYS_DIR}.") from error
        except rotation.KeyInUse as error:
            raise CommandError(f"{error}: it stays.") from error
        self.stdout.write(
            f"{name} is out of use and lies at {aside}. Backups made until today need it: destroy it, and"
        )
        self.stdout.write("the copies of it, when the last of them is gone.")

    def _report(self):
        used, ring = rotation.in_use(), crypto.ring()
        newest = list(ring)[-1]
        for key_id, count in used.items():
            if key_id not in ring:
                self.stdout.write(f"A KEY IS MISSING: {count} values were sealed with {key_id.hex()} and do not open.")
        for key_id, key in ring.items():
            if key_id == newest or used[key_id]:
                self.stdout.write(f"{key.name}: {used[key_id]} values{', and it seals' if key_id == newest else ''}")
            else:
                self.stdout.write(f"{key.name}: needed no more. `manage.py rotate_keys --forget {key.name}`")
        self.stdout.write(f"Remaining: {used.total() - used[newest]}")
