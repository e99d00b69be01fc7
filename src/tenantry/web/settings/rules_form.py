"""The form of field rules: which side wins, a select for each field."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from tenantry.core.planning.linked import FieldRule, Rules

FILL_BLANKS = (FieldRule.FILL_BLANKS.value, "Fill blanks")
PROVIDER_WINS = (FieldRule.PROVIDER.value, "Provider wins")
OURS_WINS = (FieldRule.OURS.value, "Ours wins")


class RulesForm(forms.Form):
    """A rule for each field. ``labels`` has its label and a sentence about it, ``offered`` the usual rule first."""

    labels: ClassVar[Mapping[str, tuple[str, str]]] = {}
    offered: ClassVar[Sequence[tuple[str, str]]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, sentence) in self.labels.items():
            self.fields[name] = forms.ChoiceField(choices=self.offered, label=label, help_text=sentence)

    @property
    def rules(self) -> Rules:
        """The rules that were chosen."""
        return {name: FieldRule(self.cleaned_data[name]) for name in self.labels}
