import uuid

import pytest

from pillarbox.domain.ids import encode_suffix, is_type_id


def test_a_uuid_is_encoded_as_the_specification_says() -> None:
    """The vector of the TypeID specification (valid.json, "uuidv7")."""
    value = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")

    assert "01h455vb4pex5vsknk084sn02q" == encode_suffix(value.bytes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("msg_01h455vb4pex5vsknk084sn02q", True),
        ("msg_7zzzzzzzzzzzzzzzzzzzzzzzzz", True),
        ("msg_8zzzzzzzzzzzzzzzzzzzzzzzzz", False),
        ("msg_01h455vb4pex5vsknk084sn02", False),
        ("msg_01H455VB4PEX5VSKNK084SN02Q", False),
        ("msg_01h455vb4pex5vsknk084sn0il", False),
        ("key_01h455vb4pex5vsknk084sn02q", False),
        ("01h455vb4pex5vsknk084sn02q", False),
        ("", False),
    ],
)
def test_what_is_not_well_formed_names_nothing(text: str, *, expected: bool) -> None:
    """A malformed id is refused before the store is asked."""
    assert expected == is_type_id(text, "msg")
