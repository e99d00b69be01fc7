# ruff: noqa: RUF001  # letters that look alike are what this is about
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.search import fold, search_keys, search_ranges, words

NAMES = [
    "Alpine Bäckerei & Söhne GmbH",
    "Müller-Schmidt S.A.R.L. (Genève)",
    "O'Brien's Ltd.",
    "株式会社日本情報通信システムズ開発研究所",
    "トヨタ自動車（株）",
    "한국전력공사 주식회사",
    "ООО «Ромашка»",
    "شركة النور للتجارة",
    "חברת החשמל לישראל",
    "हिन्दी भाषा कंपनी",
    "บริษัท ปูนซิเมนต์ไทย จำกัด",
    "İstanbul Ticaret A.Ş.",
    "Straße ﬁnance ＡＢＣ 𝐁𝐨𝐥𝐝",
    "amazon.com Services",
    "deadbeef-cafe Imports",
    "𠮷野家ホールディングス",
    "foo_bar__baz 3.5% (plus)",
    "🦊 Fox 🚀 Labs",
]


def finds(query: str, keys: list[str]) -> bool:
    """Whether the query finds a row with these keys, as the database would: every range holds a key."""
    ranges = search_ranges(query)
    return bool(ranges) and all(any(start <= key < below for key in keys) for start, below in ranges)


@pytest.mark.parametrize("name", NAMES)
def test_every_beginning_of_every_word_finds_the_name(name: str) -> None:
    keys = search_keys([name], [], [])
    for word in words(name):
        for length in range(1, len(word) + 1):
            assert finds(word[:length], keys), word[:length]


@pytest.mark.parametrize("name", NAMES)
def test_every_beginning_of_the_name_as_written_finds_it(name: str) -> None:
    keys = search_keys([name], [], [])
    for length in range(1, len(name) + 1):
        written = name[:length]
        assert not words(written) or finds(written, keys), written


@pytest.mark.parametrize("name", NAMES)
def test_every_word_as_written_finds_the_name_whatever_its_case(name: str) -> None:
    keys = search_keys([name], [], [])
    for word in name.split():
        assert not words(word) or finds(word.upper(), keys), word


@pytest.mark.parametrize(
    "part", ["日本", "情報通信", "システムズ", "研究所", "ｼｽﾃﾑ", "日本情報通信システムズ開発研究所"]
)
def test_any_part_of_a_japanese_name_finds_it(part: str) -> None:
    assert finds(part, search_keys(["株式会社日本情報通信システムズ開発研究所"], [], []))


@pytest.mark.parametrize("part", ["자동차", "ไทย", "家ホール"])
def test_any_part_of_a_name_without_blanks_finds_it(part: str) -> None:
    assert finds(part, search_keys(["현대자동차", "บริษัทปูนซิเมนต์ไทย", "𠮷野家ホールディングス"], [], []))


@given(st.text(max_size=60))
def test_the_words_of_any_text_find_it(text: str) -> None:
    keys = search_keys([text], [], [])
    for word in words(text)[:8]:
        assert finds(word, keys)


@pytest.mark.parametrize(
    "query",
    [
        "alpine-group.example",
        "ALPINE-GROUP.EXAMPLE",
        "alpine-group.ex",
        "alpine",
        "alpine-group",
        "group",
        "ada@alpine-group.example",
        "@alpine-group.example",
        "ada.berg",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "3f2504e0-4f89",
        "3F2504E0",
        "3f25",
        "bakery ada alpine-group.example",
    ],
)
def test_domain_mailbox_and_id_are_found_whole_and_from_their_beginning(query: str) -> None:
    keys = search_keys(
        ["Bakery", "ada.berg"],
        ["alpine-group.example", "alpinegroup.onmicrosoft.com"],
        ["3f2504e0-4f89-41d3-9a0c-0305e82c3301"],
    )
    assert finds(query, keys)


@pytest.mark.parametrize("query", ["bakerz", "ben@alpine.example", "pine", "alpine.com", "4f89", "bakery cole"])
def test_what_is_not_there_is_not_found(query: str) -> None:
    keys = search_keys(["Bakery", "ada"], ["alpine.example"], ["3f2504e0-4f89-41d3-9a0c-0305e82c3301"])
    assert not finds(query, keys)


@pytest.mark.parametrize("query", ["", "   ", "&&& !!", "🦊", "@", "."])
def test_a_query_without_letters_searches_for_nothing(query: str) -> None:
    assert search_ranges(query) == []


def test_folding_takes_case_accents_and_compatibility_forms_off() -> None:
    assert fold("  ÅNGSTRÖM  Ｆｕｌｌ ﬁrst Straße İI 𝐀 ") == "angstrom full first strasse ii a"


def test_folding_a_folded_letter_changes_nothing_for_any_letter_there_is() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if not unicodedata.category(char).startswith("C"):
            once = fold(char)
            assert fold(once) == once, hex(code)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "name",
    ["A" * 4_000, "Wort " * 800, "株" * 4_000, "\ud800broken\udfff", "\u202eRTL\u202c نور", "👩‍👩‍👧‍👦" * 40, "\x00"],
)
def test_strange_names_give_few_and_short_keys(name: str) -> None:
    keys = search_keys([name, name, name], [name], [name])
    assert len(keys) <= 80
    assert all(0 < len(key) <= 40 for key in keys)
    assert len(search_ranges(name)) <= 8


def test_when_there_are_too_many_keys_id_domain_and_the_beginning_of_the_name_stay() -> None:
    name = " ".join(f"zz{number:03}" for number in range(200))
    keys = search_keys([name, "contact"], ["zzz.example"], ["ffffffff-0000"])
    assert {"ffffffff-0000", "zzz.example", "zz000", "zz070"} <= set(keys)
    assert "contact" not in keys
