from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.texts import storable


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=30))
def test_what_is_storable_can_be_encoded_and_holds_no_zero(text: str) -> None:
    kept = storable(text)
    assert "\x00" not in kept.encode().decode()
    assert len(kept) == len(text)
    assert storable(kept) == kept


@given(st.text(max_size=30).filter(lambda text: "\x00" not in text))
def test_ordinary_text_is_kept_as_it_is(text: str) -> None:
    assert storable(text) == text
