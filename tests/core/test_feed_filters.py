"""What an operator types as a feed's filter."""

import pytest

from tenantry.core.feed_filters import FeedFilter, TypedFilter, domain_of, read_filter

GUID = "abcdefab-cdef-abcd-efab-cdefabcdefab"


def test_entries_are_read_however_they_are_kept_apart() -> None:
    read = read_filter(TypedFilter("de, at;CH\nde", " Contoso.COM\nfabrikam.com. ", "", f"{{{GUID.upper()}}}\n{GUID}"))
    assert read.errors == {}
    assert read.value == FeedFilter(("AT", "CH", "DE"), ("contoso.com", "fabrikam.com"), (), (GUID,))
    assert not read.value.lets_all_through
    assert read_filter(TypedFilter(" \n", ",", ";")).value.lets_all_through


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        (TypedFilter(countries="DE Germany"), "countries", "'GERMANY' is no country code"),
        (TypedFilter(domains="contoso"), "domains", "'contoso' is no domain"),
        (TypedFilter(domains="<b>.com"), "domains", "is no domain"),
        (TypedFilter(indirect_resellers="contoso.com"), "indirect_resellers", "no id of a tenant"),
        (TypedFilter(tenant_ids="1234"), "tenant_ids", "It looks like 0000"),
        (TypedFilter(tenant_ids=f"{GUID} " * 5_001), "tenant_ids", "At most 5,000 entries"),
    ],
)
def test_what_is_none_is_named_at_its_field(typed: TypedFilter, field: str, words: str) -> None:
    errors = read_filter(typed).errors
    assert list(errors) == [field]
    assert words in errors[field]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("Contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("a..b", ""),
        ("-a.example", ""),
        ("x" * 64 + ".example", ""),
        ("a.b" * 200, ""),
        ("contoso.com/path", ""),
        ("", ""),
    ],
)
def test_a_domain_is_told_from_what_only_looks_like_one(given: str, read: str) -> None:
    assert domain_of(given) == read
