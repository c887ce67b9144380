"use strict";
/*
 * A schema as a tree that opens step by step. What is inside a type is looked up when it is
 * opened: a type may be inside itself.
 */

const MOST_STEPS_OPENED = 3;

/** A schema with what is inside it open. `key` tells its disclosures from those of others. */
function schemaTree(description, schema, key) {
  const children = childrenOf(description, schema);
  const head = element("p", { class: "tree-head" }, named(typeName(description, schema), "type"));
  const about = prose(textOf(description.resolve(schema).schema.description));
  return [
    head,
    about,
    factLine(description, schema),
    children.length ? branches(description, children, key) : null,
  ];
}

/** A list of things with names and schemas: parameters, header fields, members. */
function branches(description, children, key, steps = 0) {
  // A step that is the only one is no choice: it is open, but not without end.
  const isOpen = children.length === 1 && !children[0].isName && steps < MOST_STEPS_OPENED;
  const items = children.map((child) =>
    branch(description, child, `${key}/${child.label}`, steps, isOpen),
  );
  return element("ul", { class: "tree" }, items);
}

/** A named thing; where it has a description of its own, that stands for its schema's. */
function branch(description, child, key, steps, isOpen) {
  const { schema } = description.resolve(child.schema);
  const inner = childrenOf(description, child.schema);
  const flags = [...flagsOf(schema), ...(child.deprecated ? [FLAG_WORDS.deprecated] : [])];
  const head = [
    named(child.label, child.isName ? "name" : "label"),
    " ",
    named(typeName(description, child.schema), "type"),
    child.required ? [" ", element("span", { class: "flag required" }, "required")] : null,
    [...new Set(flags)].map((flag) => [" ", element("span", { class: "flag" }, flag)]),
  ];
  const about = [
    prose(child.description || textOf(schema.description)),
    factLine(description, child.schema),
  ];
  if (inner.length === 0) {
    return element("li", {}, element("p", { class: "tree-head" }, head), about);
  }
  const { button, panel } = disclosure({
    key,
    head: element("span", { class: "tree-head" }, head),
    body: () => branches(description, inner, key, child.isName ? 0 : steps + 1),
    open: isOpen,
  });
  return element("li", {}, button, about, panel);
}

function factLine(description, given) {
  const facts = partsOf(description, given).flatMap(factsOf);
  if (facts.length === 0) {
    return null;
  }
  const shown = facts.map((fact) =>
    element(
      "li",
      {},
      fact.words === undefined ? fact : [`${fact.words} `, element("code", {}, named(fact.code))],
    ),
  );
  return element("ul", { class: "facts" }, shown);
}
