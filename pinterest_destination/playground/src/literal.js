// Reads values of JavaScript that stand as they are: texts, numbers, true, false, null, undefined, lists and objects.
// Nothing is ever run.

import { Scanner } from "./scan.js";

const BLANK = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const QUOTES = ['"', "'", "`"];
const TEXT = /"(?:[^"\\\n\r]|\\(?:\r\n|[^]))*"|'(?:[^'\\\n\r]|\\(?:\r\n|[^]))*'|`(?:[^`\\$]|\\[^]|\$(?!\{))*`/y;
const ESCAPE = /\\(?:u\{(0*[\da-fA-F]{1,5}|0*10[\da-fA-F]{4})\}|u([\da-fA-F]{4})|x([\da-fA-F]{2})|(\r\n|[^]))/g;
const ESCAPED = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", v: "\v", 0: "\0", "\n": "", "\r": "", "\r\n": "", "\u2028": "", "\u2029": "" };
const NUMBER = /[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w$.])/y;
const WORD = /(?:true|false|null|undefined)(?![\w$])/y;
const WORDS = { true: true, false: false, null: null, undefined };
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*|\d+/uy;
const FUNCTION = /(?:async\s+)?(?:function\b|(?:\([^()]*\)|[\w$]+)\s*=>)/y;
const COMPUTED = /(?:(?:new|await|typeof)\s+)?[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\s*\??\.\s*[\p{ID_Start}$_][\p{ID_Continue}$]*)*\s*[([]?/uy;

const VALUE = "a value as it is (a text, a number, true, false, null, a list or an object): what a variable or a call gives, only the page knows";

/** Read the arguments of a call in `text` whose bracket stands at `at`, up to a function among them. Throws a `Fault`. */
export function callArguments(text, at) {
  const reader = new Reader(text, BLANK, at);
  const values = [];
  reader.members(")", () => !reader.match(FUNCTION) && values.push(reader.value()), { loose: true });
  return values;
}

class Reader extends Scanner {
  value() {
    this.skip();
    if (this.next === "{") return this.object();
    if (this.next === "[") return this.list();
    if (QUOTES.includes(this.next)) return this.string();
    const number = this.match(NUMBER);
    if (number !== undefined) return Number(number.replaceAll("_", ""));
    const word = this.match(WORD);
    if (word === undefined) this.fail(VALUE, this.computed());
    return WORDS[word];
  }

  object() {
    const entries = [];
    this.members("}", () => entries.push(this.entry()), { loose: true });
    return Object.fromEntries(entries);
  }

  list() {
    const values = [];
    this.members("]", () => values.push(this.value()), { loose: true });
    return values;
  }

  entry() {
    const key = QUOTES.includes(this.next) ? this.string() : this.match(NAME);
    if (key === undefined) this.fail("a key");
    this.take(":", "“:” and a value after the key");
    return [key, this.value()];
  }

  string() {
    const found = this.match(TEXT);
    if (found === undefined) this.fail(this.next === "`" ? "a text without “${…}”, and a “`” that closes it" : "a text that is closed on its line");
    return found.slice(1, -1).replace(ESCAPE, (_, point, four, two, char) => (char === undefined ? String.fromCodePoint(parseInt(point ?? four ?? two, 16)) : (ESCAPED[char] ?? char)));
  }

  /** Name what would have to be run, without moving on. */
  computed() {
    const { at } = this;
    const found = this.match(COMPUTED)?.trim().slice(0, 60);
    this.at = at;
    const closed = { "(": "…)", "[": "…]" }[found?.at(-1)] ?? "";
    return found ? `“${found}${closed}”` : this.found();
  }
}
