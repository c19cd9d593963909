// Payloads as lines of JSON. A line whose value is explained can be pointed at, and reached with the keyboard.

import { element, fill } from "./dom.js";

const LONGEST = 600; // lines

/** Show `values` in `box`; `explained(index, path, value)` gives what a place came from, or null, `show` shows it. */
export function showOutput(box, values, { explained, show, none }) {
  const lines = values.flatMap((value, index) => [...written(value, "", "", [], (path, leaf) => explained(index, path, leaf))]);
  const rows = lines.slice(0, LONGEST).map((line) => row(line, show));
  if (lines.length > LONGEST) rows.push(element("p", { class: "none" }, `… and ${lines.length - LONGEST} more lines`));
  fill(box, rows.length > 0 ? rows : element("p", { class: "none" }, none));
  rove(box);
}

function* written(value, before, after, path, explained) {
  const indent = "  ".repeat(path.length);
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) {
    yield { indent, before, value, after, origin: explained(path, value) };
    return;
  }
  const list = Array.isArray(value);
  const origin = explained(path, value);
  if (list && origin && value.every((part) => typeof part !== "object")) {
    yield { indent, before, value, after, origin };
    return;
  }
  yield { indent, before, open: list ? "[" : "{", after: "", origin };
  const keys = Object.keys(value);
  for (const [n, key] of keys.entries()) yield* written(value[key], list ? "" : key, n < keys.length - 1 ? "," : "", [...path, key], explained);
  yield { indent, before: "", open: list ? "]" : "}", after, origin: null };
}

function row({ indent, before, value, open, after, origin }, show) {
  const parts = [
    indent,
    before && element("span", { class: "key" }, JSON.stringify(before)),
    before && ": ",
    open === undefined ? element("span", { class: kind(value) }, JSON.stringify(value).replaceAll('","', '", "')) : element("span", { class: "soft" }, open),
    element("span", { class: "soft" }, after),
  ];
  if (!origin) return element("div", { class: "row" }, ...parts);
  const point = (event) => show(origin, event.currentTarget);
  return element("button", { type: "button", class: "row", tabindex: "-1", "aria-describedby": "origin", mouseenter: point, focus: point, click: point }, ...parts);
}

function kind(value) {
  if (typeof value === "object" && value !== null) return "string";
  return { string: "string", number: "number" }[typeof value] ?? "word";
}

/** One stop for the Tab key in each box; arrows move within it. */
function rove(box) {
  const rows = [...box.querySelectorAll("button.row")];
  if (rows.length > 0) rows[0].tabIndex = 0;
  box.onkeydown = (event) => {
    const at = rows.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (at < 0 || to === undefined || !rows[to]) return;
    event.preventDefault();
    rows[at].tabIndex = -1;
    rows[to].tabIndex = 0;
    rows[to].focus();
  };
}
