"use strict";
/*
 * What an operation takes and gives: parameters, content of the request, answers. How it is
 * tried is in trial.js.
 */

/* Where parameters can be, in the order in which they are shown. */
const PLACES = [
  ["path", "In the path"],
  ["query", "In the query"],
  ["header", "Header fields"],
  ["cookie", "Cookies"],
];

/** The sections about an operation; those about nothing are left out. */
function reference(description, operation) {
  return element(
    "div",
    { class: "reference" },
    parameterSection(description, operation),
    bodySection(description, operation),
    answerSection(description, operation),
  );
}

function parameterSection(description, operation) {
  const lists = PLACES.map(([place, title]) => {
    const parameters = operation.parameters.filter((parameter) => parameter.in === place);
    return parameters.length
      ? [element("h3", {}, title), rows(description, parameters, `${operation.id}/${place}`)]
      : null;
  }).filter(Boolean);
  return lists.length ? section("Parameters", lists) : null;
}

/** Parameters or header fields. */
function rows(description, named_, key) {
  const children = named_.map((each) => ({ ...each, label: each.name, isName: true }));
  return branches(description, children, key);
}

function bodySection(description, operation) {
  const body = operation.body;
  return (
    body &&
    section(
      "Content",
      prose(body.description),
      body.required ? null : element("p", { class: "hint" }, "It may be left out."),
      contentsView(description, body.contents, `${operation.id}/body`),
    )
  );
}

/** What a request or an answer may hold: of one media type after another, as it is chosen. */
function contentsView(description, contents, key) {
  const shown = element("div", { class: "media" });
  const show = (content) => shown.replaceChildren(...contentView(description, content, key));
  show(contents[0]);
  if (contents.length === 1) {
    return [element("p", { class: "hint" }, element("code", {}, named(contents[0].type))), shown];
  }
  const types = contents.map(({ type }) => type);
  return [
    choice(`type-${percentEncoded(key)}`, "Media type", types, 0, (place) => show(contents[place])),
    shown,
  ];
}

function contentView(description, content, key) {
  const examples = examplesOf(description, content);
  const tree = element(
    "div",
    {},
    schemaTree(description, content.schema, `${key}/${content.type}`),
  );
  return [
    tree,
    examples.length ? exampleView(examples, `${key}/${content.type}/example`) : null,
  ].filter(Boolean);
}

function exampleView(examples, key) {
  const shown = element("div");
  const show = (place) =>
    shown.replaceChildren(textBox(examples[place].text, examples[place].name));
  show(0);
  const names = examples.map(({ name }) => name);
  const head =
    examples.length === 1
      ? element("h4", {}, named(names[0]))
      : choice(`example-${percentEncoded(key)}`, "Example", names, 0, show);
  return element("div", { class: "example" }, head, shown);
}

function answerSection(description, operation) {
  const firstGood = operation.responses.find(({ status }) => status.startsWith("2"));
  const answers = operation.responses.map((response) => {
    const key = `${operation.id}/${response.status}`;
    const head = [
      element("span", { class: `status ${statusKind(response.status)}` }, named(response.status)),
      element("span", { class: "status-text" }, firstSentence(response.description)),
    ];
    const body = () => answerBody(description, response, key);
    if (isEmptyAnswer(response)) {
      return element("li", {}, element("p", { class: "opener bare" }, head));
    }
    const { button, panel } = disclosure({ key, head, body, open: response === firstGood });
    return element("li", {}, element("h3", {}, button), panel);
  });
  return answers.length ? section("Answers", element("ul", { class: "answers" }, answers)) : null;
}

function isEmptyAnswer({ description, headers, contents, links }) {
  return headers.length + contents.length + links.length === 0 && !description.includes("\n");
}

function answerBody(description, response, key) {
  const { headers, contents, links } = response;
  const isLong = response.description.trim().includes("\n");
  return [
    isLong ? prose(response.description) : null,
    headers.length
      ? [element("h4", {}, "Header fields"), rows(description, headers, `${key}/header`)]
      : null,
    contents.length
      ? [element("h4", {}, "Content"), contentsView(description, contents, key)]
      : null,
    links.length
      ? [
          element("h4", {}, "Leads to"),
          element(
            "ul",
            { class: "links" },
            links.map((link) => linkItem(description, link)),
          ),
        ]
      : null,
  ]
    .flat(Infinity)
    .filter(Boolean);
}

function linkItem(description, { name, operationId }) {
  const operation = description.operationById(operationId);
  const text = operation
    ? element("a", { href: addressOf(operation) }, named(operation.summary))
    : named(name);
  return element("li", {}, text);
}

/** `good`, `moved` or `bad`, by the first digit of a status. */
function statusKind(status) {
  return { 1: "moved", 2: "good", 3: "moved" }[String(status)[0]] ?? "bad";
}

/** The address of an operation in this page. */
function addressOf({ group, id }) {
  return `#/${percentEncoded(group)}/${percentEncoded(id)}`;
}

/** The address of a group in this page. */
function groupAddress({ name }) {
  return `#/${percentEncoded(name)}`;
}

function section(title, ...children) {
  return element("section", {}, element("h2", {}, title), children);
}
