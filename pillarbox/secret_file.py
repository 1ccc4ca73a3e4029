from pathlib import Path


class SecretFileError(ValueError):
    """A file that holds no secret; `str()` says why, and nothing of what it holds."""


def read_secret(path: Path) -> str:
    """Return the first line of a file, which is a secret; raises `SecretFileError`."""
    try:
        secret = path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except OSError as error:
        raise SecretFileError(f"{path}: {error.strerror or type(error).__name__}") from None
    except UnicodeDecodeError:
        raise SecretFileError(f"{path}: is not UTF-8") from None
    if not secret:
        raise SecretFileError(f"{path} is empty")
    return secret
