"use strict";
/*
 * Descriptions, which OpenAPI writes in CommonMark. What is often used of it is shown as such:
 * paragraphs, lists, fenced code, `code`, **strong** and links. The rest stays the text that it
 * is. No HTML is read.
 */

const PROSE_SPAN = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\[\]]+)\]\(([^()\s]+)\)/g;
const PROSE_ITEM = /^ {0,3}(?:[-*+]|[0-9]{1,9}[.)]) +/;
const PROSE_FENCE = /^ {0,3}```/;

/** A description as blocks; null where there is none. */
function prose(text) {
  const blocks = proseBlocks(text);
  return blocks.length === 0 ? null : element("div", { class: "prose" }, blocks);
}

/** A description's first paragraph, in one line. */
function firstSentence(text) {
  return proseSpans(
    text
      .trim()
      .split(/\n\s*\n/, 1)[0]
      .replace(/\s+/g, " "),
  );
}

function proseBlocks(text) {
  const blocks = [];
  let paragraph = [];
  let items = null;
  let code = null;
  const end = () => {
    if (paragraph.length) {
      blocks.push(element("p", {}, proseSpans(paragraph.join(" "))));
    }
    if (items) {
      blocks.push(
        element(
          "ul",
          {},
          items.map((item) => element("li", {}, proseSpans(item))),
        ),
      );
    }
    paragraph = [];
    items = null;
  };
  const endCode = () => {
    blocks.push(element("pre", { tabindex: 0 }, code.join("\n")));
    code = null;
  };
  for (const line of text.split(/\r?\n/)) {
    if (PROSE_FENCE.test(line)) {
      end();
      code ? endCode() : (code = []);
    } else if (code) {
      code.push(line);
    } else if (!line.trim()) {
      end();
    } else if (PROSE_ITEM.test(line)) {
      if (!items) {
        end();
        items = [];
      }
      items.push(line.replace(PROSE_ITEM, "").trim());
    } else if (items) {
      items[items.length - 1] += ` ${line.trim()}`;
    } else {
      paragraph.push(line.trim());
    }
  }
  if (code) {
    endCode();
  }
  end();
  return blocks;
}

function proseSpans(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(PROSE_SPAN)) {
    const [whole, code, strong, linked, address] = match;
    parts.push(text.slice(from, match.index));
    if (code !== undefined) {
      parts.push(element("code", {}, code));
    } else if (strong !== undefined) {
      parts.push(element("strong", {}, strong));
    } else {
      parts.push(outsideLink(address, linked));
    }
    from = match.index + whole.length;
  }
  parts.push(text.slice(from));
  return parts;
}
