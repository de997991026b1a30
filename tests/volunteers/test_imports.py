"""Lists of organisations and of their members."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from portal.models import Import, ImportFile, LogEntry, OutgoingMessage, User
from portal.refusals import NotAllowed
from portal.services import imports
from tests.portal.entering import enter, later, second_factor
from tests.portal.test_imports import bring, put_in, report, step, take_back
from tests.volunteers.links import newest_link
from volunteers.models import Invitation, Organisation, Person
from volunteers.services import memberships, outreach

pytestmark = pytest.mark.django_db
HEADS = "БСН;Аудан;Ұйым атауы;Название организации"
COUNCILS = f"""{HEADS}
010240001234;Тараз қаласы;Бірінші кеңес;Первый совет
;Байзақ ауданы;Екінші кеңес;Второй совет
"""
MEMBERS = """ФИО;Телефон;E-mail;Ұйым
Ахметов Қайрат;8 701 000 11 22;;Первый совет
Әлиева Сәуле;;Saule@demo.example;бірінші  кеңес
"""


@pytest.fixture
def council(cast) -> Organisation:
    return Organisation.objects.create(
        kind="veterans", district=cast.taraz, name_kk="Бірінші кеңес", name_ru="Первый совет", name_en="", bin=None
    )


class TestOrganisations:
    def test_they_come_once_and_go_again(self, cast):
        count = Organisation.objects.count()
        imported = put_in(COUNCILS, cast.root, kind="organisations")
        made = Organisation.objects.get(bin="010240001234")
        assert (imported.rows, made.kind, made.district) == ({"create": 2}, "veterans", cast.taraz)
        assert bring(COUNCILS, cast.root, kind="organisations").rows == {"same": 2}
        take_back(imported, cast.root)
        assert Organisation.objects.count() == count

    def test_recognised_by_bin_or_by_a_name_in_its_district(self, cast, council):
        imported = put_in(COUNCILS, cast.root, kind="organisations")
        assert imported.rows == {"create": 1, "change": 1}
        council.refresh_from_db()
        assert council.bin == "010240001234"
        renamed = f"{HEADS}\n10240001234;Тараз қаласы;;Совет по-новому\n"  # Excel dropped the nought
        put_in(renamed, cast.root, kind="organisations")
        council.refresh_from_db()
        assert council.name_ru == "Совет по-новому" and council.name_kk == "Бірінші кеңес"

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("020240001234;Тараз қаласы;Бірінші кеңес;", "another BIN"),
            ("010240001234;Меркі ауданы;Басқа;", "another district"),
            ("12;Тараз қаласы;Басқа;", "twelve digits"),
            (";Тараз;;", "must not be empty"),
            (";Қайда;Басқа;", "no such district"),
        ],
    )
    def test_left_out(self, cast, council, sign_in, line, why):
        Organisation.objects.filter(pk=council.pk).update(bin="010240001234")
        imported = bring(f"{HEADS}\n{line}\n", cast.root, kind="organisations")
        assert imported.rows == {"refused": 1} and why in report(imported, sign_in(cast.root))

    def test_a_line_that_fits_two(self, cast, council, sign_in):
        put_in(f"{HEADS}\n010240001234;Тараз қаласы;Үшінші;Третий\n", cast.root, kind="organisations")
        imported = bring(f"{HEADS}\n010240001234;Тараз қаласы;Бірінші кеңес;\n", cast.root, kind="organisations")
        assert "fits two records" in report(imported, sign_in(cast.root))

    def test_those_of_schools_are_none_of_these(self, cast):
        own = Organisation.objects.create(
            kind="school", district=cast.taraz, school=cast.school, name_kk="Мектеп", name_ru="Школа", name_en=""
        )
        put_in(f"{HEADS}\n;Тараз қаласы;Мектеп;Школа\n", cast.root, kind="organisations")
        own.refresh_from_db()
        assert (own.kind, Organisation.objects.filter(name_ru="Школа").count()) == ("school", 2)

    def test_one_that_people_belong_to_stays(self, cast, sign_in):
        imported = put_in(COUNCILS, cast.root, kind="organisations")
        cast.nurlan.memberships.create(organisation=Organisation.objects.get(bin="010240001234"))
        assert take_back(imported, cast.root).counts["left"] == 1

    def test_one_that_was_changed_in_what_no_list_writes_stays(self, cast):
        imported = put_in(COUNCILS, cast.root, kind="organisations")
        named = Organisation.objects.get(bin="010240001234")
        memberships.name_endorser(organisation=named, user=cast.gulnara, by=cast.aigul)
        Organisation.objects.filter(name_ru="Второй совет").update(is_active=False)
        imported = take_back(imported, cast.root)
        assert (imported.counts.get("removed", 0), imported.counts["left"]) == (0, 2)
        named.refresh_from_db()
        assert named.endorser == cast.gulnara

    def test_coordinators_bring_in_none(self, cast):
        with pytest.raises(NotAllowed):
            imports.send(kind="organisations", content=b"x", by=cast.aigul)


class TestMembers:
    def test_each_becomes_an_invitation_that_waits(self, cast, council):
        people, accounts = Person.objects.count(), User.objects.count()
        imported = put_in(MEMBERS, cast.aigul, kind="members")
        first, second = Invitation.objects.filter(organisation=council).order_by("pk")
        assert imported.rows == {"create": 2} and first.is_waiting and second.is_waiting
        assert (first.name, first.phone, second.email) == ("Ахметов Қайрат", "+77010001122", "saule@demo.example")
        assert (first.district, first.sent_by, first.language) == (cast.taraz, cast.aigul, "kk")
        assert (Person.objects.count(), User.objects.count()) == (people, accounts)
        assert not OutgoingMessage.objects.exists()

    def test_they_leave_when_the_coordinator_says_so(self, cast, council, sign_in, client):
        put_in(MEMBERS, cast.aigul, kind="members")
        aigul = sign_in(cast.aigul)
        page = aigul.get("/en/staff/invitations/").content.decode()
        assert "not sent yet: 2" in page and page.count('data-state="waiting"') == 2
        one = Invitation.objects.get(email="saule@demo.example")
        aigul.post(f"/en/staff/invitations/{one.uuid}/again/")
        assert client.get(newest_link("invitation", "saule@demo.example")).status_code == 200
        assert list(LogEntry.objects.filter(object_code=one.code).values_list("action", flat=True)) == ["invite"]
        sign_in(cast.bolat).post("/en/staff/invitations/send/")
        assert Invitation.objects.filter(is_waiting=True).count() == 1
        aigul.post("/en/staff/invitations/send/")
        assert OutgoingMessage.objects.filter(letter="volunteers/invitation").count() == 2
        assert outreach.send_waiting(by=cast.aigul) == 0

    def test_twice_is_once_whatever_became_of_them(self, cast, council):
        put_in(MEMBERS, cast.aigul, kind="members")
        outreach.send_waiting(by=cast.aigul)
        imported = bring(MEMBERS.replace("Ахметов", "Ахмет"), cast.aigul, kind="members")
        assert imported.rows == {"same": 2}

    def test_an_organisation_of_another_district_is_none(self, cast, council, sign_in):
        imported = bring(MEMBERS, cast.bolat, kind="members")
        assert imported.rows == {"refused": 2}
        assert "no such organisation in your districts" in report(imported, sign_in(cast.bolat))
        assert bring(MEMBERS, cast.root, kind="members").rows == {"create": 2}

    def test_a_coordinator_who_lost_his_district_brings_in_nothing(self, cast, council):
        imported = bring(MEMBERS, cast.aigul, kind="members")
        imports.apply(imported=imported, by=cast.aigul)
        cast.aigul.role_grants.update(ends_at=timezone.now())
        assert step(imported).failure == "changed" and not Invitation.objects.exists()

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("А Б;;;Первый совет", "Write an e-mail or a phone"),
            ("А Б;123;;Первый совет", "not a phone number"),
            ("А Б;7,70112E+10;;Первый совет", "shortened"),
            ("А Б;;нет почты;Первый совет", "not an e-mail"),
            (";87010001122;;Первый совет", "must not be empty"),
            ("www.x.kz;87010001122;;Первый совет", "only the name"),
            ("=A1;87010001122;;Первый совет", "formula"),
            ("А Б;87010001122;;Нет такого", "no such organisation"),
            ("А Б;87010001122;;", "must not be empty"),
        ],
    )
    def test_left_out(self, cast, council, sign_in, line, why):
        imported = bring(f"ФИО;Телефон;E-mail;Ұйым\n{line}\n", cast.aigul, kind="members")
        assert imported.rows == {"refused": 1} and why in report(imported, sign_in(cast.aigul))

    def test_two_of_one_name_need_the_district_or_the_bin(self, cast, council, sign_in):
        Organisation.objects.create(
            kind="veterans", district=cast.zhambyl, name_kk="Б", name_ru="Первый совет", name_en="", bin="010240001234"
        )
        assert bring(MEMBERS, cast.root, kind="members").rows == {"refused": 1, "create": 1}
        by_bin = "Тегі;Аты;Ұялы телефон;БСН;Тіл\nА;Б;+77010001122;010240001234;русский\n"
        imported = put_in(by_bin, cast.root, kind="members")
        made = Invitation.objects.get()
        assert imported.rows == {"create": 1}
        assert (made.district, made.name, made.language) == (cast.zhambyl, "А Б", "ru")

    def test_undone_but_for_those_who_were_written_to(self, cast, council, sign_in):
        imported = put_in(MEMBERS, cast.aigul, kind="members")
        sent = Invitation.objects.get(email="saule@demo.example")
        outreach.invite_again(invitation=sent, by=cast.aigul)
        imported = take_back(imported, cast.aigul)
        assert (imported.counts["removed"], imported.counts["left"]) == (1, 1)
        assert list(Invitation.objects.all()) == [sent]
        assert "was sent already" in report(imported, sign_in(cast.aigul))

    def test_what_undoing_needs_names_nobody(self, cast, council):
        imported = put_in(MEMBERS, cast.aigul, kind="members")
        kept = imports.content_of(imported, ImportFile.What.UNDO)
        assert b"7701" not in kept and "Ахметов" not in "".join(map(str, imports.planning.unpacked(kept)))

    def test_a_fresh_word_of_the_second_factor(self, cast, council, settings):
        settings.SECOND_FACTOR_REQUIRED = True
        imported = bring(MEMBERS, cast.aigul, kind="members")
        aigul = enter(cast.aigul, secret=second_factor(cast.aigul))
        later(aigul, confirmed=600)
        for url in ("new/members/", f"{imported.uuid}/apply/"):
            file = SimpleUploadedFile("a.csv", MEMBERS.encode())
            assert "reauthenticate" in aigul.post(f"/en/staff/import/{url}", {"file": file}).url
        assert Import.objects.get() == imported and not Invitation.objects.exists()

    def test_colleagues_do_not_see_it(self, cast, council, sign_in):
        imported = bring(MEMBERS, cast.aigul, kind="members")
        bolat = sign_in(cast.bolat)
        assert bolat.get(f"/en/staff/import/{imported.uuid}/").status_code == 404
        assert imported.code not in bolat.get("/en/staff/import/").content.decode()
        assert sign_in(cast.serik).get("/en/staff/import/").status_code == 403


@pytest.mark.parametrize("kind", ["schools", "organisations", "members"])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_sample_is_recognised_in_every_language(cast, sign_in, kind, language):
    answer = sign_in(cast.root).get(f"/{language}/staff/import/new/{kind}/sample.csv")
    imported = bring(b"".join(answer.streaming_content), cast.root, kind=kind)
    fields = {field.name for field in imports.kinds.kinds()[kind].fields}
    assert set(imported.columns) == fields
    assert imported.rows == ({"create": 2} if kind != "members" else {"refused": 2})  # its organisations are invented
