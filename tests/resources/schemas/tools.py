"""A store with schemas in it, and what they make of values."""

import json
import re
from typing import Final

from kvput.declarations import Declaration
from kvput.paths import CollectionPath, resource_at
from kvput.resources.schemas.in_use import CompiledSchema, Schemas, Violation
from kvput.store.base import Delete, Put
from kvput.store.memory import MemoryStore
from tests.store.tools import seen, writing

ARTICLE: Final = "schemas/article.json"
ARTICLES: Final = Declaration(
    CollectionPath(("articles",)), schema=resource_at(ARTICLE), schema_line=2
)


class Data:
    """Files, and the schemas that are read from them; `told` is what was said of these."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.schemas = Schemas(self.told.append)
        self.store = MemoryStore()

    @property
    def faults(self) -> list[str]:
        """What was told, without the words on what the files are for."""
        return [
            re.sub(r", [^,]*the schema of /articles \([^)]*\),", "", told) for told in self.told
        ]

    async def write(self, file: str, document: object) -> None:
        """Write a file: bytes as they are, what else as JSON."""
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        path = resource_at(file)
        assert path is not None
        await self.store.commit(writing(Put(path, content)))

    async def remove(self, file: str) -> None:
        """Remove a file."""
        path = resource_at(file)
        assert path is not None
        await self.store.commit(writing(Delete(path)))

    async def violations(self, value: object) -> tuple[Violation, ...]:
        """What the schema of articles finds wrong with a value."""
        return await seen(self.store, lambda view: self.schemas.violations(view, ARTICLES, value))

    async def validator(self) -> CompiledSchema | None:
        """The schema of articles, compiled."""
        return await seen(self.store, lambda view: self.schemas.validator(view, ARTICLES))


async def compiled(schema: object) -> CompiledSchema:
    """A schema that stands alone, and can be used."""
    data = Data()
    await data.write(ARTICLE, schema)
    validator = await data.validator()
    assert validator is not None, data.told
    return validator
