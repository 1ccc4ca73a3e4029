"""A column among any number of texts, as one statement that is prepared once."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class TextList(TypeDecorator[Sequence[str]]):
    """A list of texts as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the parameter's type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(Text()))
        return dialect.type_descriptor(Text())

    def process_bind_param(
        self, value: Sequence[str] | None, dialect: Dialect
    ) -> Sequence[str] | str | None:
        """Turn the list into what the database takes."""
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.dumps(value).decode()


class among(FunctionElement[bool]):  # noqa: N801 - reads as the SQL operator it is
    """Whether `column` is one of the texts bound as the list `name`."""

    type = Boolean()
    inherit_cache = True
    _is_implicitly_boolean = True
    """Else SQLAlchemy writes `(…) = 1` on SQLite, which no index serves (a test saw it)."""

    def __init__(self, column: ColumnElement[str], name: str) -> None:
        super().__init__(column, bindparam(name, type_=TextList()))


@compiles(among, "postgresql")
def _among_on_postgresql(element: among, compiler: SQLCompiler, **options: object) -> str:
    column, texts = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} = ANY ({texts}))"


@compiles(among, "sqlite")
def _among_on_sqlite(element: among, compiler: SQLCompiler, **options: object) -> str:
    column, texts = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({texts})))"  # noqa: S608 - both are the compiler's own words
