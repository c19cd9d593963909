// Reads values of JavaScript that stand as they are: texts, numbers, true, false, null, undefined, lists and objects.
// Nothing is ever run.

import { Scanner } from "./scan.js";

const BLANK = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const QUOTES = ['"', "'", "`"];
const TEXT = /"(?:[^"\\\n\r]|\\(?:\r\n|[^]))*"|'(?:[^'\\\n\r]|\\(?:\r\n|[^]))*'|`(?:[^`\\$]|\\[^]|\$(?!\{))*`/y;
const ESCAPE = /\\(?:u\{(0*[\da-fA-F]{1,5}|0*10[\da-fA-F]{4})\}|u([\da-fA-F]{4})|x([\da-fA-F]{2})|(\r\n|[^]))/g;
const ESCAPED = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", v: "\v", 0: "\0", "\n": "", "\r": "", "\r\n": "", "\u2028": "", "\u2029": "" };
const NUMBER = /[-+]?(?:0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|(?:(?:0|[1-9](?:_?\d)*)(?:\.(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][-+]?\d(?:_?\d)*)?)(?![\w$.])/y;
const OCTAL = /[-+]?0[\d_]+/y;
const WORD = /(?:true|false|null|undefined)(?![\w$])/y;
const WORDS = { true: true, false: false, null: null, undefined };
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*|(?:0|[1-9]\d*)(?![\p{ID_Continue}$.])/uy;
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

/** The value of a number as it is written; `Number` takes no sign before other bases than ten. */
function numberOf(text) {
  const value = Number(text.replace(/^[-+]/, ""));
  return text.startsWith("-") ? -value : value;
}

class Reader extends Scanner {
  value() {
    this.skip();
    if (this.next === "{") return this.object();
    if (this.next === "[") return this.list();
    if (QUOTES.includes(this.next)) return this.string();
    const number = this.match(NUMBER);
    if (number !== undefined) return numberOf(number.replaceAll("_", ""));
    const octal = this.ahead(OCTAL);
    if (octal) this.fail("a number without a zero before it, which JavaScript may take for an octal one", `“${octal}”`);
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

  /** What a pattern finds here, without moving on. */
  ahead(pattern) {
    const { at } = this;
    const found = this.match(pattern);
    this.at = at;
    return found;
  }

  /** Name what would have to be run. */
  computed() {
    const found = this.ahead(COMPUTED)?.trim().slice(0, 60);
    const closed = { "(": "…)", "[": "…]" }[found?.at(-1)] ?? "";
    return found ? `“${found}${closed}”` : this.found();
  }
}
