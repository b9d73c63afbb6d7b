from django.db import migrations, models

# Until now every dose was in the zone of its version.
FROM_THE_VERSION = """
UPDATE tracker_expecteddose dose SET zone = version.zone
FROM tracker_planversion version WHERE version.id = dose.version_id AND dose.zone = '';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('tracker', '0004_plan_life'),
    ]

    operations = [
        migrations.AddField(
            model_name='expecteddose',
            name='zone',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
        migrations.RunSQL(FROM_THE_VERSION, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='expecteddose',
            constraint=models.CheckConstraint(condition=models.Q(('zone', ''), _negated=True), name='dose_has_a_zone'),
        ),
    ]
