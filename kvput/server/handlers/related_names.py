"""The names that `_embed` and `_expand` take, for the API's description.

They follow from what is declared and from which collections there are; what the
description says of them is in `kvput.describing.openapi_parameters`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kvput.declarations import Declarations
from kvput.describing.openapi import Collection
from kvput.paths import CollectionPath
from kvput.query.nouns import singular
from kvput.resources.relations.sides import sides_of
from kvput.resources.relations.ways import Ways


def with_related_names(
    collections: Sequence[Collection], declarations: Declarations
) -> Iterator[Collection]:
    """The collections; each with which a relation has to do, with the names that are taken."""
    sides = sides_of(declarations)
    for each in collections:
        segments = each.described.segments
        known = tuple(segment for segment in segments if segment is not None)
        ways = Ways(sides, CollectionPath(known))
        if len(known) < len(segments) or not ways:
            yield each
            continue
        beside = {
            last
            for other in collections
            if other.described.segments[:-1] == segments[:-1]
            and (last := other.described.segments[-1]) is not None
        }
        nouns = set(map(singular, beside))
        yield replace(
            each,
            embed=_that_can_be_sent((ways.embed.keys() | beside | nouns) - ways.ambiguous.keys()),
            expand=_that_can_be_sent(ways.expand.keys() | nouns),
        )


def _that_can_be_sent(names: Iterable[str]) -> tuple[str, ...]:
    """The names that can stand in a list that is divided by commas."""
    return tuple(sorted(name for name in names if name == name.strip() != "" and "," not in name))
