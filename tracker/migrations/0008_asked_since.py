"""An alert knows since when others have been asked and nobody has said "I have it" (F22)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0007_repeats_and_flags")]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="asked_since_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
