from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lineage", "0001_initial"), ("registry", "0004_longer_names")]

    operations = [
        migrations.AlterField(
            "node", "name", models.CharField(help_text="of the repository, or as the claim wrote it", max_length=360)
        )
    ]
