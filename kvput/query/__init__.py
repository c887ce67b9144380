"""Pure: query parameters of a collection, their operators, and paging.

Empty as yet: a collection answers all its resources. Parsing parameters into
frozen values and running them over resources belongs here; reading files and
writing `Link` fields does not.
"""
