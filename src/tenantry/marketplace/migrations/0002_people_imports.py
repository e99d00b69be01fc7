"""Companies in full, people, invitations, imports; the rule that a company keeps an administrator."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from tenantry.isolation.policies import IsolateTable, NamedLookup


# Deferred to the end of the transaction, so that administrators can change places in one. Runs as the owner of the
# tables: by then the scope of the marketplace may be closed. A company that is removed as a whole is nobody's.
ADMINISTRATOR_RULE = """
create function company_remembers_administrator() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    if new.role = 'administrator' then
        update marketplace_company set has_had_administrator = true
        where id = new.company_id and not has_had_administrator;
    end if;
    return null;
end $$;
create trigger company_remembers_administrator after insert or update of role, company_id on marketplace_membership
for each row execute function company_remembers_administrator();

create function company_keeps_administrator() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    if exists (select from marketplace_company where id = old.company_id and has_had_administrator)
    and not exists (
        select from marketplace_membership
        where company_id = old.company_id and role = 'administrator' and state <> 'inactive'
    ) then
        raise exception 'company % would be left without an administrator', old.company_id
            using errcode = 'check_violation', constraint = 'company_keeps_administrator';
    end if;
    return null;
end $$;
create constraint trigger company_keeps_administrator
after update of role, state, company_id or delete on marketplace_membership
deferrable initially deferred
for each row when (old.role = 'administrator') execute function company_keeps_administrator();
"""
UNDO_ADMINISTRATOR_RULE = """
drop trigger company_keeps_administrator on marketplace_membership;
drop trigger company_remembers_administrator on marketplace_membership;
drop function company_keeps_administrator();
drop function company_remembers_administrator();
"""


class Migration(migrations.Migration):
    """Create them."""

    dependencies = [
        ('marketplace', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CompanyDomain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(db_collation='C', max_length=255)),
                ('verified', models.BooleanField(default=False)),
                ('origin', models.CharField(choices=[('by_hand', 'created by hand'), ('import', 'import'), ('sync', 'Company Sync')], max_length=20)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='CompanyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(db_collation='C', max_length=64)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='CompanyMatchKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(db_collation='C', max_length=12)),
                ('key', models.CharField(db_collation='C', max_length=200)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='CompanyTenantId',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=20)),
                ('external_id', models.CharField(db_collation='C', max_length=64)),
                ('origin', models.CharField(choices=[('by_hand', 'created by hand'), ('import', 'import'), ('sync', 'Company Sync')], max_length=20)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='FieldOwner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=40)),
                ('owner', models.CharField(choices=[('provider', 'provider wins'), ('ours', 'ours wins'), ('fill_blanks', 'fill blanks')], default='fill_blanks', max_length=12)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=12)),
                ('file_name', models.CharField(max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('content', models.BinaryField(null=True)),
                ('state', models.CharField(choices=[('reading', 'reading the file'), ('planned', 'previewed'), ('applying', 'applying'), ('done', 'done'), ('cancelled', 'cancelled'), ('failed', 'failed')], default='reading', max_length=12)),
                ('cursor', models.BigIntegerField(default=0)),
                ('counters', models.JSONField(default=dict)),
                ('problem', models.TextField(blank=True)),
                ('requested_by_kind', models.CharField(max_length=20)),
                ('requested_by_id', models.BigIntegerField(null=True)),
                ('requested_by_name', models.CharField(max_length=200)),
                ('cancel_requested_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ImportLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('kind', models.CharField(max_length=12)),
                ('key', models.TextField()),
                ('subject', models.TextField()),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
                ('reason', models.TextField()),
                ('state', models.CharField(choices=[('bad', "can't be used"), ('planned', 'planned'), ('applied', 'applied'), ('stale', 'changed meanwhile'), ('failed', 'failed')], max_length=10)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.CharField(max_length=254)),
                ('language', models.CharField(max_length=10)),
                ('state', models.CharField(choices=[('waiting', 'waiting to be sent'), ('sent', 'sent'), ('accepted', 'accepted'), ('revoked', 'revoked'), ('expired', 'expired'), ('bounced', 'bounced')], default='waiting', max_length=10)),
                ('nonce', models.UUIDField(unique=True)),
                ('token_hash', models.CharField(db_collation='C', max_length=64, unique=True)),
                ('message_id', models.CharField(max_length=200)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('greeting', models.TextField(blank=True)),
                ('invited_by_name', models.CharField(blank=True, max_length=200)),
                ('attempts', models.SmallIntegerField(default=0)),
                ('problem', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('administrator', 'Company Administrator'), ('user', 'User')], default='user', max_length=20)),
                ('state', models.CharField(choices=[('active', 'active'), ('awaiting', 'waits for the person to accept'), ('inactive', 'deactivated')], default='active', max_length=12)),
                ('origin', models.CharField(choices=[('by_hand', 'created by hand'), ('import', 'import'), ('sync', 'Company Sync')], max_length=20)),
                ('profile_first_name', models.CharField(blank=True, max_length=150)),
                ('profile_last_name', models.CharField(blank=True, max_length=150)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SharingGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.CharField(blank=True, max_length=254)),
                ('first_name', models.CharField(blank=True, max_length=150)),
                ('last_name', models.CharField(blank=True, max_length=150)),
                ('sort_name', models.CharField(db_collation='C', db_default='', default='', max_length=300)),
                ('phone', models.CharField(blank=True, max_length=60)),
                ('language', models.CharField(blank=True, max_length=10)),
                ('origin', models.CharField(choices=[('by_hand', 'created by hand'), ('import', 'import'), ('sync', 'Company Sync')], max_length=20)),
                ('version', models.IntegerField(db_default=0, default=0)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='UserKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(db_collation='C', max_length=64)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='company',
            name='address',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='company',
            name='changed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='company',
            name='contact_email',
            field=models.CharField(blank=True, db_default='', default='', max_length=254),
        ),
        migrations.AddField(
            model_name='company',
            name='contact_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=300),
        ),
        migrations.AddField(
            model_name='company',
            name='contact_phone',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
        migrations.AddField(
            model_name='company',
            name='has_had_administrator',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='company',
            name='phone',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
        migrations.AddField(
            model_name='company',
            name='registration_number',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
        migrations.AddField(
            model_name='company',
            name='relationship_ended_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='company',
            name='sort_name',
            field=models.CharField(db_collation='C', db_default='', default='', max_length=300),
        ),
        migrations.AddField(
            model_name='company',
            name='version',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='company',
            name='website',
            field=models.CharField(blank=True, db_default='', default='', max_length=300),
        ),
        migrations.AddField(
            model_name='marketplace',
            name='language',
            field=models.CharField(db_default='en', default='en', max_length=10),
        ),
        migrations.AddIndex(
            model_name='company',
            index=models.Index(fields=['marketplace', 'sort_name', 'id'], name='company_by_name'),
        ),
        migrations.AddIndex(
            model_name='company',
            index=models.Index(fields=['marketplace', 'status', 'sort_name', 'id'], name='company_by_status'),
        ),
        migrations.AddIndex(
            model_name='company',
            index=models.Index(fields=['marketplace', 'country', 'sort_name', 'id'], name='company_by_country'),
        ),
        migrations.AddIndex(
            model_name='company',
            index=models.Index(fields=['marketplace', 'created_at', 'id'], name='company_by_age'),
        ),
        migrations.AddField(
            model_name='companydomain',
            name='company',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='domains', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='companydomain',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='companykey',
            name='company',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='companykey',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='companymatchkey',
            name='company',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='companymatchkey',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='companytenantid',
            name='company',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tenant_ids', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='companytenantid',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='fieldowner',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='import',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='importline',
            name='job',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='marketplace.import'),
        ),
        migrations.AddField(
            model_name='importline',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='membership',
            name='company',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='marketplace.company'),
        ),
        migrations.AddField(
            model_name='membership',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='membership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='marketplace.membership'),
        ),
        migrations.AddField(
            model_name='marketplace',
            name='sharing_group',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='marketplace.sharinggroup'),
        ),
        migrations.AddField(
            model_name='user',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='user',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='membership',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='marketplace.user'),
        ),
        migrations.AddField(
            model_name='userkey',
            name='marketplace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.marketplace'),
        ),
        migrations.AddField(
            model_name='userkey',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.user'),
        ),
        migrations.AddIndex(
            model_name='companydomain',
            index=models.Index(fields=['marketplace', 'domain', 'company'], name='company_domain_lookup'),
        ),
        migrations.AddConstraint(
            model_name='companydomain',
            constraint=models.UniqueConstraint(fields=('company', 'domain'), name='company_domain_once'),
        ),
        migrations.AddIndex(
            model_name='companykey',
            index=models.Index(fields=['marketplace', 'key', 'company'], name='company_key_lookup'),
        ),
        migrations.AddIndex(
            model_name='companymatchkey',
            index=models.Index(fields=['marketplace', 'kind', 'key', 'company'], name='company_match_key_lookup'),
        ),
        migrations.AddIndex(
            model_name='companytenantid',
            index=models.Index(fields=['marketplace', 'external_id', 'company'], name='company_tenant_id_lookup'),
        ),
        migrations.AddConstraint(
            model_name='companytenantid',
            constraint=models.UniqueConstraint(fields=('company', 'provider', 'external_id'), name='company_tenant_id_once'),
        ),
        migrations.AddConstraint(
            model_name='fieldowner',
            constraint=models.UniqueConstraint(fields=('marketplace', 'field'), name='one_owner_per_field'),
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(fields=['marketplace', '-created_at'], name='import_by_age'),
        ),
        migrations.AddIndex(
            model_name='importline',
            index=models.Index(fields=['job', 'state', 'number'], name='import_line_by_state'),
        ),
        migrations.AddIndex(
            model_name='importline',
            index=models.Index(fields=['job', 'kind', 'number'], name='import_line_by_kind'),
        ),
        migrations.AddConstraint(
            model_name='importline',
            constraint=models.UniqueConstraint(fields=('job', 'number'), name='one_import_line_per_number'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['marketplace', 'state', 'created_at', 'id'], name='invitation_by_state'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['marketplace', 'created_at', 'id'], name='invitation_by_age'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['marketplace', 'sent_at'], name='invitation_by_sending'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'sent', 'bounced'])), fields=('membership',), name='one_live_invitation_per_membership'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['marketplace', 'sort_name', 'id'], name='user_by_name'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['marketplace', 'created_at', 'id'], name='user_by_age'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(models.F('marketplace'), django.db.models.functions.text.Lower('email'), condition=models.Q(('email', ''), _negated=True), name='one_user_per_email'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(condition=models.Q(('account__isnull', False)), fields=('marketplace', 'account'), name='one_user_per_account'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('user', 'company'), name='one_membership_per_company'),
        ),
        migrations.AddIndex(
            model_name='userkey',
            index=models.Index(fields=['marketplace', 'key', 'user'], name='user_key_lookup'),
        ),
        migrations.AlterField(
            model_name='staffrole',
            name='role',
            field=models.CharField(choices=[('marketplace manager', 'marketplace manager'), ('sales support', 'sales support'), ('customer support', 'customer support')], max_length=30),
        ),
        IsolateTable("marketplace_companydomain"),
        IsolateTable("marketplace_companytenantid"),
        IsolateTable("marketplace_companykey"),
        IsolateTable("marketplace_companymatchkey"),
        IsolateTable("marketplace_fieldowner"),
        IsolateTable("marketplace_user"),
        IsolateTable("marketplace_userkey"),
        IsolateTable("marketplace_membership"),
        IsolateTable("marketplace_invitation"),
        IsolateTable("marketplace_import"),
        IsolateTable("marketplace_importline"),
        migrations.RunSQL(ADMINISTRATOR_RULE, UNDO_ADMINISTRATOR_RULE),
        migrations.RunSQL("drop function workplaces_of_account(bigint)", migrations.RunSQL.noop),
        NamedLookup(
            "workplaces_of_account(bigint)",
            "table (marketplace_id bigint, name text, role text)",
            """
            select m.id, m.name, case when a.is_operator then 'operator' else coalesce(r.role, own.role) end
            from accounts_account a
            cross join marketplace_marketplace m
            left join marketplace_staffrole r on r.marketplace_id = m.id and r.account_id = a.id
            left join lateral (
                select case when bool_or(p.role = 'administrator') then 'company administrator' else 'user' end as role
                from marketplace_user u
                join marketplace_membership p on p.user_id = u.id and p.state = 'active'
                join marketplace_company c on c.id = p.company_id and c.status <> 'disabled'
                where u.marketplace_id = m.id and u.account_id = a.id
                having count(*) > 0
            ) own on true
            where a.id = $1 and a.is_active and (a.is_operator or r.id is not null or own.role is not null)
            order by m.name, m.id
            """,
        ),
        NamedLookup(
            "invitation_by_token(text)",
            "table (marketplace_id bigint, invitation_id bigint)",
            "select marketplace_id, id from marketplace_invitation where token_hash = $1",
        ),
    ]
