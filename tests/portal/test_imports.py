"""Lists that are brought in: schools, from sending to taking back."""

from __future__ import annotations

import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from portal.models import Import, ImportFile, LogEntry, OutgoingMessage, RoleGrant, School
from portal.refusals import NotAllowed, Refused
from portal.services import imports

pytestmark = pytest.mark.django_db
HEADS = "Мектеп №;Аудан;Атауы;Название;Языки обучения;Смены"
GOOD = f"""{HEADS}
901;Тараз қаласы;Бірінші;Первая;kk, ru;2
902;Байзакский район;Екінші;Вторая;қазақ;1
"""


@pytest.fixture
def root(cast):
    return cast.root


def bring(content: str | bytes, by, *, kind: str = "schools") -> Import:
    """Sent and read."""
    raw = content.encode() if isinstance(content, str) else content
    imported = imports.send(kind=kind, content=raw, by=by)
    return step(imported)


def step(imported: Import) -> Import:
    imports.work(imported.pk)
    imported.refresh_from_db()
    return imported


def put_in(content: str | bytes, by, *, kind: str = "schools") -> Import:
    return step(imports.apply(imported=bring(content, by, kind=kind), by=by))


def take_back(imported: Import, by) -> Import:
    return step(imports.undo(imported=imported, by=by))


def xlsx(rows: list[list]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def report(imported: Import, client) -> str:
    answer = client.get(f"/en/staff/import/{imported.uuid}/left-out.csv")
    return b"".join(answer.streaming_content).decode()


class TestLooking:
    def test_it_changes_nothing(self, root):
        before = set(School.objects.values_list("pk", "number"))
        imported = bring(GOOD, root)
        assert (imported.state, imported.rows) == ("ready", {"create": 2})
        assert set(School.objects.values_list("pk", "number")) == before

    def test_the_page_shows_rows_columns_and_problems(self, root, sign_in):
        client = sign_in(root)
        file = SimpleUploadedFile("мектептер.csv", f"{GOOD}x;Тараз қаласы;Ү;Т;kk;1\n".encode())
        answer = client.post("/en/staff/import/new/schools/", {"file": file})
        page = client.get(answer.url).content.decode()
        assert "Вторая" in page and 'data-testid="count-create">new: 2<' in page
        assert "Line 4" in page and "<q>x</q>" in page and 'data-testid="move-apply"' in page
        assert "мектептер" not in page  # the name of a file may be a name

    def test_another_column_can_be_chosen(self, root, sign_in):
        imported = bring("a;b;c\n901;Тараз қаласы;Бірінші\n", root)
        assert imported.rows == {"refused": 1}
        client, url = sign_in(root), f"/en/staff/import/{imported.uuid}/columns/"
        assert client.post(url, {"number": "0", "district": "0"}).status_code == 422
        assert client.post(url, {"number": "0", "district": "1", "name_kk": "2"}).status_code == 302
        imported.refresh_from_db()
        assert (imported.state, imported.rows) == ("ready", {"create": 1})

    def test_a_broken_line_leaves_the_others(self, root, sign_in):
        broken = GOOD + '903;Тараз қаласы;"Үш;Три\n904;Тараз қаласы;Төрт;Четыре\n;;;\n904;Тараз қаласы;Тағы;Ещё\n'
        imported = bring(broken, root)
        assert imported.rows == {"create": 3, "refused": 2}
        lines = report(imported, sign_in(root)).splitlines()
        assert [line.split(";")[0] for line in lines[1:]] == ["4", "7"]
        assert "above" in lines[2]

    def test_no_cell_of_the_report_is_a_formula(self, root, sign_in):
        imported = bring(f"{HEADS}\n=1+1;Тараз қаласы;=cmd|x;Т;kk;1\n", root)
        found = report(imported, sign_in(root))
        assert ";'=1+1" in found and ";=1+1" not in found

    def test_words_of_the_readers_language(self, root, sign_in):
        imported = bring(f"{HEADS}\n;Тараз қаласы;Ү;Т;kk;1\n", root)
        with translation.override("en"):
            english = sign_in(root).get(f"/en/staff/import/{imported.uuid}/").content.decode()
        assert "This must not be empty." in english

    def test_a_file_that_is_no_table_is_refused_at_its_field(self, root, sign_in):
        for content in (b"", b"%PDF-1.7\x00\x01", b"\xd0\xcf\x11\xe0aaaa", b"PK\x03\x04 not whole"):
            answer = sign_in(root).post("/en/staff/import/new/schools/", {"file": SimpleUploadedFile("a.csv", content)})
            assert answer.status_code == 422
        assert not Import.objects.exists()

    def test_heads_alone_are_no_list(self, root):
        imported = bring(f"{HEADS}\n\n", root)
        assert (imported.state, imported.failure) == ("failed", "no_rows")
        assert not imported.files.exists()


class TestApplying:
    def test_schools_come_with_their_district_and_languages(self, root):
        imported = put_in(GOOD, root)
        assert imported.state == "applied"
        school = School.objects.get(number=902)
        assert (school.district.slug, school.name_ru, school.shifts) == ("baizak", "Вторая", 1)
        assert [language.code for language in school.languages.all()] == ["kk"]
        assert school.latitude == school.district.latitude
        entry = LogEntry.objects.get(action="import.apply")
        assert entry.data == {"kind": "schools", "create": 2, "reasons": {}} and entry.actor == root

    def test_twice_is_once(self, root):
        put_in(GOOD, root)
        again = bring(GOOD, root)
        assert again.rows == {"same": 2}
        with pytest.raises(Refused) as refused:
            imports.apply(imported=again, by=root)
        assert refused.value.codes == ["nothing"]

    def test_what_is_empty_or_not_in_the_list_stays(self, root):
        put_in(GOOD, root)
        imported = put_in("Мектеп №;Аудан;Название;Смены\n901;Тараз қаласы;;3\n", root)
        school = School.objects.get(number=901)
        assert (imported.rows, school.shifts, school.name_ru) == ({"change": 1}, 3, "Первая")
        assert school.languages.count() == 2

    def test_a_school_is_never_moved(self, root, cast):
        put_in(GOOD, root)
        assert bring(f"{HEADS}\n901;Байзақ ауданы;Б;Б;kk;1\n", root).rows == {"refused": 1}

    @pytest.mark.parametrize("meanwhile", ["changed", "made"])
    def test_nothing_is_done_where_it_would_be_something_else(self, root, cast, meanwhile):
        if meanwhile == "changed":
            put_in(GOOD, root)
        imported = bring(GOOD.replace("Первая", "Другая"), root)
        if meanwhile == "changed":
            School.objects.filter(number=901).update(name_ru="Рукой")
        else:
            School.objects.create(number=901, district=cast.taraz, latitude=1, longitude=1, name_ru="Рукой")
        count = School.objects.count()
        imports.apply(imported=imported, by=root)
        step(imported)
        assert (imported.state, imported.failure) == ("ready", "changed")
        assert School.objects.get(number=901).name_ru == "Рукой" and School.objects.count() == count
        assert not LogEntry.objects.filter(action="import.apply", object_id=imported.pk).exists()
        assert step(imports.apply(imported=imported, by=root)).state == "applied"

    def test_the_page_says_how_many_were_left_out_and_why(self, root, sign_in):
        imported = put_in(f"{GOOD};Тараз қаласы;Ү;Т;kk;1\n;Тараз қаласы;Ү;Т;kk;1\n", root)
        page = sign_in(root).get(f"/en/staff/import/{imported.uuid}/").content.decode()
        assert 'data-testid="count-refused">left out: 2<' in page
        assert "This must not be empty. Lines: 2" in page
        assert len(report(imported, sign_in(root)).splitlines()) == 3

    def test_the_list_itself_is_gone_then(self, root):
        imported = put_in(GOOD, root)
        assert sorted(imported.files.values_list("what", flat=True)) == ["report", "undo"]

    def test_a_worker_that_comes_twice_does_it_once(self, root):
        imported = put_in(GOOD, root)
        count = School.objects.count()
        step(imported)
        Import.objects.filter(pk=imported.pk).update(state="applying")  # as if killed before its mark; the list is gone
        assert step(imported).state == "failed" and School.objects.count() == count

    def test_a_worker_that_was_killed_has_done_nothing_and_the_next_does_all(self, root):
        count = School.objects.count()
        imported = imports.apply(imported=bring(GOOD, root), by=root)
        with transaction.atomic():
            imports.work(imported.pk)
            assert School.objects.count() == count + 2
            transaction.set_rollback(True)  # what a database does when the connection is gone
        assert Import.objects.get().state == "applying" and School.objects.count() == count
        assert step(imported).state == "applied" and School.objects.count() == count + 2

    def test_what_no_worker_took_is_done_in_time(self, root):
        imported = imports.send(kind="schools", content=GOOD.encode(), by=root)
        imports.tidy(timezone.now())
        imported.refresh_from_db()
        assert imported.state == "reading"
        imports.tidy(timezone.now() + timedelta(minutes=4))
        imported.refresh_from_db()
        assert imported.state == "ready"

    def test_two_lists_of_a_kind_are_not_applied_at_once(self, root):
        first, second = bring(GOOD, root), bring(GOOD, root)
        imports.apply(imported=first, by=root)
        with pytest.raises(Refused) as refused:
            imports.apply(imported=second, by=root)
        assert refused.value.codes == ["busy"]
        assert step(first).state == "applied"

    def test_a_thousand_rows_more_cost_a_few_queries_more(self, root):
        def cost(rows: int) -> int:
            lines = "".join(f"{20_000 + n};Тараз қаласы;Ү{n};Т{n};kk;1\n" for n in range(rows))
            imported = bring(f"{HEADS}\n{lines}", root)
            with CaptureQueriesContext(connection) as queries:
                step(imports.apply(imported=imported, by=root))
            take_back(imported, root)
            return len(queries)

        few = cost(3)
        assert cost(300) <= few + 4  # SQLite takes so many values at once


class TestUndoing:
    def test_all_is_as_before(self, root):
        put_in(GOOD, root)
        before = list(School.objects.order_by("pk").values())
        changed = GOOD.replace("Первая", "Другая").replace("kk, ru", "ru") + "903;Тараз қаласы;Үш;Три;kk;1\n"
        imported = put_in(changed, root)
        assert imported.rows == {"create": 1, "change": 1, "same": 1}
        imported = take_back(imported, root)
        assert imported.state == "undone" and list(School.objects.order_by("pk").values()) == before
        assert School.objects.get(number=901).languages.count() == 2
        assert LogEntry.objects.get(action="import.undone").data["removed"] == 1

    def test_what_somebody_works_with_or_has_changed_stays(self, root, cast, sign_in):
        imported = put_in(GOOD + "903;Тараз қаласы;Үш;Три;kk;1\n", root)
        RoleGrant.objects.create(user=cast.serik, role="school_contact", school=School.objects.get(number=901))
        School.objects.filter(number=902).update(address="Жаңа көше")
        imported = take_back(imported, root)
        assert (imported.counts["removed"], imported.counts["left"]) == (1, 2)
        assert set(School.objects.filter(number__gt=900).values_list("number", flat=True)) >= {901, 902}
        found = report(imported, sign_in(root))
        assert "It is used elsewhere" in found and "It was changed since then" in found

    def test_a_change_that_somebody_changed_again_stays(self, root):
        put_in(GOOD, root)
        imported = put_in(GOOD.replace("Первая", "Другая"), root)
        School.objects.filter(number=901).update(name_ru="Рукой")
        assert take_back(imported, root).counts["left"] == 1
        assert School.objects.get(number=901).name_ru == "Рукой"

    def test_it_ends_with_its_days(self, root):
        imported = put_in(GOOD, root)
        ImportFile.objects.filter(of=imported).update(ends_at=timezone.now())
        with pytest.raises(Refused) as refused:
            imports.undo(imported=imported, by=root)
        assert refused.value.codes == ["too_late"]

    def test_only_once_and_only_what_was_applied(self, root):
        with pytest.raises(Refused):
            imports.undo(imported=bring(GOOD, root), by=root)
        imported = take_back(put_in(GOOD, root), root)
        with pytest.raises(Refused):
            imports.undo(imported=imported, by=root)


class TestWhoMay:
    def test_only_administrators(self, cast):
        for somebody in (cast.aigul, cast.dana, cast.serik, cast.gulnara):
            with pytest.raises(NotAllowed):
                imports.send(kind="schools", content=b"x", by=somebody)

    def test_another_administrator_takes_back_but_does_not_apply(self, root, cast, sign_in):
        RoleGrant.objects.create(user=cast.serik, role="administrator")
        imported = bring(GOOD, root)
        with pytest.raises(NotAllowed):
            imports.apply(imported=imported, by=cast.serik)
        sign_in(cast.serik).get(f"/en/staff/import/{imported.uuid}/")
        assert LogEntry.objects.filter(kind="view", action="import", actor=cast.serik).count() == 1
        step(imports.apply(imported=imported, by=root))
        assert take_back(imported, cast.serik).state == "undone"


class TestFiles:
    def test_nothing_lies_here_in_clear(self, root, settings):
        bring(GOOD, root)
        stored = b"".join(path.read_bytes() for path in settings.PRIVATE_ROOT.rglob("*") if path.is_file())
        assert len(stored) > 100 and "Первая".encode() not in stored

    def test_after_a_day_they_are_gone(self, root, settings, django_capture_on_commit_callbacks):
        bring(GOOD, root)
        applied = put_in(GOOD, root)
        with django_capture_on_commit_callbacks(execute=True):
            imports.tidy(timezone.now() + timedelta(days=1, minutes=1))
        assert list(Import.objects.all()) == [applied]
        assert [kept.what for kept in ImportFile.objects.all()] == ["undo"]

    def test_no_words_in_the_log(self, root):
        take_back(put_in(GOOD, root), root)
        written = " ".join(str(entry.data) + entry.reason for entry in LogEntry.objects.all())
        assert "Первая" not in written and not OutgoingMessage.objects.exists()


@pytest.mark.parametrize("more", [";", "; ;"])
def test_cells_that_are_empty_are_none_too_many(root, more):
    assert bring(GOOD.replace(";2\n", f";2{more}\n"), root).rows == {"create": 2}


def test_a_line_with_a_separator_too_many_is_left_out(root, sign_in):
    content = 'номер,район,название,адрес,смены\n982,Тараз,Школа,ул. Абая, 2,1\n983,Тараз,Школа,"ул. Абая, 2",1\n'
    imported = put_in(content, root)
    assert imported.counts["create"] == 1 and School.objects.get(number=983).address == "ул. Абая, 2"
    assert "2;;This line has more cells" in report(imported, sign_in(root)).replace(",", ";")


def test_beside_the_table_of_a_workbook_there_may_be_notes(root):
    rows = [["Номер", "Район", "Название"], [905, "Байзақ", "Пятая", "позвонить"]]
    assert bring(xlsx(rows), root).rows == {"create": 1}


def test_a_file_without_names_of_columns_says_that_its_first_line_is_lost(root, sign_in):
    client = sign_in(root)
    for content, said in (("901;Тараз қаласы;Бірінші\n902;Тараз қаласы;Екінші\n", True), (GOOD, False)):
        page = client.get(f"/en/staff/import/{bring(content, root).uuid}/").content.decode()
        assert ("its first line is taken for the names" in page) is said


def test_a_workbook_is_read_as_it_is_typed(root):
    rows = [
        ["Список школ"],
        [],
        ["Номер", "Район", "Название", "Смены"],
        [905.0, "Байзақ", "Пятая", 2],
        [None, None, "x"],
    ]
    imported = bring(xlsx(rows), root)
    assert imported.rows == {"create": 1, "refused": 1}
    assert step(imports.apply(imported=imported, by=root)).state == "applied"
    assert School.objects.get(number=905).district.slug == "baizak"


def test_while_it_is_worked_on_the_page_looks_again_by_itself(root, sign_in):
    imported = imports.send(kind="schools", content=GOOD.encode(), by=root)
    client, url = sign_in(root), f"/en/staff/import/{imported.uuid}/"
    page = client.get(url)
    assert page["Refresh"] == "3" and "<progress" in page.content.decode()
    step(imported)
    assert "Refresh" not in client.get(url)


def test_a_large_list_goes_to_a_worker(root, sign_in):
    """The worker of the tests works at once."""
    content = GOOD.encode() + b";;;;;\n" * (imports.SMALL_BYTES // 6)
    answer = sign_in(root).post("/en/staff/import/new/schools/", {"file": SimpleUploadedFile("a.csv", content)})
    assert answer.status_code == 302
    imported = Import.objects.get()
    assert (imported.state, imported.rows) == ("ready", {"create": 2})
    assert not imports.is_small(imported, len(content))
