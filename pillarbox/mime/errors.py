"""What can go wrong between values and RFC 5322 bytes; every error carries its fields."""


class MimeError(ValueError):
    """The base of this package's errors."""


class AddressSyntaxError(MimeError):
    """A text is not one mailbox; `code` is stable, `detail` a sentence for the caller."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

    @property
    def is_in_name(self) -> bool:
        """Whether the display name is at fault that was given beside the address."""
        return self.code.startswith("address.name_")


class UnbuildableError(MimeError):
    """Content that cannot be written as RFC 5322 bytes; `field` names the part at fault."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
