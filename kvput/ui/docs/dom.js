"use strict";
/*
 * Elements. All that is shown of a description or an answer goes through here, and becomes
 * text: nothing in this folder reads HTML, so that no name, however hostile, can be markup.
 *
 * What is shown belongs in the other files. Each file is a script of its own, in the order in
 * which index.html names them; a function may use those of the files before it.
 */

/**
 * A new element. Attributes: a function listens to the event of that name, true stands without
 * a value, false and null are left out. Children: nodes, texts, lists of them; null is left out.
 */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(key, value);
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(key, value === true ? "" : String(value));
    }
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return made;
}

/** A name or text out of a description: its direction of writing cannot reach what is around it. */
function named(text, kind = "") {
  return element("bdi", { class: kind || null }, text);
}

/** A text as it can stand in an address. Half a character, which no address has, becomes U+FFFD. */
function percentEncoded(text) {
  return encodeURIComponent(text.toWellFormed());
}

/** A link to elsewhere, where the address is one of the web; else the text alone. */
function outsideLink(address, text) {
  let url;
  try {
    url = new URL(address, document.baseURI);
  } catch {
    return named(text);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return named(text);
  }
  return element("a", { href: url.href, rel: "noopener noreferrer" }, text);
}

/** A method as a badge. */
function badge(method) {
  return element("span", { class: `method ${method.toLowerCase()}` }, method);
}

/* What the reader has opened and closed, by the keys of the disclosures, while the page lives. */
const disclosed = new Map();
let disclosures = 0;

/**
 * A button that shows and hides a panel. `body` gives what is in the panel; it is asked when
 * the panel is first opened, so that what refers to itself has no end only where somebody
 * goes on opening it.
 */
function disclosure({ key, head, body, open = false, kind = "" }) {
  disclosures += 1;
  const panel = element("div", { class: "panel", id: `panel-${disclosures}` });
  const button = element(
    "button",
    {
      type: "button",
      class: `opener ${kind}`,
      "aria-controls": panel.id,
      click: () => set(!isOpen()),
    },
    element("span", { class: "arrow", "aria-hidden": "true" }),
    head,
  );
  const isOpen = () => button.getAttribute("aria-expanded") === "true";
  const show = (opened) => {
    button.setAttribute("aria-expanded", opened);
    panel.hidden = !opened;
    if (opened && !panel.firstChild) {
      panel.append(...[body()].flat(Infinity));
    }
  };
  const set = (opened) => {
    disclosed.set(key, opened);
    show(opened);
  };
  show(disclosed.get(key) ?? open);
  return { button, panel };
}

/** A button that copies what `text` gives when it is pressed. */
function copyButton(label, text) {
  const words = element("span", { role: "status" }, "Copy");
  const say = (word) => {
    words.textContent = word;
    setTimeout(() => (words.textContent = "Copy"), 1600);
  };
  const press = async () => say((await copy(text())) ? "Copied" : "Copy it by hand");
  return element(
    "button",
    { type: "button", class: "quiet", "aria-label": label, click: press },
    words,
  );
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https and away from localhost there is no such clipboard, but there is an older way.
    const held = element("textarea", { class: "unseen", "aria-hidden": "true" });
    held.value = text;
    const focused = document.activeElement;
    document.body.append(held);
    held.select();
    const done = document.execCommand("copy");
    held.remove();
    focused?.focus();
    return done;
  }
}

/** A choice among texts; `choose` is told the place of the chosen one. */
function choice(id, label, options, chosen, choose) {
  const select = element("select", { id, change: () => choose(select.selectedIndex) });
  select.append(...options.map((option) => element("option", {}, option)));
  select.selectedIndex = chosen;
  return element("div", { class: "choice" }, element("label", { for: id }, label), select);
}
