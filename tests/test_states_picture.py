from portal.management.commands import draw_states


def test_the_pictures_of_the_states_are_those_of_the_code():
    """After a change of a state table: `manage.py draw_states`."""
    assert draw_states.FILE.read_text(encoding="utf-8") == draw_states.page()
