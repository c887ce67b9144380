"""English nouns: the singular of a collection's name, of which the names of foreign keys are made.

A comment on a post says so by its `postId`: the member is named after the
singular of `posts`. The rules are those that hold for names of collections, and
agree with the npm package `pluralize`, which json-server asks, wherever that one
gives English.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kvput.names import MAX_NAME_BYTES

_LAST_WORD: Final = re.compile(r"(?:[A-Z]?[^\W\d_A-Z]+|[A-Z]+)\Z")
"""The last word of a name such as `blogPosts`, `blog_posts`, `blog-posts`."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pairs(text: str) -> Mapping[str, str]:
    return MappingProxyType(dict(pair.split(":") for pair in text.split()))


_UNCHANGED: Final = _words("""
    alias analytics atlas athletics bias canvas chaos chassis corps cosmos debris diabetes dns
    ethos gallows gas gps graphics headquarters iris jeans kudos lens logistics mathematics
    measles news pathos physics politics premises scissors series sms species statistics tennis
""")
"""Words that end like a plural, and are none or are both."""

_IRREGULAR: Final = _pairs("""
    abuses:abuse aches:ache algae:alga aliases:alias alumnae:alumna alumni:alumnus
    apparatuses:apparatus appendices:appendix atlases:atlas avalanches:avalanche axes:axe
    bacteria:bacterium biases:bias cacti:cactus caches:cache canvases:canvas codices:codex
    criteria:criterion curricula:curriculum data:datum dice:die dogmata:dogma eaves:eave emus:emu
    excuses:excuse feet:foot foci:focus fungi:fungus fuses:fuse gases:gas geese:goose genera:genus
    gnus:gnu gurus:guru headaches:headache indices:index irises:iris larvae:larva lenses:lens
    lice:louse lives:life loci:locus matrices:matrix men:man menus:menu mice:mouse monies:money
    muses:muse niches:niche nuclei:nucleus oases:oasis oxen:ox phenomena:phenomenon psyches:psyche
    quizzes:quiz radii:radius refuses:refuse schemata:schema skis:ski smilies:smiley
    stigmata:stigma stimuli:stimulus strata:stratum syllabi:syllabus taxis:taxi teeth:tooth
    termini:terminus uses:use valves:valve vertebrae:vertebra vertices:vertex women:woman
""")
"""Plurals that no rule below forms."""

_IN_IE: Final = _words("""
    birdies brownies calories collies cookies cuties dies foodies genies goalies groupies hoodies
    indies lies movies neckties newbies pies pixies rookies selfies talkies ties zombies
""")

_IN_OE: Final = _words("canoes foes hoes oboes shoes toes")

_NOT_OF_MAN: Final = _words("abdomen acumen omen regimen specimen stamen")

# The first that fits counts.
_ENDINGS: Final = (
    ("people", "person"),
    ("children", "child"),
    ("shelves", "shelf"),
    ("selves", "self"),
    ("elves", "elf"),
    ("halves", "half"),
    ("calves", "calf"),
    ("wolves", "wolf"),
    ("leaves", "leaf"),
    ("loaves", "loaf"),
    ("hooves", "hoof"),
    ("thieves", "thief"),
    ("scarves", "scarf"),
    ("knives", "knife"),
    ("wives", "wife"),
    ("men", "man"),
    ("analyses", "analysis"),
    ("theses", "thesis"),
    ("gnoses", "gnosis"),
    ("crises", "crisis"),
    ("synopses", "synopsis"),
    ("emphases", "emphasis"),
    ("ies", "y"),
    ("zzes", "zz"),
    ("sses", "ss"),
    ("shes", "sh"),
    ("ches", "ch"),
    ("xes", "x"),
    ("oes", "o"),
    ("ouses", "ouse"),
    ("auses", "ause"),
    ("uses", "us"),
    ("ss", "ss"),
    ("eaux", "eau"),
    ("eaus", "eau"),
    ("us", "us"),
    ("sis", "sis"),
    ("xis", "xis"),
    ("s", ""),
)


def singular(word: str) -> str:
    """The singular of an English noun: `posts` gives `post`, `blogCategories` `blogCategory`.

    What is singular already, and what is no English, mostly stays as it is;
    of a name of several words the last one changes.
    """
    # What is longer is the name of nothing.
    last = _LAST_WORD.search(word) if 3 <= len(word) <= MAX_NAME_BYTES else None
    return word if last is None else word[: last.start()] + _singular(last[0])


def _singular(word: str) -> str:
    lower = word.lower()
    if lower in _UNCHANGED or lower in _NOT_OF_MAN:
        return word
    if lower in _IN_IE or lower in _IN_OE:
        return word[:-1]
    if lower in _IRREGULAR:
        return _in_case_of(word, _IRREGULAR[lower])
    for plural, ending in _ENDINGS:
        if lower.endswith(plural):
            stem = word[: len(word) - len(plural)]
            return stem + _in_case_of(word[len(stem) :], ending)
    return word


def _in_case_of(replaced: str, text: str) -> str:
    if replaced.isupper():
        return text.upper()
    return text.capitalize() if replaced[0].isupper() else text
