from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from calls.models import call_words_index


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    call_words_index.install(schema_editor.connection)


def uninstall(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    call_words_index.uninstall(schema_editor.connection)


class Migration(migrations.Migration):
    """Makes the full-text index of calls and indexes the calls that are there."""

    dependencies = [("calls", "0003_people_and_their_work")]

    operations = [migrations.RunPython(install, uninstall, elidable=False)]
