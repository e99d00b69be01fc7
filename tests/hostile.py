"""Names that nobody has, and that must match nobody, cost nothing and break nothing."""

HOSTILE = [
    "", " ", "x", "🙂" * 50, "...!!!", "GmbH & Co. KG", "株式会社", "a" * 4_000, "ab " * 1_400, "שלום " * 800,
    "\u202eevil\u202c", "'; drop table--", '{}\\,"', "%_%", "\u0301" * 300, "ß" * 4_000,
]  # fmt: skip
