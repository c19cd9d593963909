// Payloads as code. A line whose value is explained can be pointed at, and reached with the keyboard.

import { element, fill } from "./dom.js";

const LONGEST = 400; // lines: browsers lay out more only slowly

/** Make a `box` that shows lines; `show(origin, row)` is called with the one that the pointer or the focus is on. */
export function createOutput(box, { show, none }) {
  const origins = new Map();
  const point = (event) => {
    const row = event.target.closest("button.row");
    if (row) show(origins.get(row), row);
  };
  for (const kind of ["mouseover", "focusin", "click"]) box.addEventListener(kind, point);
  box.addEventListener("keydown", (event) => rove(event, [...origins.keys()]));
  return {
    /** Show `lines`, and below them a `note`, if there is one. */
    fill(lines, note) {
      origins.clear();
      const rows = lines.slice(0, LONGEST).map((line) => row(line, origins));
      const rest = lines.length - LONGEST;
      const notes = [rest > 0 && `… and ${rest} more lines; “Copy” has all.`, lines.length > 0 && note, lines.length === 0 && none];
      fill(box, rows, notes.filter(Boolean).map((text) => element("p", { class: "none" }, text)));
      const [first] = origins.keys();
      if (first) first.tabIndex = 0;
    },
  };
}

// A line is {indent, parts: [[class, text], ...], origin}.

/** The lines of one call of the tag; `origin(path)` gives what a part of it came from, or null. */
export function* callLines([command, ...values], origin) {
  const data = isFull(values.at(-1)) ? values.pop() : null;
  const told = [command, ...values].flatMap((value, n) => [...(n > 0 ? [["soft", ", "]] : []), [kind(value), JSON.stringify(value)]]);
  yield { indent: 0, parts: [["word", "pintrk"], ["soft", "("], ...told, ["soft", data ? ", {" : ");"]], origin: origin(command) };
  if (!data) return;
  yield* members(data, [command], origin);
  yield { indent: 0, parts: [["soft", "});"]], origin: null };
}

/** The lines of one event of the Conversions API. */
export function* eventLines(event, origin) {
  yield { indent: 0, parts: [["soft", "{"]], origin: null };
  yield* members(event, [], origin);
  yield { indent: 0, parts: [["soft", "}"]], origin: null };
}

function* members(value, path, origin, indent = 1) {
  const keys = Object.keys(value);
  for (const [n, key] of keys.entries()) {
    const label = Array.isArray(value) ? [] : [["key", JSON.stringify(key)], ["", ": "]];
    yield* member(value[key], label, n < keys.length - 1 ? "," : "", [...path, key], origin, indent);
  }
}

function* member(value, label, comma, path, origin, indent) {
  const from = origin(path.join("."));
  const list = Array.isArray(value);
  if (!isFull(value) || (list && from && !value.some(isFull))) {
    yield { indent, parts: [...label, [kind(value), list ? `[${value.map((part) => JSON.stringify(part)).join(", ")}]` : JSON.stringify(value)], ["soft", comma]], origin: from };
    return;
  }
  yield { indent, parts: [...label, ["soft", list ? "[" : "{"]], origin: from };
  yield* members(value, path, origin, indent + 1);
  yield { indent, parts: [["soft", (list ? "]" : "}") + comma]], origin: null };
}

const isFull = (value) => typeof value === "object" && value !== null && Object.keys(value).length > 0;

function kind(value) {
  if (typeof value === "object" && value !== null) return "string";
  return { string: "string", number: "number" }[typeof value] ?? "word";
}

function row({ indent, parts, origin }, origins) {
  const text = ["  ".repeat(indent), ...parts.map(([name, part]) => (name ? element("span", { class: name }, part) : part))];
  if (!origin) return element("div", { class: "row" }, ...text);
  const made = element("button", { type: "button", class: "row", tabindex: "-1" }, ...text);
  origins.set(made, origin);
  return made;
}

/** One stop for the Tab key in each box; arrows move within it. */
function rove(event, rows) {
  const at = rows.indexOf(event.target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (at < 0 || to === undefined || !rows[to]) return;
  event.preventDefault();
  rows[at].tabIndex = -1;
  rows[to].tabIndex = 0;
  rows[to].focus();
}
