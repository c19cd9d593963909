// Reads JSON and keeps where everything stands, so that a fault and a source can be shown at their place.

import { Fault, Scanner } from "./scan.js";

const BLANK = /[ \t\n\r]*/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/**
 * Read `text`. A node has `from` and `to` (offsets), and `entries` (an object: key to {key: {from, to}, node}) or
 * `items` (a list). `twice` lists the places of keys that an object has already. Throws a `Fault`.
 */
export function read(text) {
  const reader = new Reader(text, BLANK);
  const node = reader.value();
  reader.skip();
  if (reader.next !== undefined) reader.fail("nothing after the value");
  return { node, twice: reader.twice };
}

class Reader extends Scanner {
  twice = [];

  value() {
    this.skip();
    const node = { from: this.at, to: this.at };
    if (this.next === "{") this.object(node);
    else if (this.next === "[") this.list(node);
    else if (this.next === '"') this.string();
    else if (this.match(NUMBER) === undefined && this.match(WORD) === undefined) this.fail("a JSON value");
    node.to = this.at;
    return node;
  }

  object(node) {
    node.entries = new Map();
    this.members("}", () => this.entry(node.entries), { name: "key" });
  }

  list(node) {
    node.items = [];
    this.members("]", () => node.items.push(this.value()));
  }

  entry(entries) {
    const key = { from: this.at };
    if (this.next !== '"') this.fail("a key in double quotes");
    const label = this.string();
    key.to = this.at;
    if (entries.has(label)) this.twice.push(key);
    this.take(":", "“:” after the key");
    entries.set(label, { key, node: this.value() });
  }

  string() {
    const found = this.match(TEXT);
    if (found === undefined) throw new Fault("this text has no closing quote, or a character that must be escaped", this.at);
    return JSON.parse(found);
  }
}

/** Where the place that a JSON pointer names stands, with its key; the nearest place around it if it is not there. */
export function locate(node, pointer) {
  let range = { from: node.from, to: node.to };
  for (const step of pointer.split("/").slice(1)) {
    const token = step.replaceAll("~1", "/").replaceAll("~0", "~");
    const entry = node.entries?.get(token);
    const next = entry?.node ?? (/^\d+$/.test(token) ? node.items?.[token] : undefined);
    if (next === undefined) break;
    range = { from: entry ? entry.key.from : next.from, to: next.to };
    node = next;
  }
  return range;
}
