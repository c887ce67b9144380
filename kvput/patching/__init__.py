"""Pure: a patch document applied to a JSON text (merge patch, JSON Patch, shallow).

Own code, since a library such as jsonpatch works on parsed values, and so could
not keep what a patch does not touch as it was written. It edits the text through
`kvput.content.json_document`. What a PATCH request needs beside that (what is
stored, conditions, ids) belongs to `kvput.resources`.
"""
