"""HTTP's edge, the only place that imports aiohttp: request to values to answer.

It decides nothing: what a request means is for `kvput.resources`.
"""
