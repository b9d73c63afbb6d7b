import tracker.domain.flags
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracker', '0005_dose_zone'),
    ]

    operations = [
        migrations.AlterField(
            model_name='flag',
            name='rule',
            field=models.CharField(choices=[(rule, rule) for rule in tracker.domain.flags.Rule], max_length=4),
        ),
    ]
