"""Automatic creation: pending companies that a rule makes companies, behind the brakes of ``core.brakes``."""
