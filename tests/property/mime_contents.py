"""Contents as hypothesis strategies: everything that a caller may ask for, and its edges."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.ids import MessageId
from pillarbox.domain.message import Attachment, Content

CONTROL_CHARACTERS = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    "\u2028",
    "\u2029",
    "\ud800",
]
"""Everything that may not stand in a header field."""

_SCRIPTS = (
    "aZ09 .,;:<>()[]@\"\\'=?_%/-ßéñžЖщ漢字かな한국어عربيעברהिं ไทย𝔘🙂👩‍👩‍👧e\u0301\u00a0\ufeff"
)

line_texts = st.one_of(
    st.text(alphabet=_SCRIPTS, max_size=120),
    st.text(
        alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]),
        max_size=60,
    ),
    st.text(alphabet="abc =?_", max_size=160),
    st.sampled_from(["", "=?utf-8?q?x?=", "%0d%0aBcc: x@y", "a" * 300, "ä" * 300, " a ", "a  b"]),
)
"""What may stand in a subject or name: no control characters."""

body_texts = st.one_of(
    st.text(max_size=200).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)),
    st.text(alphabet="ab .\t\r\n=", max_size=300),
    st.text(alphabet="aé \r\n", max_size=300),
    st.builds(
        lambda unit, times: unit * times, st.text(alphabet="x .é\n", max_size=9), st.just(99)
    ),
    st.sampled_from(
        [
            "",
            ".",
            "..\r\n.",
            "\n.\n",
            "\n.\r\n",
            "\r.\r",
            "\r\n\x00.\r\n",
            "a" * 2000,
            " " * 2000,
            "日本語" * 700,
            "a" * 75 + " \n" + "a" * 74 + "\t",
            "no line end",
            "\n",
            "From here\nFrom there\n",
        ]
    ),
)
"""What may stand in a body: anything that is Unicode."""

_ASCII_LOCALS = st.text(alphabet="abcXYZ019!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=64)
_DOMAINS = st.sampled_from(
    ["acme.test", "localhost", "a.b", "xn--bcher-kva.example", "d" * 60 + "." + "e" * 60 + ".test"]
)
ascii_addresses = st.builds(Address, _ASCII_LOCALS, _DOMAINS)
addresses = st.one_of(
    ascii_addresses, st.builds(Address, st.sampled_from(["jürgen", "用户", "ü" * 32]), _DOMAINS)
)


def mailboxes(of: st.SearchStrategy[Address] = addresses) -> st.SearchStrategy[Mailbox]:
    return st.builds(Mailbox, of, line_texts)


custom_headers = st.lists(
    st.tuples(
        st.sampled_from(["X-Order", "x", "X-" + "N" * 62, "Keywords"]),
        st.one_of(line_texts, st.text(alphabet="ab  ", max_size=300)),
    ),
    max_size=3,
)

filenames = st.one_of(
    st.sampled_from(["r.pdf", "a b;c=d.txt", 'quo"te.txt', "naïve.txt", "x" * 255, "ü" * 120, ""]),
    line_texts.filter(lambda name: len(name.encode()) <= 255),
)

attachments = st.builds(
    Attachment,
    filename=filenames,
    content_type=st.sampled_from(
        [
            "application/pdf",
            "image/png",
            "text/csv; charset=latin-1",
            "TEXT/Calendar;method=REQUEST",
        ]
    ),
    content=st.binary(max_size=300),
    content_id=st.sampled_from([None, None, "logo", "a@b"]),
)


def contents(
    of: st.SearchStrategy[Address] = addresses, files: st.SearchStrategy[Attachment] = attachments
) -> st.SearchStrategy[Content]:
    boxes = st.lists(mailboxes(of), max_size=4).map(tuple)
    return st.builds(
        Content,
        message_id=st.sampled_from([MessageId("msg_01"), MessageId("msg_02")]),
        internet_message_id=st.just("<msg_01@acme.test>"),
        date=st.datetimes(
            min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
            max_value=datetime(2090, 1, 1),  # noqa: DTZ001 - the same
            timezones=st.just(UTC),
        ),
        sender=mailboxes(of),
        to=boxes,
        cc=boxes,
        reply_to=boxes,
        subject=line_texts,
        text=st.none() | body_texts,
        html=st.none() | body_texts,
        headers=custom_headers.map(tuple),
        attachments=st.lists(files, max_size=3).map(tuple),
    )


PLAIN = Content(
    message_id=MessageId("msg_01k5x9w9p7e6yvwn8m2e8rj1zt"),
    internet_message_id="<msg_01k5x9w9p7e6yvwn8m2e8rj1zt@acme.test>",
    date=datetime(2027, 1, 1, 9, 0, tzinfo=UTC),
    sender=Mailbox(Address("billing", "acme.test"), "Acme Billing"),
    to=(Mailbox(Address("ada", "example.com")),),
    cc=(),
    reply_to=(),
    subject="Receipt 42",
    text="Thank you.\n",
    html=None,
    headers=(),
    attachments=(),
)
"""The simplest message, for `dataclasses.replace`."""
