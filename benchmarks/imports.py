"""Seconds of looking at, applying and taking back a list of 50,000 rows; see README.md. Writes nothing that stays: everything
is rolled back."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable

import ground  # noqa: F401 - sets Django up

# isort: split
import openpyxl
from django.core.management import call_command
from django.db import connection, transaction

from portal.management.demo import make_cast
from portal.models import Import
from portal.services import imports

ROWS = int(os.environ.get("ROWS", "50000"))
LOOK, APPLY = 20, 60  # seconds; issue 7


def organisations() -> list[list[str]]:
    rows = [[f"{number:012}", "Тараз қаласы", f"Кеңес {number}", f"Совет {number}"] for number in range(ROWS)]
    return [["БСН", "Аудан", "Ұйым атауы", "Название организации"], *rows]


def members() -> list[list[str]]:
    rows = [
        [f"Аты Тегі {number}", f"8701{number:07}", f"m{number}@demo.example", "000000000001"] for number in range(ROWS)
    ]
    return [["ФИО", "Телефон", "E-mail", "БИН"], *rows]


def as_csv(rows: list[list[str]]) -> bytes:
    return "\n".join(";".join(row) for row in rows).encode()


def as_xlsx(rows: list[list[str]]) -> bytes:
    book, out = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(out)
    return out.getvalue()


def timed(label: str, act: Callable[[], object], bar: int) -> None:
    begun, worked = time.perf_counter(), time.process_time()
    act()
    seconds, own = time.perf_counter() - begun, time.process_time() - worked
    print(f"  {label:44} {seconds:6.1f} s (own work {own:.1f} s) {'!' if seconds > bar else ''}", flush=True)


def run(kind: str, name: str, content: bytes) -> None:
    root = make_cast().root
    imported = imports.send(kind=kind, content=content, by=root)
    label = f"{kind}, {name}, {len(content) // 1024} KB"
    timed(f"{label}: look", lambda: imports.work(imported.pk), LOOK)
    imported = imports.apply(imported=Import.objects.get(pk=imported.pk), by=root)
    timed(f"{label}: apply", lambda: imports.work(imported.pk), APPLY)
    again = imports.send(kind=kind, content=content, by=root)
    timed(f"{label}: look again", lambda: imports.work(again.pk), LOOK)
    assert Import.objects.get(pk=again.pk).rows == {"same": ROWS}  # noqa: S101
    if kind == "members":
        imports.undo(imported=imported, by=root)
        timed(f"{label}: undo", lambda: imports.work(imported.pk), APPLY)
        assert Import.objects.get(pk=imported.pk).counts["removed"] == ROWS  # noqa: S101


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed_demo", verbosity=0)
    print(connection.vendor)
    for name, write in (("CSV", as_csv), ("XLSX", as_xlsx)):
        with transaction.atomic():
            run("organisations", name, write(organisations()))
            run("members", name, write(members()))
            transaction.set_rollback(True)


main()
