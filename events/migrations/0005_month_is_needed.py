from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0004_month_of_hours")]

    operations = [migrations.AlterField("hoursentry", "month", models.DateField())]
