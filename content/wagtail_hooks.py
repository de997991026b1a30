"""The CMS's door to reference data without people. No model with a person in it is ever registered here: the CMS knows
no row rights, and its revisions would keep what somebody asked to be forgotten."""

from datetime import timedelta

from django.urls import path, reverse, reverse_lazy
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.views.account import AvatarSettingsPanel
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from content.approving import ApprovedPageViewSet
from content.letter_texts import LetterTextViewSet
from content.reports import FeedbackReport
from portal import audit
from portal.models import District, Helpline, Language, LetterText, NonTeachingPeriod, School, SiteAlert, Topic
from volunteers.models import TrainingModule

CHECK_EVERY = timedelta(days=90)
AvatarSettingsPanel.is_active = lambda panel: (
    False
)  # a picture that no `uploads` has judged, at an address that shows none
NAMES = ["name_kk", "name_ru", "name_en"]


def names_panel() -> MultiFieldPanel:
    return MultiFieldPanel(NAMES, _("Name"))


def checked(helpline: Helpline) -> str:
    """The day a number was last called to see that it answers; says so when that is longer ago than 90 days."""
    day = date_format(helpline.checked_on, "SHORT_DATE_FORMAT")
    if timezone.localdate() - helpline.checked_on > CHECK_EVERY:
        return gettext("⚠ %(day)s: older than 90 days, check it again") % {"day": day}
    return day


class HelplineViewSet(SnippetViewSet):
    model = Helpline
    icon = "mobile-alt"
    list_display = [
        "number",
        "name_ru",
        Column("checked", label=_("Checked on"), accessor=checked, sort_key="checked_on"),
        "checked_by",
        BooleanColumn("in_crisis_bar", label=_("In the bar")),
    ]
    search_fields = ["number", *NAMES]
    panels = [
        FieldPanel("number"),
        names_panel(),
        MultiFieldPanel(["about_kk", "about_ru", "about_en"], _("What for")),
        MultiFieldPanel(
            ["round_the_clock", "free_of_charge", "anonymous", "for_danger_now", "in_crisis_bar"], _("Marks")
        ),
        MultiFieldPanel(["checked_on", "checked_by"], _("Last check")),
        FieldPanel("position"),
    ]


class SiteAlertViewSet(SnippetViewSet):
    """What every page says under the bar of numbers for some hours. Each change is written into the log."""

    model = SiteAlert
    icon = "warning"
    list_display = ["text", "level", "starts_at", "ends_at"]
    search_fields = ["text_kk", "text_ru", "text_en"]
    panels = [
        FieldPanel("level"),
        MultiFieldPanel(
            ["text_kk", "text_ru", "text_en"],
            _("Words"),
            help_text=_("One sentence: what does not work, and what to do instead. It stands on every page."),
        ),
        MultiFieldPanel(["starts_at", "ends_at"], _("When")),
    ]


class TopicViewSet(SnippetViewSet):
    model = Topic
    icon = "tag"
    list_display = [*NAMES, "parent", "grade_from", "grade_to"]
    search_fields = ["slug", *NAMES]
    panels = [
        names_panel(),
        FieldPanel("slug"),
        FieldPanel("parent"),
        MultiFieldPanel(["grade_from", "grade_to"], _("Grades")),
        FieldPanel("position"),
    ]


class LanguageViewSet(SnippetViewSet):
    model = Language
    icon = "globe"
    list_display = [*NAMES, "code"]
    search_fields = ["code", *NAMES]
    panels = [names_panel(), FieldPanel("code"), FieldPanel("position")]


class DistrictViewSet(SnippetViewSet):
    model = District
    icon = "site"
    list_display = [*NAMES, "kato"]
    search_fields = ["slug", "kato", *NAMES]
    panels = [
        names_panel(),
        FieldPanel("slug"),
        FieldPanel("parent"),
        MultiFieldPanel(["centre_kk", "centre_ru", "centre_en"], _("Centre")),
        MultiFieldPanel(["latitude", "longitude"], _("On the map")),
        FieldPanel("kato"),
        FieldPanel("position"),
    ]


class SchoolViewSet(SnippetViewSet):
    model = School
    icon = "home"
    list_display = ["number", "name_ru", "district", BooleanColumn("is_sample")]
    list_filter = ["district", "is_sample"]
    search_fields = NAMES
    panels = [
        FieldPanel("number"),
        names_panel(),
        MultiFieldPanel(["district", "settlement", "address"], _("Place")),
        MultiFieldPanel(["latitude", "longitude"], _("On the map")),
        MultiFieldPanel(["languages", "shifts"], _("Lessons")),
        FieldPanel("is_sample"),
    ]


class NonTeachingPeriodViewSet(SnippetViewSet):
    model = NonTeachingPeriod
    icon = "calendar"
    list_display = ["name_ru", "kind", "first_day", "last_day", "district", "school", BooleanColumn("is_projected")]
    list_filter = ["kind", "is_projected"]
    search_fields = NAMES
    panels = [
        names_panel(),
        FieldPanel("kind"),
        MultiFieldPanel(["first_day", "last_day", "is_projected"], _("Days")),
        MultiFieldPanel(["district", "school", "grade"], _("For whom; empty: for the oblast")),
    ]


class TrainingModuleViewSet(SnippetViewSet):
    """The words of a module. What it counts for, how long, and its questions are not an editor's to change."""

    model = TrainingModule
    icon = "openquote"
    list_display = [*NAMES, "minutes", BooleanColumn("mandatory")]
    search_fields = NAMES
    panels = [
        names_panel(),
        MultiFieldPanel(["outcome_kk", "outcome_ru", "outcome_en"], _("What one can do afterwards")),
        MultiFieldPanel(
            ["html_kk", "html_ru", "html_en"],
            _("Text"),
            help_text=_("Headings, paragraphs, lists and emphasis (h2, h3, p, ul, ol, li, b, strong, i, em)."),
        ),
        FieldPanel("minutes"),
    ]


class ReferenceData(SnippetViewSetGroup):
    menu_label = _("Reference data")
    menu_icon = "list-ul"
    menu_order = 300
    items = [
        HelplineViewSet,
        SiteAlertViewSet,
        TopicViewSet,
        DistrictViewSet,
        SchoolViewSet,
        LanguageViewSet,
        NonTeachingPeriodViewSet,
        TrainingModuleViewSet,
    ]


register_snippet(ReferenceData)
register_snippet(LetterTextViewSet)


@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def alert_is_logged(request, instance):
    """An alert speaks to everybody: the log keeps who set it, how grave, and for what hours."""
    if isinstance(instance, SiteAlert):
        hours = {"starts": instance.starts_at.isoformat(), "ends": instance.ends_at.isoformat()}
        audit.record(instance, "alert", request.user, state_to=instance.level, **hours)


@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def letter_text_is_logged(request, instance):
    """A letter speaks in the name of the programme: the log keeps who wrote it, not what."""
    if isinstance(instance, LetterText):
        audit.record(instance, "letter_text", request.user)


@hooks.register("after_delete_snippet")
def letter_text_is_gone(request, instances):
    for instance in instances:
        if isinstance(instance, LetterText):
            audit.record(instance, "letter_text.delete", request.user)


@hooks.register("register_admin_viewset")
def what_waits_is_approved_as_it_was_sent():
    return ApprovedPageViewSet()


@hooks.register("register_admin_menu_item")
def door_to_desk():
    """The desk has what the CMS does not: tasks, such as texts to be read again, and the components."""
    return MenuItem(_("My desk"), reverse_lazy("staff_home"), icon_name="home", order=10)


@hooks.register("construct_settings_menu")
def accounts_are_kept_elsewhere(request, menu_items):
    """The CMS's own pages of people are closed (portal.urls); its menu does not lead there."""
    menu_items[:] = [item for item in menu_items if item.name not in {"users", "groups"}]


@hooks.register("construct_reports_menu")
def no_report_that_says_nothing_waits(request, menu_items):
    """Wagtail's reports of what waits list only pages that one may change: to a specialist they would say that none does."""
    if not policy_registry.get_by_type(Page).user_has_permission(request.user, "change"):
        menu_items[:] = [item for item in menu_items if item.name not in {"workflows", "workflow-tasks"}]


@hooks.register("register_admin_urls")
def addresses_of_reports():
    return [
        path("reports/feedback/", FeedbackReport.as_view(), name="feedback_report"),
        path("reports/feedback/results/", FeedbackReport.as_view(results_only=True), name="feedback_report_results"),
    ]


@hooks.register("register_reports_menu_item")
def door_to_feedback():
    return MenuItem(_("What readers say"), reverse("feedback_report"), icon_name="comment", order=700)
