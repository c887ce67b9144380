"""The table of queries: what is asked, and the names of what is found, in order.

A line is a query and the names; `...` stands for all the others in natural
order, and `of 26` says how many there are without the limits of a page. The
collection is CONTENT. Nothing here knows how a query is answered, so that the
same table holds for the engine and for a server.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from kvput.names import natural_order
from tests.query.content import CONTENT

NAMES: Final = tuple(sorted(CONTENT, key=natural_order))


@dataclass(frozen=True, slots=True)
class Case:
    """A query as the table has it, the names that it finds, and how many there are in all."""

    query: str
    names: tuple[str, ...]
    total: int

    @property
    def url_query(self) -> str:
        """The query as a client sends it: what a URL cannot hold is encoded."""
        return quote(self.query, safe="!$&'()*+,;=:@/?%")


def _cases(table: str) -> Iterator[Case]:
    for line in table.splitlines():
        if line.startswith("?"):
            query, *answer = line.split()
            total = int(answer.pop()) if "of" in answer else None
            names = [each for each in answer if each not in {"of", "..."}]
            if "..." in answer:
                names += [name for name in NAMES if name not in names]
            yield Case(query[1:], tuple(names), len(names) if total is None else total)


_TABLE: Final = r"""
# Nothing is asked for
?  ...
?_=1700000000  ...
?&&  ...

# Equality: type does not count, spelling does
?title=Hammer  1 11
?title=hammer
?title=Hammer&title=Saw  1 2 11
?title=Nothing
?title=1984  9 10
?title=true  15
?title=null  16
?title=
?title
?note=  6
?price=20  2 3
?price=20.0  2 3
?price=2e1  2 3
?price=12.5  1 5
?price=12.50  1
?price=9  11 12
?price=0  9
?price=-0  9
?price=-3.5  10
?price=null  6
?stock=4  1 11
?stock=04
?code=1234  2 3
?code=01234  1
?code=null  4
?sold=true  1 3 5
?sold=false  2
?sold=True
?rating=5  15 16 a10
?rating=5.0  15 a10
?rating=null  a2
?big=12345678901234567890123  100
?big=12345678901234567890124  100
?missing=1
?price=9&title=Hammer  11
?price=9&price=7  007 11 12 Ärger
?price=9&price=7&title=Hammer  11
?title=Caf%C3%A9+Table  7
?title=Caf%C3%A9%20Table  7
?title=%C3%84rger  Ärger
?title=100%25+wool  12
?note=one+%26+only  8
?note=50%25+off+(a%2Bb)  12
?emoji=%F0%9F%94%A8  Ärger
?%74itle=Hammer  1 11
?title:eq=Hammer  1 11
?title:eq=Hammer&title=Saw  1 2 11

# The id is the name
?id=1  1
?id=1&id=3  1 3
?id:in=1,3  1 3
?id=007  007
?id=7  7
?id=100  100
?id=wrong
?id=a2  a2
?id=b  b
?id=%C3%84rger  Ärger
?id=1.0
?id:in=1.0,1e0,2  2
?id_gte=17  17 18 20 100 a2 a10 b c Ärger
?id_lt=3  1 2 007
?id:gt=18  20 100 a2 a10 b c Ärger
?id_ne=1&id_lt=4  2 3 007
?id_ne=1.0&id_lt=4  1 2 3 007
?id:startsWith=a  a2 a10
?id_like=^1.*0  10 100
?id:contains=0  007 10 20 100 a10

# Places within a resource
?maker.name=Stahl  1 3
?maker.city=Graz  1 3
?maker.city.name=Porto  7
?maker.city.zip=04000  7
?maker.city.zip=4000
?maker=null  4
?maker=Stahl
?maker.name=%C3%98stby  5
?a.b=1  13 14
?a.b=2
?tags.0=wood  1 2 4 7
?tags.1=Metal  7
?tags.5=wood
?tags.-1=wood
?sizes.0=1  9
?matrix.0.1=2  a10
?matrix.1=3  a10
?nested.0.deep.0=treasure  a2
?nested.deep=treasure
?title.length=6
?a.=1

# One element of an array is enough, and for ne all must differ
?tags=wood  1 2 4 7
?tags=metal  1 5
?tags=Metal  7
?tags=wood&tags=clay  1 2 4 6 7
?tags:in=clay,carving  4 6
?tags_ne=wood  3 5 6
?tags:contains=met  1 5 7
?sizes=2  9 11
?sizes_gte=3  9 10
?sizes_lt=2  9
?matrix=1
?matrix=3

# ne: the field must be there
?price_ne=20  1 4 5 6 007 7 8 9 10 11 12 Ärger
?price_ne=20&price_ne=9  1 4 5 6 007 7 8 9 10 Ärger
?title_ne=Hammer  2 3 4 5 6 007 7 8 9 10 12 13 14 15 16 100 a2 a10 Ärger
?rating_ne=5  17 18 a2
?rating:ne=null  15 16 17 18 a10
?sold_ne=true  2
?maker.name_ne=Stahl  2 5 7
?missing_ne=1
?code_ne=1234  1 4

# Numbers compare as numbers, texts as texts
?price_gte=20  2 3 7 8
?price_gt=20  7 8
?price_lte=7  5 007 9 10 Ärger
?price_lt=7  5 9 10
?price_gte=9&price_lte=12.5  1 11 12
?price:gte=9&price:lt=20  1 11 12
?price_gte=1e2  7 8
?price_gte=abc
?price_gte=100&price_lte=0
?price_gte=100&price_gte=9  1 2 3 5 7 8 11 12
?stock_lt=0  8
?stock_gt=3  1 3 9 11
?rating_gte=5  15 16 18 a10
?rating_gt=4&rating_lt=5  17
?title_gte=S  2 6 8 13 14 Ärger
?title_lt=B  10 12 a2 a10
?title_gte=a  6 13 14 Ärger
?title:gt=1983  1 2 3 4 5 6 007 7 8 9 10 11 13 14 100 a2 a10 Ärger
?code_gte=1  2 3
?sold_gte=1  5
?maker_gte=1
?maker.name_gt=Stahl  5
?price_gt=  5
?title_lt=5  10 12

# Parts of a text; case does not count
?title:contains=amm  1 11
?title:contains=AMM  1 11
?title:contains=%C3%A9  7
?title:contains=%C3%89  7
?title:contains=strasse  8
?title:contains=.  13
?title:contains=  1 2 3 4 5 6 007 7 8 9 10 11 12 13 14 15 100 a2 a10 Ärger
?title:contains=98  9 10
?title:contains=tru  15
?price:contains=.5  1 5 10
?title:startsWith=h  1 11 100
?title:startsWith=a  13 14 a2 a10
?title:startsWith=%C3%84  Ärger
?title:endsWith=E  3 5 7 8 15
?title:endsWith=er  1 11 Ärger
?title:endsWith=er&title:endsWith=Saw  1 2 11 Ärger
?title:startsWith=h&title:endsWith=d  100

# One of several
?title:in=Hammer,Saw  1 2 11
?title:in=Hammer,+Saw  1 2 11
?title:in=Hammer&title:in=Saw  1 2 11
?title:in=Hammer,Saw&title=Saw  2
?price:in=7,9  007 11 12 Ärger
?price:in=
?stock:in=4,10  1 3 9 11
?rating:in=5,null  15 16 a2 a10
?note:in=  6

# Patterns
?title_like=amm  1 11
?title_like=AMM  1 11
?title_like=^H  1 11 100
?title_like=^h.*r$  1 11
?title_like=r$  1 11 Ärger
?title_like=^Saw$  2
?title_like=Saw|Plane  2 3
?title_like=^S|e$  2 3 5 7 8 15
?title_like=^$
?title_like=  1 2 3 4 5 6 007 7 8 9 10 11 12 13 14 15 100 a2 a10 Ärger
?title_like=.*  1 2 3 4 5 6 007 7 8 9 10 11 12 13 14 15 100 a2 a10 Ärger
?title_like=a.*e  1 3 7 8 11 a10
?title_like=^a.b$  13
?title_like=\^b\|c\$  14
?title_like=[A-Z]
?title_like=a.b  13
?title_like=o+
?title_like=^T.*t$  6
?title_like=(
?note_like=(a%2Bb)  12
?title:like=^plane  3
?title_like=^p&title_like=^k  3 5
?price_like=^1  1 5 7 8
?tags_like=^m  1 5 7

# Search, everywhere
?q=hammer  1 11 b
?q=HAMMER  1 11 b
?q=graz  1 3
?q=treasure  a2
?q=1984  9 10
?q=true  1 3 5 15
?q=clay  6 c
?q=title
?q=strasse  8
?q=%F0%9F%94%A8  Ärger
?q=a2  a2
?q=wrong
?q=  ...
?q=graz&q=oslo  1 3 5
?q=wood&price_gt=19  2 7
?q=12.5  1 5
?q=null
?q:eq=quiet  18
?q_like=qui  18

# Fields with names that look like something else
?x_gte=7  17 18
?x_gte:eq=7  17
?x:gte=7  17 18
?x=7  18
?with:colon:eq=1  18
?_id:eq=k1  18
?_id:like=^k  18
?or=1  18
?lt=6  18
?filter=f  18
?range=3  18
?sort=title
?embed=x
?x_gt=7  17
?x_lte=7  18

# Order: numbers, texts, booleans; the rest last; then by name
?_sort=title  9 12 10 a10 a2 007 7 4 1 11 100 5 3 2 8 13 14 6 Ärger ...
?_sort=title&_order=desc  15 Ärger 6 14 13 8 2 3 5 100 1 11 4 7 007 a2 a10 10 12 ...
?_sort=-title  15 Ärger 6 14 13 8 2 3 5 100 1 11 4 7 007 a2 a10 10 12 ...
?_sort=price  10 9 007 Ärger 4 11 12 1 2 3 8 7 ...
?_sort=-price  5 7 8 2 3 1 11 12 4 007 Ärger 9 10 ...
?_sort=price&_order=DESC  5 7 8 2 3 1 11 12 4 007 Ärger 9 10 ...
?_sort=price,title  10 9 007 Ärger 4 12 11 1 3 2 8 7 5 a10 a2 100 13 14 ...
?_sort=price,-title  10 9 Ärger 007 4 11 12 1 2 3 8 7 5 15 6 14 13 100 a2 a10 ...
?_sort=-price,title  5 7 8 3 2 1 12 11 4 007 Ärger 9 10 a10 a2 100 13 14 ...
?_sort=price,title&_order=desc,asc  5 7 8 3 2 1 12 11 4 007 Ärger 9 10 a10 a2 100 13 14 ...
?_sort=price,title&_order=,desc  10 9 Ärger 007 4 11 12 1 2 3 8 7 5 15 6 14 13 100 a2 a10 ...
?_sort=price&_sort=title&_order=asc&_order=desc&price:in=7,9  Ärger 007 11 12
?_sort=maker.name  7 2 1 3 5 ...
?_sort=maker.name&_order=desc&maker.name_ne=x  5 1 3 2 7
?_sort=stock,price  8 2 7 5 4 6 1 9 3 11 10 007 Ärger ...
?_sort=rating  17 15 a10 18 16 ...
?_sort=-rating  16 18 15 a10 17 ...
?_sort=id  ...
?_sort=-id  Ärger c b a10 a2 100 20 18 17 16 15 14 13 12 11 10 9 8 7 007 6 5 4 3 2 ...
?_sort=id&_order=desc  Ärger c b a10 a2 100 20 18 17 16 15 14 13 12 11 10 9 8 7 007 6 5 4 3 2 ...
?_sort=price,-id  10 9 Ärger 007 4 12 11 1 3 2 8 7 5 c b a10 a2 100 20 18 17 16 15 14 13 ...
?_sort=sold  5 2 ...
?_sort=missing  ...
?_sort=-missing  ...
?_sort=  ...
?_sort=&_order=  ...
?_sort=tags.0  6 1 2 4 7 ...
?_sort=maker.city  2 1 3 5 ...
?_sort=title,+price  9 12 10 a10 a2 007 7 4 11 1 100 5 3 2 8 13 14 6 Ärger ...
?_sort=title,title&_order=asc,desc  9 12 10 a10 a2 007 7 4 1 11 100 5 3 2 8 13 14 6 Ärger ...

# Slices
?_start=0&_end=3  1 2 3  of 26
?_start=2&_end=4  3 4  of 26
?_start=2&_limit=3  3 4 5  of 26
?_limit=2  1 2  of 26
?_limit=0    of 26
?_end=2  1 2  of 26
?_start=22  a10 b c Ärger  of 26
?_start=24&_end=99  c Ärger  of 26
?_start=99&_end=100    of 26
?_start=5&_end=3    of 26
?_start=9007199254740991&_limit=9007199254740991    of 26
?price_gte=9&_sort=price&_start=1&_end=3  12 1  of 7
?_sort=-price&_limit=3  5 7 8  of 26

# Pages
?_page=1  1 2 3 4 5 6 007 7 8 9  of 26
?_page=2  10 11 12 13 14 15 16 17 18 20  of 26
?_page=3  100 a2 a10 b c Ärger  of 26
?_page=4    of 26
?_page=1&_limit=5  1 2 3 4 5  of 26
?_page=6&_limit=5  Ärger  of 26
?_page=2&_limit=5&_sort=-id  100 20 18 17 16  of 26
?_page=1&_per_page=4  1 2 3 4  of 26
?_page=2&_per_page=4&tags=wood  1 2 4 7
?_page=2&_per_page=3&tags=wood  7  of 4
?_page=007&_limit=1  007  of 26

# json-server 1.x: conditions as JSON
?_where={"price":{"gt":20}}  7 8
?_where={"price":{"gte":9,"lt":20}}  1 11 12
?_where={"price":20}  2 3
?_where={"price":"20"}  2 3
?_where={"price":[7,9]}  007 11 12 Ärger
?_where={"price":{"in":[7,9]}}  007 11 12 Ärger
?_where={"price":{"in":7}}  007 Ärger
?_where={"price":{"eq":7}}  007 Ärger
?_where={"price":{"ne":20}}  1 4 5 6 007 7 8 9 10 11 12 Ärger
?_where={"price":{"ne":[20,9]}}  1 4 5 6 007 7 8 9 10 Ärger
?_where={"price":null}  6
?_where={"sold":true}  1 3 5
?_where={"sold":false}  2
?_where={"title":{"contains":"amm"}}  1 11
?_where={"title":{"startsWith":"s"}}  2 8
?_where={"title":{"endsWith":"E"}}  3 5 7 8 15
?_where={"title":{"like":"^S|^P"}}  2 3 8
?_where={"title_like":"^S|^P"}  2 3 8
?_where={"maker":{"name":"Stahl"}}  1 3
?_where={"maker":{"name":{"gt":"G"}}}  1 3 5
?_where={"maker.name":{"gt":"G"}}  1 3 5
?_where={"maker":{"city":{"name":"Porto"}}}  7
?_where={"or":[{"price":{"gt":100}},{"price":{"lt":0}}]}  5 7 10
?_where={"or":[{"price":{"gt":100}},{"title":"Saw"},{"title":"Bond"}]}  2 5 007 7
?_where={"or":[]}
?_where={"and":[]}  ...
?_where={"and":[{"price":{"gt":5}},{"price":{"lt":9}}]}  4 007 Ärger
?_where={"and":[{"or":[{"price":9},{"price":7}]},{"title":{"startsWith":"h"}}]}  11
?_where={"or":[{"and":[{"price":9},{"title":"Hammer"}]},{"id":2}]}  2 11
?_where={"price":{"or":[{"lt":0},{"gt":100}]}}  5 7 10
?_where={"or":[{"price":20,"sold":true},{"stock":1}]}  3 5 7
?_where={"or":[{}]}  ...
?_where={"or:eq":1}  18
?_where={"lt":6}  18
?_where={"lt":{"eq":6}}  18
?_where={"x_gte":7}  17 18
?_where={"x_gte:eq":7}  17
?_where={"x_gte":{"eq":7}}  17
?_where={"_id":"k1"}  18
?_where={"q":"clay"}  6 c
?_where={"q:eq":"quiet"}  18
?_where={"id":[1,"a2"]}  1 a2
?_where={"id":[1.0,"2.0"]}  1
?_where={"id":[]}
?_where={"id_ne":[]}  ...
?_where={}  ...
?_where={"maker":{}}  ...
?_where={"a.b":1}  13 14
?_where={"price":1e2}  8
?_where={"title":1984}  9 10
?_where={"code":1234}  2 3
?_where={"price":{"gt":19}}&sold=true  3
?_where={"price":{"gt":19}}&_where={"stock":10}  3
?_where={"tags":{"contains":"OO"}}  1 2 4 7
?_where=%7B%22price%22%3A20%7D  2 3
?_where=+{"price":20}  2 3

# react-admin simple-rest
?filter={}  ...
?filter={"title":"Hammer"}  1 11
?filter={"title":"Hammer","price":9}  11
?filter={"id":[1,3,"a2"]}  1 3 a2
?filter={"id":["1","3"]}  1 3
?filter={"id":[]}
?filter={"q":"hammer"}  1 11 b
?filter={"q":"hammer","price":9}  11
?filter={"q":""}  ...
?filter={"maker":{"name":"Stahl"}}  1 3
?filter={"maker.name":"Stahl"}  1 3
?filter={"sold":true}  1 3 5
?filter={"price_gte":20}  2 3 7 8
?filter={"price_gte":9,"price_lte":12.5}  1 11 12
?filter={"title_like":"^h"}  1 11 100
?filter={"price_ne":20}  1 4 5 6 007 7 8 9 10 11 12 Ärger
?filter={"price:gt":20}  7 8
?filter={"tags":["clay","carving"]}  4 6
?filter={"price":null}  6
?filter={"title":"100%25+wool"}  12
?filter=%7B%22title%22%3A%22Caf%C3%A9+Table%22%7D  7
?range=[0,2]  1 2 3  of 26
?range=[2,3]  3 4  of 26
?range=[0,-1]    of 26
?range=[24,99]  c Ärger  of 26
?range=[50,59]    of 26
?range=[25,25]  Ärger  of 26
?sort=["title","ASC"]  9 12 10 a10 a2 007 7 4 1 11 100 5 3 2 8 13 14 6 Ärger ...
?sort=["title","DESC"]  15 Ärger 6 14 13 8 2 3 5 100 1 11 4 7 007 a2 a10 10 12 ...
?sort=["price","desc"]  5 7 8 2 3 1 11 12 4 007 Ärger 9 10 ...
?sort=["price","ASC","title","DESC"]  10 9 Ärger 007 4 11 12 1 2 3 8 7 5 15 6 14 13 100 a2 a10 ...
?sort=[["price","ASC"],["title","DESC"]]&price:in=7,9  Ärger 007 11 12
?sort=["id","DESC"]  Ärger c b a10 a2 100 20 18 17 16 15 14 13 12 11 10 9 8 7 007 6 5 4 3 2 ...
?sort=[]  ...
?sort=["-x","ASC"]  ...
?filter={"tags":"wood"}&range=[0,1]&sort=["price","DESC"]  7 2  of 4
?filter={"tags":"wood"}&range=[2,3]&sort=["price","DESC"]  1 4  of 4

# Several dialects at once: all that they ask for holds
?filter={"tags":"wood"}&price_gte=10&title:contains=a  1 2 7
?filter={"tags":"wood"}&_where={"stock":1}&q=caf  7
?_sort=price&sort=["title","DESC"]&price=9  11 12
?filter={"price":9}&_page=1&_limit=1  11  of 2
?tags=wood&_sort=-price&_start=1&_limit=2&_=5  2 1  of 4
?_embed=comments  ...
?_expand=maker&_embed=a,b  ...
?tags=wood&embed=["comments"]  1 2 4 7
"""


CASES: Final = tuple(_cases(_TABLE))
