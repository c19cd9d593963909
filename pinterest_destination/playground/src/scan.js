// What reading JSON and reading JavaScript have in common: a text, a place in it, and faults at that place.

/** What cannot be read: where, and what would be right there. */
export class Fault extends Error {
  constructor(message, at) {
    super(message);
    this.at = at;
  }
}

const DEPTH = 200;

/** Reads a text from left to right; `blank` is a sticky pattern of what stands between its parts. */
export class Scanner {
  constructor(text, blank, at = 0) {
    Object.assign(this, { text, blank, at, depth: 0 });
  }

  /** The character at hand; undefined at the end. */
  get next() {
    return this.text[this.at];
  }

  /** Take what a sticky pattern finds here; undefined if it finds nothing. */
  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  skip() {
    this.match(this.blank);
  }

  fail(expected, found = this.found()) {
    throw new Fault(`found ${found}, expected ${expected}`, this.at);
  }

  /** What is here, in words. */
  found() {
    return this.at < this.text.length ? `“${String.fromCodePoint(this.text.codePointAt(this.at))}”` : "the end of the text";
  }

  /** Take the character that must be here. */
  take(char, expected) {
    this.skip();
    if (this.next !== char) this.fail(expected);
    this.at += 1;
  }

  /**
   * Read a bracket and all up to the one that closes it. `member` reads one, or gives false, and nothing after it is
   * read; `loose` lets a comma stand behind the last.
   */
  members(close, member, { loose = false, name = "value" } = {}) {
    if (++this.depth > DEPTH) this.fail(`at most ${DEPTH} levels of lists and objects`);
    this.at += 1;
    this.skip();
    while (this.next !== close) {
      if (member() === false) return;
      this.skip();
      if (this.next === close) break;
      this.take(",", `“,” or “${close}”`);
      this.skip();
      if (this.next === close && !loose) this.fail(`another ${name} after the comma, or no comma`);
    }
    this.at += 1;
    this.depth -= 1;
  }
}

/** Line and column, from 1, of an offset. */
export function position(text, at) {
  const before = text.slice(0, at);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: at - start + 1 };
}
