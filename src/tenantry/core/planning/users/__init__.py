"""User Sync decided: who is in the scope, who is who, and what becomes of each. Functions of values, no more."""
