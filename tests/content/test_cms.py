import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from wagtail.models import Page
from wagtail.snippets.models import get_snippet_models

from content.models import TopicPage
from portal import access
from portal.models import District, Helpline, Language, LetterText, NonTeachingPeriod, School, SiteAlert, Topic, User
from portal.services import grant_role
from volunteers.models import TrainingModule
from volunteers.reference import load_reference as load_volunteers_reference

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(starter, client):
    user = User.objects.create(email="editor@demo.example", is_active=True)
    grant_role(user=user, role=access.Role.EDITOR, by=None)
    client.force_login(user)
    return user


def listing(model):
    return reverse(model.snippet_viewset.get_url_name("list"))


def test_only_reference_data_without_people_is_registered():
    ours = {model for model in get_snippet_models() if model._meta.app_label == "portal"}
    assert ours == {District, Helpline, Language, LetterText, NonTeachingPeriod, School, SiteAlert, Topic}
    for model in get_snippet_models():
        assert not any(field.related_model is User for field in model._meta.get_fields()), model


def test_editor_works_on_pages(editor, client):
    assert client.get("/cms/").status_code == 200
    page = TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")
    edit = client.get(f"/cms/pages/{page.pk}/edit/")
    assert edit.status_code == 200
    assert page.get_parent().permissions_for_user(editor).can_add_subpage()
    may = page.permissions_for_user(editor)
    assert may.can_submit_for_moderation() and not may.can_publish()


@pytest.mark.parametrize("slug", ["my-five-rules", "open-for-trial"])
def test_who_writes_for_readers_sees_what_to_think_of_and_names_their_words(editor, client, slug):
    page = Page.objects.get(slug=slug, locale__language_code="kk")
    form = client.get(f"/cms/pages/{page.pk}/edit/", headers={"Accept-Language": "en"}).content.decode()
    assert "no method, no place" in form and 'name="other_words"' in form


def test_editor_sees_a_preview_of_a_page(editor, client):
    page = TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")
    page.save_revision()
    assert page.title in client.get(f"/cms/pages/{page.pk}/view_draft/").content.decode()


def test_editor_lists_and_adds_reference_data(editor, client):
    for model in (District, Helpline, Language, NonTeachingPeriod, School, Topic):
        assert client.get(listing(model)).status_code == 200
        assert client.get(reverse(model.snippet_viewset.get_url_name("add"))).status_code == 200


def test_list_of_numbers_warns_of_those_not_checked_for_long(editor, client):
    html = client.get(listing(Helpline)).content.decode()
    assert html.count("⚠") == 1 and "01.01.2026" in html


def test_editor_changes_a_number_and_every_page_has_it(editor, helplines, client):
    url = reverse(Helpline.snippet_viewset.get_url_name("edit"), args=[helplines[0].pk])
    form = client.get(url).context["form"]
    data = {name: value for name, value in form.initial.items() if value not in (None, "") and value is not False} | {
        "number": "119"
    }
    assert client.post(url, data).status_code == 302
    assert 'href="tel:119"' in client.get("/kk/help/").content.decode()


def test_editor_changes_the_words_of_a_training_module_and_nothing_else(editor, client):
    load_volunteers_reference()
    module = TrainingModule.objects.get(code="safe_contact")
    viewset = TrainingModule.snippet_viewset
    url = reverse(viewset.get_url_name("edit"), args=[module.pk])
    form = client.get(url).context["form"]
    assert not {"quiz", "mandatory", "check_type", "validity_days", "code"} & set(form.fields)
    assert client.post(url, {**form.initial, "outcome_kk": "Жаңа сөз", "mandatory": ""}).status_code == 302
    module.refresh_from_db()
    assert (module.outcome_kk, module.mandatory, len(module.quiz)) == ("Жаңа сөз", True, 10)
    for name in ("add", "delete"):
        closed = reverse(viewset.get_url_name(name), args=[module.pk] if name == "delete" else None)
        assert client.get(closed)["Location"] == reverse("wagtailadmin_home")


def test_no_page_of_people_in_the_cms(editor, client):
    for path in ("users/", "groups/", "snippets/portal/user/", "snippets/volunteers/application/"):
        assert client.get(f"/cms/{path}").status_code == 404


@pytest.mark.parametrize("superuser", [False, True])
def test_menu_leads_to_no_people(editor, client, superuser):
    editor.is_superuser = superuser
    editor.save()
    html = client.get("/cms/").content.decode()
    assert "/cms/users/" not in html and "/cms/groups/" not in html
    assert "/cms/snippets/portal/helpline/" in html


def test_group_holds_no_permission_over_people(editor):
    group = Group.objects.get(name="CMS")
    people = ["user", "rolegrant", "group", "logentry", "person", "application", "mentor", "concern"]
    assert not group.permissions.filter(content_type__model__in=people).exists()


def test_without_the_role_the_cms_stays_closed(starter, client):
    client.force_login(User.objects.create(email="somebody@demo.example", is_active=True))
    assert client.get("/cms/").status_code == 403
