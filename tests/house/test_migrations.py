"""Migrations say what the models say, each app's in one row."""

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

OURS = {config.label for config in apps.get_app_configs() if config.name.startswith("tenantry.")}


def test_no_model_was_changed_without_a_migration() -> None:
    loader = MigrationLoader(None)
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    changes = detector.changes(loader.graph)
    missing = {label: [str(each) for each in changes[label][0].operations] for label in OURS & changes.keys()}
    assert missing == {}


def test_each_app_s_migrations_follow_one_another() -> None:
    conflicts = MigrationLoader(None).detect_conflicts()
    assert {label: names for label, names in conflicts.items() if label in OURS} == {}
