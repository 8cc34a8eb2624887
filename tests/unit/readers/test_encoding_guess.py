"""The encoding of few names: what they are written in is what they are read in."""

import pytest

from imports.readers.delimited.encoding_guess import ENCODINGS, everyday_share, guesses

WESTERN = "Sergio Pérez,Nico Hülkenberg,Kimi Räikkönen,Große Straße,5 €"
CZECH = "Jiří Král,Škoda,Łukasz Żółć,Zażółć"
SIMPLIFIED = "金枪六十,周冠宇,浪漫勇士,上海赛道"
TRADITIONAL = "金槍六十,何澤堯,浪漫勇士,跑馬地"
JAPANESE = "佐藤 琢磨,ホンダ,角田 裕毅,レッドブル"
KOREAN = "김철수,현대,박지성,기아"
RUSSIAN = "Сироткин Сергей,Уильямс,Квят Даниил"
GREEK = "Γιώργος,Παπαδόπουλος,Αθήνα"


@pytest.mark.parametrize(
    ("text", "written", "read"),
    [
        (WESTERN, "cp1252", "cp1252"),
        ("Pérez", "latin-1", "cp1252"),
        ("€", "cp1252", "cp1252"),
        (CZECH, "cp1250", "cp1250"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (TRADITIONAL, "gbk", "gb18030"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5hkscs"),
        ("幸運星", "gbk", "gb18030"),
        ("幸運星", "big5", "big5hkscs"),
        (JAPANESE, "cp932", "cp932"),
        (JAPANESE, "euc_jp", "euc_jp"),
        (KOREAN, "cp949", "cp949"),
        (RUSSIAN, "cp1251", "cp1251"),
        (GREEK, "cp1253", "cp1253"),
    ],
)
def test_names_are_read_in_what_they_are_written_in(
    text: str, written: str, read: str
) -> None:
    assert guesses(text.encode(written))[0] == read


def test_character_that_the_end_of_the_sample_cuts_is_no_mistake() -> None:
    assert guesses(TRADITIONAL.encode("big5")[:-1])[0] == "big5hkscs"


@pytest.mark.parametrize("sample", [b"", bytes(range(256)), b"\x81\x00\xff\xff" * 9])
def test_what_is_no_text_is_not_guessed(sample: bytes) -> None:
    assert guesses(sample) == []


def test_same_text_in_two_encodings_is_taken_for_the_earlier_one() -> None:
    assert ENCODINGS.index("cp1252") < ENCODINGS.index("cp1250")
    assert guesses("Hülkenberg".encode("cp1250"))[0] == "cp1252"


@pytest.mark.parametrize(
    ("text", "encoding", "share"),
    [
        ("plain", "cp1252", 0.0),
        ("é", "cp1252", 1.0),
        ("ÐÒÔËÐÇ", "cp1252", 0.0),
        ("25°", "cp1252", 1.0),
        ("Mьller", "cp1251", 0.0),
        ("Квят", "cp1251", 1.0),
        ("мРЛ", "cp1251", 0.0),
        ("赛马", "gb18030", 1.0),
        ("ホ", "gb18030", 0.0),
        ("ホンダ", "cp932", 1.0),
    ],
)
def test_everyday_characters_are_counted(
    text: str, encoding: str, share: float
) -> None:
    assert everyday_share(text, encoding) == share
