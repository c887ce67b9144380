"use strict";
/*
 * From what a form holds to a request, as a value: `{method, url, headers, body, fields}`. `body`
 * is a text, or null; `fields` the fields of a multipart form, or null. `asCurl` and `asFetch`
 * turn the same value into a line for a shell and into what the browser sends.
 */

/* This page is `/-/docs`: the addresses in the description begin where the server's do. */
const SERVER = new URL("..", document.baseURI).href.replace(/\/$/, "");
const MULTIPART = "multipart/form-data";

/* Fetch Standard, "forbidden request-header": a page cannot set these. */
const FORBIDDEN_FIELD =
  /^(accept-charset|accept-encoding|access-control-.*|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|proxy-.*|referer|sec-.*|set-cookie|te|trailer|transfer-encoding|upgrade|via)$/i;

const parameterKey = (parameter) => `${parameter.in}:${parameter.name}`;

/**
 * The request of an operation. `values` has `parameters`, a Map from `parameterKey` to the text
 * that was given (empty: not sent), and may have `accept`, `type` (of the content) and `body`.
 */
function requestOf(description, operation, values) {
  const given = (place) =>
    operation.parameters
      .filter((parameter) => parameter.in === place)
      .map((parameter) => [parameter, values.parameters.get(parameterKey(parameter)) ?? ""])
      .filter(([, text]) => text !== "");
  const query = given("query").flatMap(([parameter, text]) =>
    queryPairs(description, parameter, text),
  );
  const headers = given("header").map(([parameter, text]) => [parameter.name, text]);
  if (values.accept) {
    headers.push(["Accept", values.accept]);
  }
  const hasContent = operation.body !== null && (values.body !== "" || operation.body.required);
  const isForm = hasContent && values.type === MULTIPART;
  if (hasContent && !isForm) {
    headers.push(["Content-Type", values.type]);
  }
  return {
    method: operation.method,
    url:
      SERVER +
      filledPath(operation.path, new Map(given("path").map(([{ name }, text]) => [name, text]))) +
      queryText(query),
    headers,
    body: hasContent && !isForm ? values.body : null,
    fields: isForm ? pairsIn(values.body) : null,
  };
}

/* RFC 3986 section 3.3: what a path may hold as it is. A percent sign was put there on purpose. */
const NOT_IN_PATH = /[^A-Za-z0-9._~!$&'()*+,;=:@%/-]+/g;

/** A path with its parameters filled in; those without a value stay as they are. */
function filledPath(path, values) {
  return path
    .split(/\{([^{}]*)\}/)
    .map((part, place) => {
      // The odd parts are the names of parameters.
      if (place % 2 === 0) {
        return part.replace(NOT_IN_PATH, percentEncoded);
      }
      return percentEncoded(values.get(part) ?? `{${part}}`);
    })
    .join("");
}

/** How a parameter is to be given: `one` text, `lines` (a list) or `pairs` (an object). */
function shapeOf(description, parameter) {
  if (parameter.isWritten) {
    return "one";
  }
  const { schema } = description.resolve(parameter.schema);
  const type = isObject(schema) ? [schema.type ?? impliedType(schema)].flat()[0] : undefined;
  return { array: "lines", object: "pairs" }[type] ?? "one";
}

const SEPARATORS = { spaceDelimited: " ", pipeDelimited: "|" };

function queryPairs(description, parameter, text) {
  const { name, style } = parameter;
  const shape = shapeOf(description, parameter);
  if (shape === "one") {
    return [[name, text]];
  }
  const pairs = shape === "pairs" ? pairsIn(text) : linesIn(text).map((line) => [name, line]);
  if (shape === "pairs" && style === "deepObject") {
    return pairs.map(([key, value]) => [`${name}[${key}]`, value]);
  }
  // OpenAPI 3.1, 4.8.12.2.1: with style form, which is the default, explode is true by default.
  if (parameter.explode ?? (style === "" || style === "form")) {
    return pairs;
  }
  const parts = shape === "pairs" ? pairs.flat() : linesIn(text);
  return [[name, parts.join(SEPARATORS[style] ?? ",")]];
}

function linesIn(text) {
  return text.split("\n").filter((line) => line !== "");
}

/** Lines of the form `name=value`. */
function pairsIn(text) {
  return linesIn(text).map((line) => {
    const place = line.indexOf("=");
    return place < 0 ? [line, ""] : [line.slice(0, place), line.slice(place + 1)];
  });
}

function queryText(pairs) {
  const encode = (text) => percentEncoded(text).replace(/%(2C|3A|2F|40)/g, decodeURIComponent);
  return pairs.length ? `?${pairs.map((pair) => pair.map(encode).join("=")).join("&")}` : "";
}

/** What `fetch` is given beside the address. Throws TypeError for a field that no request has. */
function asFetch(request) {
  const init = {
    method: request.method,
    headers: new Headers(request.headers.filter(([name]) => !FORBIDDEN_FIELD.test(name))),
    // What the browser has kept must not answer in the server's place.
    cache: "no-store",
  };
  if (request.fields) {
    init.body = new FormData();
    request.fields.forEach(([name, value]) => init.body.append(name, value));
  } else if (request.body !== null) {
    init.body = request.body;
  }
  return init;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The request as a curl command for a POSIX shell. */
function asCurl(request) {
  const method = { GET: [], HEAD: ["--head"] }[request.method] ?? ["-X", request.method];
  const headers = request.headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const fields = (request.fields ?? []).map(
    ([name, value]) => `--form-string ${quoted(`${name}=${value}`)}`,
  );
  const body = request.body === null ? [] : [`--data-raw ${quoted(request.body)}`];
  const first = ["curl", "-i", ...method, quoted(request.url)].join(" ");
  return [first, ...headers, ...fields, ...body].join(" \\\n  ");
}
