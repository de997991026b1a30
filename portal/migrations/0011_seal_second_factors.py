from django.db import migrations

SECRETS = ("secret", "seed")


def change(with_adapter):
    def run(apps, schema_editor):
        from portal.second_factor import MFAAdapter

        adapter = MFAAdapter()
        for row in apps.get_model("mfa", "Authenticator").objects.exclude(type="webauthn"):
            row.data |= {name: with_adapter(adapter, row.data[name]) for name in SECRETS if name in row.data}
            row.save(update_fields=["data"])

    return run


class Migration(migrations.Migration):
    """What allauth had kept in clear is sealed."""

    dependencies = [("portal", "0010_rate_counters"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [
        migrations.RunPython(
            change(lambda adapter, text: adapter.encrypt(text)), change(lambda adapter, text: adapter.decrypt(text))
        )
    ]
