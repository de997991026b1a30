from __future__ import annotations

from django.utils.translation import gettext, override

from portal.management.commands.catalogues import compile_catalogues


def test_a_catalogue_compiled_now_is_read_now(tmp_path, settings):
    """The first start compiles the catalogues and writes the demonstration in one process."""
    catalogue = tmp_path / "ru" / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "yurt ring"\nmsgstr "шанырак"\n'
    )
    settings.LOCALE_PATHS = [tmp_path, *settings.LOCALE_PATHS]
    with override("ru"):
        assert gettext("yurt ring") == "yurt ring"
        assert compile_catalogues() == 1
        assert gettext("yurt ring") == "шанырак"
