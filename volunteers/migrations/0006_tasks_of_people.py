from django.db import migrations

# What a task can be about: the first letters of its code.
OF = {
    "A": ("Application", "person__uuid"),
    "C": ("Check", "person__uuid"),
    "K": ("Concern", "person__uuid"),
    "P": ("Person", "uuid"),
    "RA": ("RiskAssessment", "person__uuid"),
    "S": ("Suspension", "person__uuid"),
    "X": ("Exemption", "person__uuid"),
}


def name_their_people(apps, schema_editor):
    """Open tasks learn of whom they speak, so that he does not see them, nor whoever is tied to him."""
    for task in apps.get_model("portal", "StaffTask").objects.filter(done_at=None, person=None):
        prefix, _dash, number = task.about.split(" ")[0].partition("-")
        if prefix not in OF or not number:
            continue
        model, person = OF[prefix]
        rows = apps.get_model("volunteers", model).objects.filter(uuid__istartswith=number.lower())
        task.person = rows.values_list(person, flat=True).first()
        task.save(update_fields=["person"])


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0017_task_of_a_person"),
        ("volunteers", "0005_imports"),
    ]

    operations = [
        migrations.RunPython(name_their_people, migrations.RunPython.noop),
    ]
