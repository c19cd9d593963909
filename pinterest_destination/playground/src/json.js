// Reads JSON and keeps where everything stands, so that a fault and a source can be shown at their place.

/** What is no JSON: where, and what would be right there. */
export class Fault extends Error {
  constructor(message, at) {
    super(message);
    this.at = at;
  }
}

const BLANK = /[ \t\n\r]*/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const DEPTH = 200;

/**
 * Read `text`. A node has `from` and `to` (offsets), and `entries` (an object: key to {key: {from, to}, node}) or
 * `items` (a list). `twice` lists the places of keys that an object has already. Throws a `Fault`.
 */
export function read(text) {
  let at = 0;
  const twice = [];
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found?.[0];
  };
  const skip = () => match(BLANK);
  const name = () => (at < text.length ? `“${String.fromCodePoint(text.codePointAt(at))}”` : "the end of the text");
  const fail = (expected) => { throw new Fault(`found ${name()}, expected ${expected}`, at); };

  function string() {
    const found = match(TEXT);
    if (found === undefined) {
      const end = text.indexOf("\n", at);
      throw new Fault("this text has no closing quote, or a character that must be escaped", end < 0 ? at : Math.min(at, end));
    }
    return JSON.parse(found);
  }

  function members(node, close, member) {
    at += 1;
    skip();
    if (text[at] === close) { at += 1; return; }
    for (;;) {
      member();
      skip();
      if (text[at] === close) { at += 1; return; }
      if (text[at] !== ",") fail(`“,” or “${close}”`);
      at += 1;
      skip();
      if (text[at] === close) fail(`another ${close === "}" ? "key" : "value"} after the comma, or no comma`);
    }
  }

  function value(depth) {
    skip();
    const node = { from: at, to: at };
    const first = text[at];
    if (depth > DEPTH) fail(`at most ${DEPTH} levels of lists and objects`);
    if (first === "{") {
      node.entries = new Map();
      members(node, "}", () => {
        const key = { from: at };
        if (text[at] !== '"') fail("a key in double quotes");
        const label = string();
        key.to = at;
        if (node.entries.has(label)) twice.push(key);
        skip();
        if (text[at] !== ":") fail("“:” after the key");
        at += 1;
        node.entries.set(label, { key, node: value(depth + 1) });
      });
    } else if (first === "[") {
      node.items = [];
      members(node, "]", () => node.items.push(value(depth + 1)));
    } else if (first === '"') string();
    else if (match(NUMBER) === undefined && match(WORD) === undefined) fail("a JSON value");
    node.to = at;
    return node;
  }

  const node = value(0);
  skip();
  if (at < text.length) fail("nothing after the value");
  return { node, twice };
}

/** Where the place that a JSON pointer names stands, with its key; the nearest place around it if it is not there. */
export function locate(node, pointer) {
  let range = { from: node.from, to: node.to };
  for (const step of pointer.split("/").slice(1)) {
    const token = step.replaceAll("~1", "/").replaceAll("~0", "~");
    const entry = node.entries?.get(token);
    const next = entry?.node ?? node.items?.[token];
    if (next === undefined) break;
    range = { from: entry ? entry.key.from : next.from, to: next.to };
    node = next;
  }
  return range;
}

/** Line and column, from 1, of an offset. */
export function position(text, at) {
  const before = text.slice(0, at);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: at - start + 1 };
}
