"use strict";
/*
 * An OpenAPI 3.1 document as what the page shows: groups of operations, each with its references
 * followed. Schemas keep their references, since they may refer to themselves; `resolve` follows
 * one when it is looked at.
 *
 * What is missing or of another kind than it should be counts as absent: a page about a broken
 * description is better than none.
 */

const METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];
const MOST_REFERENCES = 32;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value) => (Array.isArray(value) ? value : []);
const entriesOf = (value) => (isObject(value) ? Object.entries(value) : []);
const textOf = (value) => (typeof value === "string" ? value.toWellFormed() : "");

class Description {
  constructor(document) {
    this.document = isObject(document) ? document : {};
    const info = isObject(this.document.info) ? this.document.info : {};
    this.title = textOf(info.title) || "API";
    this.version = textOf(info.version);
    this.description = textOf(info.description);
    this.groups = this.#groups();
  }

  /** The group of this name; undefined where there is none. */
  group(name) {
    return this.groups.find((group) => group.name === name);
  }

  /** The operation of this id, or else the first of this method, in the group of this name. */
  operation(groupName, id) {
    const operations = this.group(groupName)?.operations ?? [];
    const method = id.toUpperCase();
    return (
      operations.find((operation) => operation.id === id) ??
      operations.find((operation) => operation.method === method)
    );
  }

  /** The operation of this id, in whatever group it is first. */
  operationById(id) {
    return this.groups
      .flatMap((group) => group.operations)
      .find((operation) => operation.id === id);
  }

  /**
   * A schema without `$ref` at its top, and the name under which it was referred to. Where
   * a reference leads nowhere, or in a circle, the schema is what stands beside it.
   */
  resolve(schema) {
    let name = "";
    for (let hops = 0; isObject(schema) && typeof schema.$ref === "string"; hops += 1) {
      const { $ref: reference, ...beside } = schema;
      name ||= lastSegment(reference);
      const target = hops < MOST_REFERENCES ? this.#at(reference) : undefined;
      // JSON Schema 2020-12, 8.2.3.1: what stands beside $ref counts as well.
      schema = isObject(target) ? { ...target, ...beside } : (target ?? beside);
    }
    return { schema: schema ?? {}, name };
  }

  /** All that an operation's text depends on, as a text: the same as long as nothing changes. */
  signature(operation) {
    const seen = new Map();
    const collect = (node) => {
      if (Array.isArray(node)) {
        node.forEach(collect);
      } else if (isObject(node)) {
        for (const [key, value] of Object.entries(node)) {
          if (key === "$ref" && typeof value === "string" && !seen.has(value)) {
            const target = this.#at(value);
            seen.set(value, target);
            collect(target);
          }
          collect(value);
        }
      }
    };
    collect(operation.source);
    return JSON.stringify([operation.source, [...seen]]);
  }

  /** What a reference leads to, for things that are no schemas. */
  #follow(node) {
    for (let hops = 0; isObject(node) && typeof node.$ref === "string"; hops += 1) {
      node = hops < MOST_REFERENCES ? this.#at(node.$ref) : undefined;
    }
    return isObject(node) ? node : {};
  }

  /** What a JSON Pointer in a URL fragment names (RFC 6901 section 6); undefined for nothing. */
  #at(reference) {
    if (!reference.startsWith("#")) {
      return undefined;
    }
    let found = this.document;
    for (const segment of pointerSegments(reference)) {
      if (typeof found !== "object" || found === null || !Object.hasOwn(found, segment)) {
        return undefined;
      }
      found = found[segment];
    }
    return found;
  }

  #groups() {
    const groups = new Map();
    const group = (name, description = "") => {
      if (!groups.has(name)) {
        groups.set(name, { name, description, operations: [] });
      }
      return groups.get(name);
    };
    for (const tag of listOf(this.document.tags).filter(isObject)) {
      group(textOf(tag.name), textOf(tag.description));
    }
    for (const [path, item] of entriesOf(this.document.paths)) {
      const followed = this.#follow(item);
      for (const method of METHODS.filter((each) => isObject(followed[each]))) {
        const operation = this.#operation(path, method, followed);
        group(operation.group).operations.push(operation);
      }
    }
    return [...groups.values()].filter(({ operations }) => operations.length > 0);
  }

  #operation(path, method, item) {
    const source = item[method];
    const tag = textOf(listOf(source.tags)[0]);
    return {
      id: textOf(source.operationId) || `${method} ${path}`,
      group: tag || path.split("/")[1] || "Other",
      method: method.toUpperCase(),
      path,
      summary: textOf(source.summary) || textOf(item.summary) || `${method.toUpperCase()} ${path}`,
      description: textOf(source.description) || textOf(item.description),
      deprecated: source.deprecated === true,
      parameters: this.#parameters([...listOf(item.parameters), ...listOf(source.parameters)]),
      body: this.#body(source.requestBody),
      responses: entriesOf(source.responses).map(([status, node]) => this.#response(status, node)),
      source: [path, method, source, item.parameters],
    };
  }

  /** Parameters; one of an operation replaces the path's of the same name and place. */
  #parameters(nodes) {
    const parameters = new Map();
    for (const parameter of nodes.map((node) => this.#described("", this.#follow(node)))) {
      parameters.set(`${parameter.in}:${parameter.name}`, parameter);
    }
    return [...parameters.values()];
  }

  /** What parameters and header fields have in common. */
  #described(name, node) {
    // OpenAPI 3.1, 4.8.12.2.2: with `content`, the value is written in that media type.
    const [, content] = entriesOf(node.content).find(([, media]) => isObject(media)) ?? [];
    const { schema } = content ?? node;
    return {
      name: name || textOf(node.name),
      in: textOf(node.in) || "header",
      required: node.required === true || node.in === "path",
      deprecated: node.deprecated === true,
      description: textOf(node.description),
      schema: schema ?? {},
      isWritten: content !== undefined,
      style: textOf(node.style),
      explode: node.explode,
      examples: this.#examples(content ?? node),
    };
  }

  #body(node) {
    if (node === undefined) {
      return null;
    }
    const body = this.#follow(node);
    const contents = this.#contents(body.content);
    return contents.length === 0
      ? null
      : { description: textOf(body.description), required: body.required === true, contents };
  }

  #response(status, node) {
    const response = this.#follow(node);
    const headers = entriesOf(response.headers);
    const links = entriesOf(response.links).map(([name, link]) => [name, this.#follow(link)]);
    return {
      status,
      description: textOf(response.description),
      headers: headers.map(([name, header]) => this.#described(name, this.#follow(header))),
      contents: this.#contents(response.content),
      links: links.map(([name, link]) => ({ name, operationId: textOf(link.operationId) })),
    };
  }

  #contents(node) {
    return entriesOf(node).map(([type, media]) => {
      const content = isObject(media) ? media : {};
      return { type, schema: content.schema ?? {}, examples: this.#examples(content) };
    });
  }

  /** The examples that are given: `{name, value}`. */
  #examples(node) {
    const examples = entriesOf(node.examples).map(([key, each]) => {
      const example = this.#follow(each);
      return { name: textOf(example.summary) || key, value: example.value };
    });
    if (node.example !== undefined) {
      examples.unshift({ name: "Example", value: node.example });
    }
    return examples.filter(({ value }) => value !== undefined);
  }
}

function pointerSegments(reference) {
  const segments = reference.slice(1).split("/").slice(1);
  return segments.map((segment) => decoded(segment).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function lastSegment(reference) {
  return pointerSegments(reference.replace(/^[^#]*/, "")).at(-1) ?? reference;
}

/** A percent-encoded text, decoded; as it is where that is not possible. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
