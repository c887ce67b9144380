"use strict";
/*
 * "Try it": a form that makes a request of an operation, sends it to this server, and shows the
 * answer, and the same request as a curl command. What was typed and answered is kept while the
 * page lives, by operation: a description that changes takes nothing away.
 */

const MOST_OPEN_FIELDS = 5;
const trials = new Map();

/** What a form of this operation holds, as it was left or as it is to begin. */
function trialOf(description, operation) {
  if (!trials.has(operation.id)) {
    const [content] = operation.body?.contents ?? [];
    const parameters = new Map();
    for (const parameter of operation.parameters.filter(({ required }) => required)) {
      parameters.set(parameterKey(parameter), suggestion(description, parameter));
    }
    trials.set(operation.id, {
      parameters,
      accept: "",
      type: content?.type ?? "",
      body: content ? (examplesOf(description, content)[0]?.text ?? "") : "",
      answer: null,
    });
  }
  return trials.get(operation.id);
}

/** A text to begin with for a parameter; empty where the description names none. */
function suggestion(description, parameter) {
  const { schema } = description.resolve(parameter.schema);
  const values = isObject(schema)
    ? [schema.example, listOf(schema.examples)[0], schema.default, listOf(schema.enum)[0]]
    : [];
  const value = [parameter.examples[0]?.value, ...values].find((each) => each !== undefined);
  if (value === undefined) {
    return "";
  }
  if (parameter.isWritten) {
    return literal(value);
  }
  if (Array.isArray(value)) {
    return value.map(asText).join("\n");
  }
  return isObject(value) ? written(value, MULTIPART) : asText(value);
}

/** The section in which an operation is tried; `changed` is told when a write has succeeded. */
function trial(description, operation, changed) {
  const values = trialOf(description, operation);
  const told = element("p", { class: "unseen", role: "status" });
  const answer = element("div", {}, values.answer);
  const command = element("pre", {
    class: "box command",
    tabindex: 0,
    role: "region",
    "aria-label": "The request for curl",
  });
  const request = () => requestOf(description, operation, values);
  const update = () => (command.textContent = asCurl(request()));
  const submit = element("button", { type: "submit", class: "send" }, `Send ${operation.method}`);
  const cancel = element("button", { type: "button", class: "quiet", hidden: true }, "Cancel");
  let running = null;
  cancel.addEventListener("click", () => running?.abort());

  const show = (node, words) => {
    values.answer = node;
    answer.replaceChildren(node);
    answer.scrollIntoView({ block: "nearest" });
    told.textContent = words;
  };
  const run = async () => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    cancel.hidden = false;
    submit.setAttribute("aria-busy", "true");
    let isGood = false;
    try {
      await send(request(), mine.signal, (come) => {
        isGood = come.response.ok;
        show(answerView(come), `${come.response.status} ${come.response.statusText}`);
      });
    } catch (error) {
      const words = mine.signal.aborted ? "Cancelled." : `Nothing came back: ${error.message}.`;
      if (running === mine) {
        show(element("p", { class: "failure" }, words), words);
      }
    }
    if (running === mine) {
      cancel.hidden = true;
      submit.removeAttribute("aria-busy");
      running = null;
    }
    if (isGood && !["GET", "HEAD", "OPTIONS"].includes(operation.method)) {
      changed();
    }
  };

  const form = element(
    "form",
    {
      input: update,
      change: update,
      submit: (event) => {
        event.preventDefault();
        run();
      },
      keydown: (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          form.requestSubmit();
        }
      },
    },
    PLACES.map(([place, title]) => parameterFields(description, operation, values, place, title)),
    acceptField(operation, values),
    bodyField(description, operation, values, () => update()),
    element("p", { class: "buttons" }, submit, cancel, told),
  );
  update();
  return element(
    "section",
    { class: "trial", "aria-labelledby": "trial-title" },
    element("h2", { id: "trial-title" }, "Try it"),
    form,
    element(
      "div",
      { class: "example" },
      element(
        "div",
        { class: "tools" },
        element("h3", {}, "curl"),
        copyButton("Copy the curl command", () => command.textContent),
      ),
      command,
    ),
    answer,
  );
}

/** The fields for the parameters of one place: the required ones, and the others to be opened. */
function parameterFields(description, operation, values, place, title) {
  // Cookies are the browser's to send.
  const parameters = operation.parameters.filter(
    (parameter) => parameter.in === place && place !== "cookie",
  );
  const fields = (chosen) =>
    chosen.map((parameter) => parameterField(description, parameter, values));
  const required = parameters.filter((parameter) => parameter.required);
  const others = parameters.filter((parameter) => !parameter.required);
  if (others.length === 0) {
    return fields(required);
  }
  const head = [
    element("span", {}, title),
    " ",
    element("span", { class: "hint" }, counted(others.length, "field")),
  ];
  const { button, panel } = disclosure({
    key: `${operation.id}/try/${place}`,
    head,
    body: () => fields(others),
    open: others.length <= MOST_OPEN_FIELDS && place !== "header",
  });
  return [fields(required), element("div", { class: "more" }, button, panel)];
}

/* By the shape of a parameter: the words that say how it is written. */
const SHAPE_HINTS = {
  one: "",
  lines: "one value in each line",
  pairs: "name=value, one in each line",
};

function parameterField(description, parameter, values) {
  const key = parameterKey(parameter);
  const id = `try-${percentEncoded(key)}`;
  const shape = shapeOf(description, parameter);
  const { schema } = description.resolve(parameter.schema);
  const hints = [
    SHAPE_HINTS[shape],
    FORBIDDEN_FIELD.test(parameter.name) && parameter.in === "header"
      ? "curl sends it, a browser does not"
      : "",
  ];
  const hint = hints.filter(Boolean).join("; ");
  const attributes = {
    id,
    required: parameter.required,
    "aria-describedby": hint ? `${id}-hint` : null,
    input: (event) => {
      values.parameters.set(key, event.target.value);
      event.target.setCustomValidity(faultIn(parameter, event.target.value));
    },
  };
  const control = parameterControl(
    attributes,
    shape,
    isObject(schema) ? schema : {},
    parameter.required,
  );
  if (!parameter.required && control.tagName !== "SELECT") {
    control.setAttribute("placeholder", suggestion(description, parameter));
  }
  control.value = values.parameters.get(key) ?? "";
  return element(
    "div",
    { class: "field" },
    element(
      "label",
      { for: id },
      named(parameter.name, "name"),
      parameter.required ? [" ", element("span", { class: "flag required" }, "required")] : null,
    ),
    hint ? element("span", { class: "hint", id: `${id}-hint` }, hint) : null,
    control,
  );
}

function parameterControl(attributes, shape, schema, required) {
  if (shape !== "one") {
    return element("textarea", { ...attributes, rows: 2, spellcheck: "false" });
  }
  const options = schema.type === "boolean" ? [true, false] : listOf(schema.enum);
  if (options.length > 0) {
    const texts = options.map(asText);
    return element(
      "select",
      attributes,
      [...(required ? [] : [""]), ...texts].map((text) => element("option", {}, text)),
    );
  }
  const isNumber = schema.type === "integer" || schema.type === "number";
  return element("input", {
    ...attributes,
    type: "text",
    inputmode: isNumber ? "decimal" : null,
    autocomplete: "off",
    spellcheck: "false",
  });
}

/** What is wrong with a value that a browser cannot send as it is; empty where nothing is. */
function faultIn(parameter, value) {
  if (parameter.in === "path" && /^\.{1,2}$/.test(value)) {
    return "A browser takes this name for a step between folders: try it with curl, in another way.";
  }
  // RFC 9110 section 5.5: field values are visible characters, spaces and tabs.
  if (parameter.in === "header" && /[^\t\x20-\x7e\xa0-\xff]/.test(value)) {
    return "A header field holds letters of Latin-1 only, in one line.";
  }
  return "";
}

/** The choice of a media type for the answer, where there are several. */
function acceptField(operation, values) {
  const good = operation.responses.filter(({ status }) => status.startsWith("2"));
  const types = [...new Set(good.flatMap(({ contents }) => contents.map(({ type }) => type)))];
  if (types.length < 2) {
    return null;
  }
  const options = ["", ...types];
  const choose = (place) => (values.accept = options[place]);
  return choice(
    "try-accept",
    "Accept",
    options,
    Math.max(options.indexOf(values.accept), 0),
    choose,
  );
}

/** The field for content; `update` is told when an example has been put into it. */
function bodyField(description, operation, values, update) {
  const contents = operation.body?.contents ?? [];
  if (contents.length === 0) {
    return null;
  }
  const types = contents.map(({ type }) => type);
  const textarea = element("textarea", {
    id: "try-body",
    class: "body",
    spellcheck: "false",
    input: (event) => (values.body = event.target.value),
  });
  const hint = element("span", { class: "hint" });
  const begin = element("div");
  const fill = (text) => {
    values.body = text;
    textarea.value = text;
    textarea.rows = Math.min(Math.max(text.split("\n").length + 1, 4), 18);
    update();
  };
  const examples = () => examplesOf(description, contents[types.indexOf(values.type)]);
  const showType = () => {
    const names = examples().map(({ name }) => name);
    hint.textContent = values.type === MULTIPART ? SHAPE_HINTS.pairs : "";
    begin.replaceChildren();
    if (names.length > 1) {
      begin.append(
        choice("try-example", "Begin with", names, 0, (place) => fill(examples()[place].text)),
      );
    }
  };
  if (!types.includes(values.type)) {
    values.type = types[0];
  }
  const choose = (place) => {
    values.type = types[place];
    fill(examples()[0]?.text ?? "");
    showType();
  };
  showType();
  fill(values.body);
  return element(
    "div",
    { class: "field" },
    choice("try-type", "Content-Type", types, types.indexOf(values.type), choose),
    begin,
    element("label", { for: "try-body" }, "Content"),
    hint,
    textarea,
  );
}
