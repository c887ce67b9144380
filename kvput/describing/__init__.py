"""What collections look like, told from what they hold and what is declared of them.

Belongs here: a schema made of values, and schemas written as TypeScript and as the
API's own description. Does not belong here: checking content against a schema, and
where values and schemas come from.
"""
