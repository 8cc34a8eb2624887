import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0002_keep_conflicts_and_revisions")]

    operations = [
        migrations.AddField(
            model_name="rejection",
            name="corrected_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="corrected_rejections",
                to="imports.sourcefile",
            ),
        ),
        migrations.AddField(
            model_name="rejection",
            name="first_row",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="runfile",
            name="corrected_rows",
            field=models.JSONField(db_default=[], default=list, editable=False),
        ),
    ]
