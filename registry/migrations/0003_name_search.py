from django.db import migrations

from registry.models.name_search import make_names_plain, make_names_searchable


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_schedules")]

    operations = [migrations.RunPython(make_names_searchable, make_names_plain)]
