"use strict";
/*
 * An answer as it comes: it is sent for, read, and shown. What comes without end, such as a
 * stream of events, is shown as far as it has come.
 */

const MOST_BYTES = 4 * 1024 * 1024;
const PART_MILLISECONDS = 250;

/**
 * Send a request. `progress` is told of the answer when it has come, or has come in part:
 * `{response, bytes, milliseconds, isWhole}`. Throws TypeError where nothing can be sent or
 * nothing answers, AbortError where `signal` says so before an answer came.
 */
async function send(request, signal, progress) {
  const started = performance.now();
  const response = await fetch(request.url, { ...asFetch(request), signal });
  const chunks = [];
  let timer = null;
  const tell = (isWhole) => {
    clearTimeout(timer);
    timer = null;
    progress({
      response,
      bytes: joined(chunks),
      milliseconds: performance.now() - started,
      isWhole,
    });
  };
  try {
    const isWhole = await read(
      response,
      chunks,
      () => (timer ??= setTimeout(tell, PART_MILLISECONDS, false)),
    );
    tell(isWhole);
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
    tell(false);
  } finally {
    clearTimeout(timer);
  }
}

/** Read content into `chunks`, up to MOST_BYTES; whether that was all. */
async function read(response, chunks, grown) {
  const reader = response.body?.getReader();
  for (let size = 0; reader && size <= MOST_BYTES;) {
    const { done, value } = await reader.read();
    if (done) {
      return true;
    }
    chunks.push(value);
    size += value.length;
    grown();
  }
  await reader?.cancel();
  return !reader;
}

function joined(chunks) {
  const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** An answer, drawn. */
function answerView({ response, bytes, milliseconds, isWhole }) {
  const status = element(
    "span",
    { class: `status ${statusKind(response.status)}` },
    String(response.status),
  );
  const facts = `${Math.round(milliseconds)} ms · ${sizeText(bytes.length)}${isWhole ? "" : " so far"}`;
  const head = element(
    "p",
    { class: "answer-head" },
    status,
    " ",
    element("strong", {}, response.statusText),
    " ",
    element("span", { class: "hint" }, facts),
  );
  const headers = element("dl", { class: "fields" });
  for (const [name, value] of response.headers) {
    headers.append(element("dt", {}, named(name)), element("dd", {}, named(value)));
  }
  return element(
    "div",
    { class: "answer" },
    head,
    bodyView(bytes, isWhole),
    element("h4", {}, "Header fields"),
    headers,
  );
}

function bodyView(bytes, isWhole) {
  if (bytes.length === 0) {
    return element("p", { class: "hint" }, "No content.");
  }
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isWhole });
  } catch {
    return element("p", { class: "hint" }, `${sizeText(bytes.length)} that are no text in UTF-8.`);
  }
  const formatted = isJson(text) ? laidOut(text) : text;
  const box = element("div", {}, textBox(formatted, "Content of the answer"));
  const tools = element("div", { class: "tools" }, element("h4", {}, "Content"));
  if (formatted !== text) {
    const show = (asSent) =>
      box.replaceChildren(asSent ? plainBox(text) : textBox(formatted, "Content of the answer"));
    const press = (event) => {
      const asSent = event.currentTarget.getAttribute("aria-pressed") !== "true";
      event.currentTarget.setAttribute("aria-pressed", asSent);
      show(asSent);
    };
    tools.append(
      element(
        "button",
        { type: "button", class: "quiet", "aria-pressed": "false", click: press },
        "As sent",
      ),
    );
  }
  tools.append(copyButton("Copy the content", () => text));
  return [tools, box];
}

function plainBox(text) {
  return element(
    "pre",
    { class: "box", tabindex: 0, role: "region", "aria-label": "Content of the answer, as sent" },
    text,
  );
}

function sizeText(bytes) {
  return bytes < 1000
    ? counted(bytes, "byte")
    : bytes < 1_000_000
      ? `${(bytes / 1000).toFixed(1)} kB`
      : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
