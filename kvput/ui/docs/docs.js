"use strict";
/*
 * The page as a whole: which part of the description is shown, and that it stays the one that
 * the server gives. What is in the address after `#` says which part: `#/`, `#/group`,
 * `#/group/operation`.
 */

const DESCRIPTION_ADDRESS = "openapi.json";
const POLL_MILLISECONDS = 4000;
const ANSWER_MILLISECONDS = 15_000;

const main = document.getElementById("content");
const filter = document.getElementById("filter");
const menu = document.getElementById("menu");
const side = document.getElementById("side");
const state = document.getElementById("state");

let description = null;
let received = { text: "", tag: null };
let shownSignature = "";
let timer = null;

// --- which part is shown

/** `{group, id}` out of the address; each is empty where it is not named. */
function place() {
  const [group = "", id = ""] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  return { group, id };
}

/** The page for the address, and a text that changes when the page would. */
function currentPage() {
  const { group: name, id } = place();
  const group = description.group(name);
  const operation = description.operation(name, id);
  if (id) {
    return operation
      ? {
          make: () => operationPage(description, operation, pollSoon),
          signature: description.signature(operation),
        }
      : { make: missingPage, signature: "" };
  }
  if (name) {
    return group
      ? {
          make: () => groupPage(group),
          signature: JSON.stringify(group.operations.map(({ source }) => source)),
        }
      : { make: missingPage, signature: "" };
  }
  return { make: () => overviewPage(description), signature: received.text };
}

function show({ title: pageTitle, nodes }) {
  document.title = `${pageTitle} · ${description?.title ?? "API"}`;
  main.replaceChildren(...nodes.filter(Boolean));
}

function draw() {
  const { make, signature } = currentPage();
  shownSignature = signature;
  show(make());
}

function drawList() {
  const { group, id } = place();
  const operation = description.operation(group, id);
  drawSide(description, filter.value, { group, id: operation?.id ?? "" });
}

/** The reader has gone elsewhere: what is read from here on begins at the new heading. */
function go() {
  if (description === null) {
    return;
  }
  setMenu(false);
  draw();
  drawList();
  window.scrollTo(0, 0);
  main.querySelector("h1")?.focus({ preventScroll: true });
  side.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest" });
}

// --- the description as it is now

/** Take over a description: what has not changed stays as the reader has it. */
function take(text) {
  const isFirst = description === null;
  description = new Description(JSON.parse(text));
  received = { ...received, text };
  document.getElementById("name").textContent = description.title;
  document.getElementById("version").textContent = description.version;
  keepingFocus(() => {
    drawList();
    if (isFirst || currentPage().signature !== shownSignature) {
      draw();
    }
  });
}

function keepingFocus(redraw) {
  const { id, selectionStart, selectionEnd } = document.activeElement ?? {};
  const { scrollX, scrollY } = window;
  const listTop = side.scrollTop;
  redraw();
  const again = id ? document.getElementById(id) : null;
  if (again && again !== document.activeElement) {
    again.focus({ preventScroll: true });
    if (typeof selectionStart === "number") {
      again.setSelectionRange(selectionStart, selectionEnd);
    }
  }
  window.scrollTo(scrollX, scrollY);
  side.scrollTop = listTop;
}

/** Ask for the description, and take it over if it is another one. */
async function poll() {
  try {
    const response = await fetch(DESCRIPTION_ADDRESS, {
      headers: received.tag ? { "If-None-Match": received.tag } : {},
      signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
    });
    if (response.status !== 304) {
      if (!response.ok) {
        throw new Error(`The server answered ${response.status} ${response.statusText}`);
      }
      const text = await response.text();
      if (text !== received.text) {
        take(text);
      }
      received.tag = response.headers.get("ETag");
    }
    say("Live", "live");
  } catch (error) {
    say("Not up to date", "lost");
    if (description === null) {
      show(failurePage(`${error.message}.`, pollSoon));
    }
  }
}

function say(words, kind) {
  if (state.textContent !== words) {
    state.textContent = words;
    state.className = `state ${kind}`;
  }
}

async function pollAndWait() {
  clearTimeout(timer);
  await poll();
  clearTimeout(timer);
  if (!document.hidden) {
    timer = setTimeout(pollAndWait, POLL_MILLISECONDS);
  }
}

function pollSoon() {
  clearTimeout(timer);
  timer = setTimeout(pollAndWait, 0);
}

// --- keys and buttons

function setMenu(isOpen) {
  menu.setAttribute("aria-expanded", isOpen);
  document.body.classList.toggle("with-menu", isOpen);
}

function isTyping(target) {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

function pressed(event) {
  if (
    event.key === "/" &&
    !isTyping(event.target) &&
    !event.ctrlKey &&
    !event.metaKey &&
    !event.altKey
  ) {
    event.preventDefault();
    setMenu(true);
    filter.focus();
    filter.select();
  } else if (event.key === "Escape" && menu.getAttribute("aria-expanded") === "true") {
    setMenu(false);
    (getComputedStyle(menu).display === "none" ? main : menu).focus();
  }
}

function pressedInFilter(event) {
  const links = [...side.querySelectorAll(".operations a")];
  if (event.key === "Enter" && filter.value && links.length > 0) {
    event.preventDefault();
    links[0].click();
  } else if (event.key === "ArrowDown" && links.length > 0) {
    event.preventDefault();
    links[0].focus();
  } else if (event.key === "Escape" && filter.value) {
    event.stopPropagation();
    filter.value = "";
    drawList();
  }
}

/** In the list, the arrows go from operation to operation. */
function pressedInList(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const stops = [...side.querySelectorAll(".groups button, .groups a")].filter(
    (stop) => stop.offsetParent !== null,
  );
  const at = stops.indexOf(document.activeElement);
  if (step && at >= 0) {
    event.preventDefault();
    (stops[at + step] ?? (step < 0 ? filter : stops[at])).focus();
  }
}

menu.addEventListener("click", () => setMenu(menu.getAttribute("aria-expanded") !== "true"));
filter.addEventListener("input", () => description && drawList());
filter.addEventListener("keydown", pressedInFilter);
document.getElementById("groups").addEventListener("keydown", pressedInList);
document.getElementById("skip").addEventListener("click", () => main.focus());
document.addEventListener("keydown", pressed);
document.addEventListener("visibilitychange", () =>
  document.hidden ? clearTimeout(timer) : pollSoon(),
);
window.addEventListener("hashchange", go);
pollAndWait();
