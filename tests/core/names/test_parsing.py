"""Names taken apart: every trap and every hazard that is known."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.names import parse_name
from tenantry.core.names.folding import fold, latin
from tenantry.core.names.parsing import LONGEST_NAME, MOST_WORDS

with (Path(__file__).parent / "legal-form-traps.csv").open(encoding="utf-8", newline="") as stream:
    TRAPS = [(row["name"], row["must_equal_when_normalised"]) for row in csv.DictReader(stream)]


@pytest.mark.parametrize(("name", "left"), TRAPS)
def test_only_the_legal_form_is_taken_off(name: str, left: str) -> None:
    assert parse_name(name).normal == fold(left)


def test_all_traps_are_here() -> None:
    assert len(TRAPS) == 32


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Contoso GmbH & Co. KG", "CONTOSO GmbH und Co KG"),
        ("Contoso GmbH and Co. KG", "contoso"),
        ("Contoso Pty Limited", "Contoso Pty. Ltd."),
        ("Tiffany & Co.", "Tiffany"),
        ("Müller und Söhne GmbH", "Muller & Sohne"),
        ("Dupont et Fils SARL", "DUPONT & FILS"),
        ("ISTANBUL ISI LTD. ŞTİ.", "İstanbul Isı"),
        ("ＡＢＣ　株式会社", "abc"),
        ("㈱日立", "日立"),
        ("삼성전자 주식회사", "(주)삼성전자"),
        ("北京百度网讯科技有限公司", "北京百度网讯科技"),
        ("ОАО «Газпром»", "Газпром"),
        ("Ανώνυμη Εταιρεία Τσιμέντων", "Ανωνυμη Εταιρεια Τσιμεντων"),
        ('שלום בע"מ', "שלום"),
        ("บริษัท ปตท จำกัด (มหาชน)", "ปตท"),
        ("Công ty Cổ phần FPT", "FPT"),
        ("O’Reilly Media, Inc.", "OReilly Media"),
        ("Watsco Inc /FL/", "Watsco"),
        ("Łódź Sp. z o.o.", "Lodz"),
        ("The Contoso Company", "Contoso"),
        ("Contoso (Pty) Ltd", "Contoso"),
        ("Contoso GmbH Austria", "Contoso Austria"),
        ("QuantumScape Corp. (USA)", "QuantumScape USA"),
        ("الاتصالات السعودية ش.م.م", "الاتصالات السعودية"),
        ("შპს რკინიგზა", "რკინიგზა"),
        ("Գրանդ Հոլդինգ ՍՊԸ", "Գրանդ Հոլդինգ"),
        ("Алма Транс ЖШС", "Алма Транс"),
        ("Еуро Градња д.о.о.", "Еуро Градња"),
        ("टाटा मोटर्स लिमिटेड", "टाटा मोटर्स"),
        ("L. L. Bean L.L.C.", "L L Bean"),
    ],
)
def test_ways_to_write_one_name(one: str, other: str) -> None:
    assert parse_name(one).normal == parse_name(other).normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A-B-C Company", "A Company"),
        ("A-B-C Company", "X-Y-Z Company"),
        ("Air France", "Air"),
        ("Hilton Berlin", "Hilton Munich"),
        ("Studio 54", "Studio 45"),
        ("日立製作所", "日立建機"),
    ],
)
def test_other_names_stay_other_names(one: str, other: str) -> None:
    assert parse_name(one).normal != parse_name(other).normal


def test_a_leading_form_needs_a_reason() -> None:
    assert parse_name("PT Bank Central Asia", "ID").normal == "bank central asia"
    assert parse_name("PT. Bank Central Asia").normal == "bank central asia"
    assert parse_name("PT Bank", "US").normal == "pt bank"
    assert parse_name("SIA Latvijas Dzelzceļš", "LV").normal == "latvijas dzelzcels"


def test_a_trading_name_comes_first_and_the_other_is_kept() -> None:
    name = parse_name("Nova Holdings LLC d/b/a Contoso Coffee")
    assert [variant.normal for variant in name.variants] == ["contoso coffee", "nova holdings"]


def test_numbers_as_words_and_abbreviations_have_one_key() -> None:
    assert parse_name("Three Mobile Intl").variants[0].keys == parse_name("3 Mobile International").variants[0].keys


def test_country_words_are_known() -> None:
    (variant,) = parse_name("Contoso (New Zealand) Ltd").variants
    assert variant.places == ("", "NZ", "NZ")


@pytest.mark.parametrize("name", ["", " ", "...", "🙂🙂", "---", "&", "\x00", "«»"])
def test_what_has_no_word_has_no_variant(name: str) -> None:
    assert parse_name(name).variants == () or parse_name(name).variants[0].says_nothing


@pytest.mark.parametrize("name", ["GmbH & Co. KG", "株式会社", "SAS", "The Limited", "x", "S.p.A."])
def test_a_name_that_is_only_a_form_says_nothing_and_is_not_empty(name: str) -> None:
    (variant,) = parse_name(name).variants
    assert variant.normal
    assert variant.says_nothing


def test_sounds_are_spelt_and_signs_are_not() -> None:
    assert latin("яндекс") == "yandeks"
    assert not latin("北京")


@given(st.text(max_size=400))
def test_any_text_is_taken_apart(text: str) -> None:
    name = parse_name(text)
    for variant in name.variants:
        assert 0 < len(variant.words) <= MOST_WORDS
        assert len(variant.words) == len(variant.keys) == len(variant.bits) == len(variant.places)
        assert all(1 <= bits <= 15 for bits in variant.bits)


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="abcdefgh ", min_size=1, max_size=40))
def test_case_and_blanks_do_not_matter(text: str) -> None:
    assert parse_name(f"  {text.upper()} ").normal == parse_name(text).normal


@pytest.mark.parametrize(
    "piece", ["a", "ab ", "a.", "株式会社", "(株)", "dba ", "🙂", "and ", "gmbh & co. kg ", "\u0301", "ﷺ"]
)
def test_the_longest_names_take_no_time(piece: str) -> None:
    started = time.process_time()
    name = parse_name(piece * 4_000)
    assert time.process_time() - started < 0.1
    assert all(len(word) <= 2 * LONGEST_NAME * 18 for variant in name.variants for word in variant.words)
