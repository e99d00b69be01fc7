"""A row's problems as one number with an index, and an index that answers which words one row has."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the number and both indexes. The table is written anew once."""

    dependencies = [
        ('connections', '0002_care'),
        ('marketplace', '0005_operator_view'),
        ('sync', '0006_planned_kinds'),
    ]

    operations = [
        migrations.AddField(
            model_name='pendingcompany',
            name='problem_bits',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.Case(models.When(problems__contains=['details_not_read'], then=models.Value(64)), default=models.Value(0), output_field=models.IntegerField()), '+', models.Case(models.When(problems__contains=['details_refused'], then=models.Value(128)), default=models.Value(0), output_field=models.IntegerField())), '+', models.Case(models.When(problems__contains=['contact_missing'], then=models.Value(256)), default=models.Value(0), output_field=models.IntegerField())), '+', models.Case(models.When(problems__contains=['contact_email_missing'], then=models.Value(512)), default=models.Value(0), output_field=models.IntegerField())), '+', models.Case(models.When(automatic_problems__contains=['decided_by_hand'], then=models.Value(1)), default=models.Value(0), output_field=models.IntegerField())), '+', models.Case(models.When(automatic_problems__contains=['reserved'], then=models.Value(2)), default=models.Value(0), output_field=models.IntegerField())), '+', models.Case(models.When(automatic_problems__contains=['looks_like_company'], then=models.Value(4)), default=models.Value(0), output_field=models.IntegerField())), '+', models.Case(models.When(automatic_problems__contains=['contact_shared'], then=models.Value(8)), default=models.Value(0), output_field=models.IntegerField())), '+', models.Case(models.When(automatic_problems__contains=['contact_of_staff'], then=models.Value(16)), default=models.Value(0), output_field=models.IntegerField())), '+', models.Case(models.When(automatic_problems__contains=['contact_unconfirmed'], then=models.Value(32)), default=models.Value(0), output_field=models.IntegerField())), output_field=models.IntegerField()),
        ),
        migrations.AlterField(
            model_name='pendingkey',
            name='pending',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sync.pendingcompany'),
        ),
        migrations.AddIndex(
            model_name='pendingcompany',
            index=models.Index(fields=['marketplace', 'state', 'problem_bits', 'id'], name='pending_by_problem'),
        ),
        migrations.AddIndex(
            model_name='pendingkey',
            index=models.Index(fields=['pending', 'key', 'marketplace'], name='pending_keys_of_one'),
        ),
    ]
