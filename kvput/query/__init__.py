"""Queries on a collection: what they ask, how they are written in a URL, and how they are answered.

`filters` and `selection` are the values that everything here speaks of;
`parameters` and the dialects read them off a URL; `table` answers them out of an
index; `paging` says which other pages there are. Pure: what stands in a
collection is given by the store.
"""
