"use strict";
/*
 * Content to begin with: the examples that a description gives, and where it gives none, one
 * made from the schema. How a value is written depends on the media type.
 */

const DEEPEST_SAMPLE = 6;

/* By type, the simplest value. */
const SIMPLEST = {
  string: (schema) =>
    STRINGS[schema.format] ?? "text".padEnd(Math.min(schema.minLength ?? 0, 200), "."),
  integer: (schema) => schema.minimum ?? (schema.exclusiveMinimum ?? -1) + 1,
  number: (schema) => schema.minimum ?? (schema.exclusiveMinimum ?? -1) + 1,
  boolean: () => true,
  null: () => null,
};
const STRINGS = {
  "date-time": "2026-01-31T12:00:00Z",
  date: "2026-01-31",
  time: "12:00:00Z",
  duration: "P1D",
  email: "ada@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  "uri-reference": "/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

/** A value that a schema describes; undefined where none comes to an end. */
function sampleOf(description, given, depth = 0, within = []) {
  const { schema, name } = description.resolve(given);
  if (!isObject(schema) || depth > DEEPEST_SAMPLE || (name && within.includes(name))) {
    return isAnything(schema) ? {} : undefined;
  }
  const ready = [
    schema.example,
    listOf(schema.examples)[0],
    schema.default,
    schema.const,
    listOf(schema.enum)[0],
  ];
  const first = ready.find((value) => value !== undefined);
  if (first !== undefined) {
    return first;
  }
  const inner = name ? [...within, name] : within;
  const [alternative] = alternativesOf(schema).filter((each) => !isAnything(each));
  if (alternative !== undefined) {
    return sampleOf(description, alternative, depth + 1, inner);
  }
  const type = [schema.type ?? (schema.allOf ? "object" : impliedType(schema))].flat()[0];
  if (type === "object") {
    return sampleObject(description, schema, depth, inner);
  }
  if (type === "array") {
    const item = sampleOf(
      description,
      listOf(schema.prefixItems)[0] ?? schema.items ?? {},
      depth + 1,
      inner,
    );
    return item === undefined || isAnything(schema.items ?? {}) ? [] : [item];
  }
  return Object.hasOwn(SIMPLEST, type) ? SIMPLEST[type](schema) : {};
}

function sampleObject(description, schema, depth, within) {
  const members = partsOf(description, schema).flatMap((part) => entriesOf(part.properties));
  const made = members
    .filter(([, member]) => description.resolve(member).schema.readOnly !== true)
    .map(([name, member]) => [name, sampleOf(description, member, depth + 1, within)])
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(made);
}

/* --- how a value is written --- */

const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value));
const recordsOf = (value) => (Array.isArray(value) ? value : [value]);

function asCsv(value) {
  const records = recordsOf(value).filter(isObject);
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const row = (cells) => cells.map(cell).join(",");
  const rows = records.map((record) => row(names.map((name) => asText(record[name] ?? ""))));
  return [row(names), ...rows].join("\n");
}

/* Media types, and how they are written; the first that fits. JSON is YAML and JSON5 as well. */
const WRITERS = [
  [
    /^application\/(x-ndjson|jsonl)$/,
    (value) =>
      recordsOf(value)
        .map((each) => JSON.stringify(each))
        .join("\n"),
  ],
  [/^text\/csv$/, asCsv],
  [
    /^application\/x-www-form-urlencoded$/,
    (value) =>
      new URLSearchParams(entriesOf(value).map(([name, each]) => [name, asText(each)])).toString(),
  ],
  [
    /^multipart\/form-data$/,
    (value) =>
      entriesOf(value)
        .map(([name, each]) => `${name}=${asText(each)}`)
        .join("\n"),
  ],
  [/./, (value) => JSON.stringify(value, null, 2)],
];
const JSON_TYPE = /^[^/]+\/([^/]*\+)?json5?$/;

/** A value as content of a media type; a text that is no JSON stands as it is. */
function written(value, type) {
  if (typeof value === "string" && !JSON_TYPE.test(type)) {
    return value;
  }
  const [, write] = WRITERS.find(([pattern]) => pattern.test(type));
  return write(value) ?? "";
}

/** The examples of a content, as texts: `{name, text}`; one made from its schema if none is given. */
function examplesOf(description, content) {
  const given = content.examples.map(({ name, value }) => ({
    name,
    text: written(value, content.type),
  }));
  if (given.length > 0) {
    return given;
  }
  const made = sampleOf(description, content.schema);
  return made === undefined ? [] : [{ name: "Example", text: written(made, content.type) }];
}
