"""Results as a run would have them, without a run."""

from benchmarks.articles import BYTES
from benchmarks.figures import Results, Start
from benchmarks.load import Figure
from benchmarks.peers import (
    BARE,
    JSON_SERVER_0,
    JSON_SERVER_1,
    KVPUT,
    NGINX,
    PEERS,
    UNSTORAGE,
    WSGIDAV,
)
from benchmarks.works import CASCADE, FIRST_DELETE, LARGE

RATES: dict[str, dict[str, float]] = {
    "hot-get": {KVPUT: 9500, BARE: 10000, NGINX: 30000, JSON_SERVER_1: 2000},
    "get": {KVPUT: 9500, BARE: 10000, NGINX: 28000, JSON_SERVER_1: 2000},
    "304": {KVPUT: 11000, BARE: 10000, NGINX: 33000},
    "put": {KVPUT: 5000, BARE: 9000, NGINX: 4000, JSON_SERVER_1: 1000},
    "create": {KVPUT: 4000, BARE: 9000, NGINX: 10000},
    "post": {KVPUT: 4000, BARE: 9000, JSON_SERVER_1: 800},
    "put-100": {KVPUT: 5000, NGINX: 4000, JSON_SERVER_1: 3000, UNSTORAGE: 2000},
    "put-10000": {KVPUT: 4900, NGINX: 4000, UNSTORAGE: 2000},
    "put-100000": {KVPUT: 4750, NGINX: 3900, UNSTORAGE: 1990},
    "lone": {KVPUT: 1500, BARE: 4000},
    "page-100": {KVPUT: 8000, JSON_SERVER_1: 2000},
    "page-1000": {KVPUT: 8000, JSON_SERVER_1: 160},
    "page-10000": {KVPUT: 7900},
    "page-100000": {KVPUT: 6000},
    "filter-1000": {KVPUT: 7000, JSON_SERVER_1: 1000},
    "page-1000-puts": {KVPUT: 7500},
    "page-100000-puts": {KVPUT: 4000},
    "move-100": {KVPUT: 4000},
    "move-100-relation": {KVPUT: 2000},
    "move-100000-relation": {KVPUT: 1500},
    "move-100-lone-relation": {KVPUT: 800},
    "move-100000-lone-relation": {KVPUT: 720},
}

NOTHING = Results("2020-02-02", 1, 1, {}, {}, {peer.key: "not asked" for peer in PEERS})


def results() -> Results:
    """Three rounds, of which the middle one has the given rates; json-server 0.17 is absent."""
    made = Results(
        measured="2020-02-02",
        rounds=3,
        seconds=4,
        machine={"processor": "two & a half <cores>"},
        versions={KVPUT: "kvput 1", BARE: "aiohttp 3", NGINX: "nginx 1"},
        absent={JSON_SERVER_0: "node is not installed", WSGIDAV: "pip failed: no network"},
    )
    for work, rates in RATES.items():
        for peer, rate in rates.items():
            for factor in (0.5, 1.0, 3.0):
                p50 = 32_000 / rate if work != "lone" else 1000 / rate
                made.add(work, peer, Figure(int(rate * 4), rate * factor, p50, 2 * p50))
    made.skip("put-10000", JSON_SERVER_1, "no request finished in 4 s")
    made.skip("put-100000", JSON_SERVER_1, "no request finished in 4 s")
    made.skip("post", NGINX, "it does not create by POST")
    made.starts = {0: [Start(0.4, 40_000_000)], LARGE: [Start(0.6, 45_000_000)]}
    made.skip("page-10000", JSON_SERVER_1, "no answer in 10 s")
    made.first_lists = {
        "by name-cached": [1.0, 2.0, 9.0],
        "sorted by a field-cached": [2.5, 2.5, 2.5],
        "by name-on disk": [3.5, 3.5, 3.5],
    }
    made.list_bytes = [int(2.25 * LARGE * BYTES)]
    made.deletes = {FIRST_DELETE: [1.5, 2.0, 9.0], CASCADE: [0.05, 0.0625, 0.07]}
    made.append_ms = [0.3, 0.4, 9.0]
    return made
