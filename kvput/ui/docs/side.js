"use strict";
/*
 * The side list: groups, and the operations of those that are open or that were searched for.
 */

const opened = new Map();

/** Draw the list anew. `current` is the operation or group that is shown. */
function drawSide(description, query, current) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = description.groups
    .map((group) => ({
      group,
      operations: group.operations.filter((operation) => isFound(operation, words)),
    }))
    .filter(({ operations }) => operations.length > 0);
  const items = groups.map(({ group, operations }) =>
    groupItem(group, operations, words.length > 0, current),
  );
  const count = groups.reduce((sum, { operations }) => sum + operations.length, 0);
  document.getElementById("groups").replaceChildren(...items);
  document.getElementById("found").textContent = words.length
    ? count
      ? `${counted(count, "operation")} found`
      : "Nothing is called so"
    : "";
}

/** Whether each of the words is somewhere in what an operation is called. */
function isFound({ method, path, summary, group, id }, words) {
  const text = `${method} ${path} ${summary} ${group} ${id}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function groupItem(group, operations, isSearch, current) {
  const isCurrent = current.group === group.name;
  const list = element("ul", {
    class: "operations",
    id: `operations-of-${percentEncoded(group.name)}`,
  });
  const button = element(
    "button",
    {
      type: "button",
      class: "opener",
      id: `group-${percentEncoded(group.name)}`,
      "aria-controls": list.id,
      click: () => {
        opened.set(group.name, list.hidden);
        show(list.hidden);
      },
    },
    element("span", { class: "arrow", "aria-hidden": "true" }),
    named(group.name),
  );
  const show = (isOpen) => {
    button.setAttribute("aria-expanded", isOpen);
    list.hidden = !isOpen;
    if (isOpen && !list.firstChild) {
      list.append(...operations.map((operation) => operationItem(operation, current)));
    }
  };
  show(isSearch || (opened.get(group.name) ?? isCurrent));
  return element("li", {}, button, list);
}

function operationItem(operation, current) {
  const isCurrent = current.group === operation.group && current.id === operation.id;
  const attributes = { href: addressOf(operation), "aria-current": isCurrent ? "page" : null };
  return element(
    "li",
    {},
    element("a", attributes, badge(operation.method), " ", named(operation.summary)),
  );
}
