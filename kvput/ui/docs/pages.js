"use strict";
/*
 * What the main part shows: an overview, a group, an operation, or that there is no such thing.
 */

/** The overview of the whole description. */
function overviewPage(description) {
  const cards = description.groups.map((group) =>
    element(
      "li",
      {},
      element(
        "a",
        { class: "card", href: groupAddress(group) },
        element("strong", {}, named(group.name)),
        element("span", { class: "hint" }, counted(group.operations.length, "operation")),
        group.description ? element("span", {}, firstSentenceText(group.description)) : null,
      ),
    ),
  );
  return {
    title: "Overview",
    nodes: [
      title(
        named(description.title),
        description.version ? named(description.version, "version") : null,
      ),
      prose(description.description),
      element("p", {}, element("a", { href: "openapi.json" }, "The description as OpenAPI")),
      element("h2", {}, "What there is"),
      cards.length
        ? element("ul", { class: "cards" }, cards)
        : element("p", {}, "The description names no operations yet."),
    ],
  };
}

/** A link holds no other link: of a sentence, the words alone. */
function firstSentenceText(text) {
  return element("span", {}, firstSentence(text)).textContent;
}

/** A group, with its operations. */
function groupPage(group) {
  const items = group.operations.map((operation) =>
    element(
      "li",
      {},
      element(
        "a",
        { class: "card row", href: addressOf(operation) },
        badge(operation.method),
        element("code", {}, addressParts(operation.path)),
        element("span", { class: "hint" }, named(operation.summary)),
      ),
    ),
  );
  return {
    title: group.name,
    nodes: [
      title(named(group.name)),
      prose(group.description),
      element("ul", { class: "cards list" }, items),
    ],
  };
}

/** An operation: what it is, and the form to try it. */
function operationPage(description, operation, changed) {
  const group = description.group(operation.group);
  return {
    title: operation.summary,
    nodes: [
      element(
        "p",
        { class: "crumb" },
        element("a", { href: groupAddress(group) }, named(group.name)),
      ),
      title(named(operation.summary)),
      element(
        "p",
        { class: "address" },
        badge(operation.method),
        " ",
        element("code", {}, addressParts(operation.path)),
        element("button", { type: "button", class: "quiet to-trial", click: goToTrial }, "Try it"),
        operation.deprecated
          ? [" ", element("span", { class: "flag" }, FLAG_WORDS.deprecated)]
          : null,
      ),
      prose(operation.description),
      element(
        "div",
        { class: "columns" },
        reference(description, operation),
        trial(description, operation, changed),
      ),
    ],
  };
}

function goToTrial() {
  const section = document.querySelector(".trial");
  section.scrollIntoView();
  section.querySelector("input, select, textarea, button").focus({ preventScroll: true });
}

/** Where the address names nothing that there is. */
function missingPage() {
  return {
    title: "Not there",
    nodes: [
      title("Not in the description"),
      element(
        "p",
        {},
        "This address names no operation, or one that is not there any more. ",
        element("a", { href: "#/" }, "See what there is."),
      ),
    ],
  };
}

/** Where there is no description to show. */
function failurePage(reason, again) {
  return {
    title: "No description",
    nodes: [
      title("The description cannot be read"),
      element("p", { class: "failure" }, reason),
      element(
        "p",
        {},
        element("button", { type: "button", class: "send", click: again }, "Try again"),
      ),
    ],
  };
}

function title(...children) {
  return element(
    "h1",
    { tabindex: -1 },
    children.flatMap((child) => (child ? [child, " "] : [])),
  );
}

/** A path, with its parameters set off from the rest. */
function addressParts(path) {
  return path
    .split(/(\{[^{}]*\})/)
    .map((part) => (part.startsWith("{") ? element("em", {}, part) : part));
}
