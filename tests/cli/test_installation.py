"""Commands on an installation that is not as they need it."""

import psycopg
import pytest
from django.utils import timezone
from tests.commands import tenantry
from tests.web.cast import make_cast

ASKED = ("pending", "list", "--marketplace", "Northwind")


@pytest.fixture
def other_tables(owner_url: str) -> str:
    """The tables lack a column that the command asks for."""
    make_cast(timezone.now())
    with psycopg.connect(owner_url) as owner:
        owner.execute("alter table sync_pendingcompany rename column sort_name to former_sort_name")
    return owner_url


def test_a_command_on_tables_of_another_version_says_so_and_what_to_do(other_tables: str) -> None:
    with psycopg.connect(other_tables) as owner:
        owner.execute("delete from django_migrations where id = (select max(id) from django_migrations)")
    ran = tenantry(*ASKED)
    assert ran.code == 1
    assert "The database's tables are not those of this version." in ran.err
    assert "run `tenantry migrate` first" in ran.err
    assert "Traceback" not in ran.err


def test_an_error_of_the_program_itself_is_not_put_down_to_the_version(other_tables: str) -> None:
    ran = tenantry(*ASKED)
    assert ran.code == 1
    assert "not those of this version" not in ran.err
    assert "sort_name" in ran.err
