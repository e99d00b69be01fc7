"""Tables of keys: made narrow by a migration, and written many at once."""

import psycopg
import pytest
from django.db import IntegrityError
from tests.isolation.conftest import Two

from tenantry.isolation.bulk import insert_keys
from tenantry.isolation.key_tables import NarrowKeys
from tenantry.isolation.scope import OutsideScope, marketplace_scope
from tenantry.marketplace.models import UserKey

_BEFORE = """
create table marketplace_oldkey (
    id bigserial primary key, marketplace_id bigint not null references marketplace_marketplace,
    user_id bigint not null references marketplace_user, key varchar(64) collate "C" not null
);
alter table marketplace_oldkey enable row level security;
create index on marketplace_oldkey (marketplace_id);
create index on marketplace_oldkey (user_id);
create index on marketplace_oldkey (marketplace_id, key, user_id);
insert into marketplace_user (
    marketplace_id, email, first_name, last_name, sort_name, phone, language, origin, created_at
) select id, '', 'Eva', '', '', '', '', 'by_hand', now() from marketplace_marketplace;
insert into marketplace_oldkey (marketplace_id, user_id, key)
    select marketplace_id, id, key from marketplace_user, unnest(array['eva', 'maier', 'eva']) key;
"""


def keys_of_user(pk: int) -> set[str]:
    return set(UserKey.objects.filter(user_id=pk).values_list("key", flat=True))


def test_a_narrowed_table_keeps_its_rows_each_once_and_its_policies(two: Two, owner_url: str) -> None:
    [step] = NarrowKeys("marketplace", "OldKey", "user", "marketplace.user").database_operations
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(_BEFORE)
        owner.execute(step.sql.encode())  # type: ignore[attr-defined]  # a RunSQL
        rows = owner.execute("select marketplace_id, key from marketplace_oldkey order by 1, 2").fetchall()
        definitions = owner.execute(
            "select indexdef from pg_indexes where tablename = 'marketplace_oldkey' order by 1"
        ).fetchall()
        references = owner.execute(
            "select count(*) from pg_constraint where conrelid = 'marketplace_oldkey'::regclass and contype = 'f'"
        ).fetchone()
        secured = owner.execute("select relrowsecurity from pg_class where relname = 'marketplace_oldkey'").fetchone()
    assert rows == [(pk, key) for pk in (two.first, two.second) for key in ("eva", "maier")]
    assert [text.split(" USING ")[1] for (text,) in definitions] == [
        "btree (user_id)", "btree (marketplace_id, key, user_id)",
    ]  # fmt: skip
    assert (references, secured) == ((0,), (True,))


def test_keys_are_written_once_and_only_in_their_marketplace(two: Two) -> None:
    odd = 'o"dd\\{,}'
    with marketplace_scope(two.first):
        insert_keys("marketplace_userkey", "user_id", [(7, "eva"), (7, odd), (8, "eva")])
        insert_keys("marketplace_userkey", "user_id", [(7, "eva"), (7, "maier")])
        assert keys_of_user(7) == {"eva", odd, "maier"}
        assert keys_of_user(8) == {"eva"}
    with marketplace_scope(two.second):
        assert keys_of_user(7) == set()
    with pytest.raises(OutsideScope):
        insert_keys("marketplace_userkey", "user_id", [(7, "eva")])


def test_keys_said_to_be_fresh_must_be(two: Two) -> None:
    with marketplace_scope(two.first):
        insert_keys("marketplace_userkey", "user_id", [(7, "eva")], fresh=True)
    with pytest.raises(IntegrityError), marketplace_scope(two.first):
        insert_keys("marketplace_userkey", "user_id", [(7, "eva")], fresh=True)
