"""Pure: a patch document applied to a JSON value (merge patch, JSON Patch, shallow).

Empty as yet: PATCH is answered 405. It belongs here, beside `kvput.content`
(which reads and edits JSON text), because a patch is a function of values: no
I/O, no HTTP, no store.
"""
