from django.db import migrations, models

KINDS = [
    *("faq", "glossary", "guide", "help", "home", "kit", "library", "newsindex"),
    *("news", "people", "quiz", "section", "story", "text", "topic"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0004_films"),
    ]

    operations = [
        migrations.AddField(
            model_name=f"{kind}page",
            name="other_words",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What readers type to find this page where it says it otherwise. Never shown to anybody.",
                max_length=300,
                verbose_name="other words",
            ),
        )
        for kind in KINDS
    ]
