"use strict";
/*
 * What a schema says, in words: its type, its limits, and what is inside it. How that is drawn
 * is in tree.js.
 */

const MOST_ALTERNATIVES_NAMED = 3;
const DEEPEST_PART = 16;

/** A value as JSON, in one line. */
const literal = (value) => JSON.stringify(value) ?? "";
const counted = (number, one) => `${number} ${one}${number === 1 ? "" : "s"}`;

/* Keyword, and the sentence about its value. */
const SCHEMA_FACTS = [
  ["minLength", (value) => `at least ${counted(value, "character")}`],
  ["maxLength", (value) => `at most ${counted(value, "character")}`],
  ["minimum", (value) => `${value} or more`],
  ["exclusiveMinimum", (value) => `more than ${value}`],
  ["maximum", (value) => `${value} or less`],
  ["exclusiveMaximum", (value) => `less than ${value}`],
  ["multipleOf", (value) => `a multiple of ${value}`],
  ["minItems", (value) => `at least ${counted(value, "item")}`],
  ["maxItems", (value) => `at most ${counted(value, "item")}`],
  ["uniqueItems", (value) => (value ? "no item twice" : "")],
  ["minProperties", (value) => `at least ${counted(value, "member")}`],
  ["maxProperties", (value) => `at most ${counted(value, "member")}`],
  ["additionalProperties", (value) => (value === false ? "no other members" : "")],
];
/* Keyword, and the words before its value, which is shown as code. */
const SCHEMA_VALUES = [
  ["const", "always"],
  ["pattern", "matches"],
  ["default", "default"],
];
const SCHEMA_FLAGS = ["readOnly", "writeOnly", "deprecated"];
const FLAG_WORDS = { readOnly: "read-only", writeOnly: "write-only", deprecated: "deprecated" };

/** Whether a schema says nothing. */
function isAnything(schema) {
  return schema === true || (isObject(schema) && Object.keys(schema).length === 0);
}

/** A schema's type in a few words: `array of Article`. */
function typeName(description, given, depth = 0) {
  const { schema, name } = description.resolve(given);
  if (name) {
    return name;
  }
  if (schema === false) {
    return "nothing";
  }
  if (!isObject(schema) || depth > DEEPEST_PART) {
    return "anything";
  }
  const alternatives = alternativesOf(schema);
  const types = [schema.type ?? impliedType(schema)].flat().filter((type) => type !== undefined);
  if (types.length === 0 && alternatives.length > 0) {
    return alternatives.length <= MOST_ALTERNATIVES_NAMED
      ? alternatives.map((each) => typeName(description, each, depth + 1)).join(" or ")
      : `one of ${alternatives.length} forms`;
  }
  if (types.length === 0 && listOf(schema.allOf).length === 1) {
    return typeName(description, schema.allOf[0], depth + 1);
  }
  const words = types.map((type) =>
    type === "array" && isObject(schema.items) && !isAnything(schema.items)
      ? `array of ${typeName(description, schema.items, depth + 1)}`
      : String(type),
  );
  const title = textOf(schema.title);
  if (title && (words.length === 0 || words.join() === "object")) {
    return title;
  }
  const format = textOf(schema.format);
  return (words.join(" or ") || "anything") + (format ? ` (${format})` : "");
}

function impliedType(schema) {
  if (schema.properties || schema.additionalProperties || schema.patternProperties) {
    return "object";
  }
  if (schema.items || schema.prefixItems) {
    return "array";
  }
  const values = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  const kinds = new Set(listOf(values).map((value) => (value === null ? "null" : typeof value)));
  return kinds.size === 1 ? [...kinds][0] : undefined;
}

function alternativesOf(schema) {
  return [...listOf(schema.oneOf), ...listOf(schema.anyOf)];
}

/** The limits that a schema sets: texts, and `{words, code}` for values. */
function factsOf(schema) {
  if (!isObject(schema)) {
    return [];
  }
  const present = ([keyword]) => Object.hasOwn(schema, keyword);
  const facts = SCHEMA_FACTS.filter(present).map(([keyword, sentence]) =>
    sentence(schema[keyword]),
  );
  const values = SCHEMA_VALUES.filter(present).map(([keyword, words]) => {
    const value = schema[keyword];
    return { words, code: keyword === "pattern" ? textOf(value) : literal(value) };
  });
  const choices = listOf(schema.enum);
  return [
    ...(choices.length ? [{ words: "one of", code: choices.map(literal).join(", ") }] : []),
    ...facts.filter(Boolean),
    ...values,
  ];
}

/** The flags that a schema carries, in words. */
function flagsOf(schema) {
  return isObject(schema)
    ? SCHEMA_FLAGS.filter((flag) => schema[flag] === true).map((flag) => FLAG_WORDS[flag])
    : [];
}

/** A schema and all that `allOf` adds to it, resolved. */
function partsOf(description, given, depth = 0) {
  const { schema } = description.resolve(given);
  if (!isObject(schema) || depth > DEEPEST_PART) {
    return [];
  }
  const added = listOf(schema.allOf).flatMap((part) => partsOf(description, part, depth + 1));
  return [schema, ...added];
}

/** What is one step inside a schema: `{label, schema, required, isName}`, in order. */
function childrenOf(description, given) {
  return partsOf(description, given).flatMap((schema) => [
    ...membersOf(schema),
    ...listOf(schema.prefixItems).map((item, place) => inside(`item ${place + 1}`, item)),
    ...(saysMore(description, schema.items) ? [inside("each item", schema.items)] : []),
    ...alternativesOf(schema).map((each, place) => inside(`form ${place + 1}`, each)),
  ]);
}

/** Whether there is more to an item than the name of its type, which stands with the list. */
function saysMore(description, items) {
  const { schema } = description.resolve(items);
  return (
    isObject(schema) &&
    Object.keys(schema).some((keyword) => !["type", "format", "title"].includes(keyword))
  );
}

function membersOf(schema) {
  const required = new Set(listOf(schema.required));
  const members = entriesOf(schema.properties).map(([name, member]) => ({
    label: name,
    schema: member,
    required: required.has(name),
    isName: true,
  }));
  const patterns = entriesOf(schema.patternProperties).map(([pattern, member]) =>
    inside(`each member like ${pattern}`, member),
  );
  const others = schema.additionalProperties;
  const rest = isObject(others) && !isAnything(others) ? [inside("each other member", others)] : [];
  return [...members, ...patterns, ...rest];
}

function inside(label, schema) {
  return { label, schema, required: false, isName: false };
}
