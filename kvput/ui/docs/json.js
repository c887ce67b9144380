"use strict";
/*
 * JSON text, laid out and coloured token by token. It is never parsed for that: numbers, escapes
 * and members that come twice are shown as they were sent.
 */

const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+/g;
const JSON_PUNCTUATION = new Set(["{", "}", "[", "]", ",", ":"]);
const LONGEST_COLOURED = 400_000;

/** Whether a text is JSON. */
function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The pieces of a JSON text with line breaks and indentation between them: `{kind, text}`. */
function jsonPieces(text) {
  const pieces = [];
  let depth = 0;
  let previous = "";
  const add = (kind, added) => pieces.push({ kind, text: added });
  const breakLine = () => add("", `\n${"  ".repeat(depth)}`);
  for (const [token] of text.matchAll(JSON_TOKEN)) {
    const opened = previous === "{" || previous === "[";
    if (token === "}" || token === "]") {
      depth -= 1;
      if (!opened) {
        breakLine();
      }
    } else if (opened) {
      breakLine();
    }
    if (token === ":") {
      pieces.at(-1).kind = "key";
    }
    add(jsonKind(token), token);
    if (token === "{" || token === "[") {
      depth += 1;
    } else if (token === ",") {
      breakLine();
    } else if (token === ":") {
      add("", " ");
    }
    previous = token;
  }
  return pieces;
}

function jsonKind(token) {
  if (JSON_PUNCTUATION.has(token)) {
    return "";
  }
  if (token.startsWith('"')) {
    return "string";
  }
  return token === "true" || token === "false" || token === "null" ? "word" : "number";
}

/** A JSON text, laid out. */
function laidOut(text) {
  return jsonPieces(text)
    .map((piece) => piece.text)
    .join("");
}

/** A text in a box that scrolls; JSON is coloured. `label` says what it is. */
function textBox(text, label) {
  const box = element("pre", { class: "box", tabindex: 0, role: "region", "aria-label": label });
  if (text.length > LONGEST_COLOURED || !isJson(text)) {
    box.textContent = text;
    return box;
  }
  let plain = "";
  for (const piece of jsonPieces(text)) {
    if (piece.kind === "") {
      plain += piece.text;
      continue;
    }
    box.append(plain, named(piece.text, piece.kind));
    plain = "";
  }
  box.append(plain);
  return box;
}
