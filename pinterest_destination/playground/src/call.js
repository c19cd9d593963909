// Calls of Segment's and RudderStack's libraries for pages, as people copy them from one, and the events that these send.

import { callArguments } from "./literal.js";

const OBJECT = String.raw`(?<![\w$])(?:rudderanalytics|analytics)\s*\??\.\s*`;
const OPENS = String.raw`\s*(?:\?\.\s*)?(?=\()`;
const TYPE = "track|page|screen|identify|group|alias";
const COMMENT = String.raw`(?<!:)//[^\n]*|/\*[^]*?(?:\*/|$)|<!--[^]*?(?:-->|$)`; // one that is not closed takes all the rest
// Texts that hold no call: one may stand in an attribute of HTML.
const TEXTS = ['"', "'", "`"].map((quote) => String.raw`(?<![\w$])${quote}(?:(?!${OBJECT}(?:${TYPE})${OPENS})[^${quote}\\\n]|\\.)*${quote}`);
const CALLS = new RegExp([String.raw`${OBJECT}(${TYPE})${OPENS}`, COMMENT, ...TEXTS].join("|"), "g");
const JSON_BEGINS = /^\s*["{[]/;
const MESSAGE = ["event", "userId", "anonymousId", "messageId"]; // what the libraries for servers take, all in one object
const OPTIONS = ["anonymousId", "integrations", "messageId", "originalTimestamp", "timestamp", "userId"]; // others are context
const NAMED = { track: ["event"], identify: ["userId"], group: ["groupId"], alias: ["userId", "previousId"] };

/** Give the event that the first call in `text`, but for comments, sends at the time `now` (a Date); null if there is none. Throws a `Fault`. */
export function sentBy(text, now) {
  const found = JSON_BEGINS.test(text) ? null : firstCall(text);
  if (!found) return null;
  const given = callArguments(text, found.index + found[0].length);
  const own = { messageId: `pasted-${now.getTime()}`, timestamp: now.toISOString() };
  const [first] = given;
  const whole = isObject(first) && MESSAGE.some((key) => first[key] !== undefined);
  return { type: found[1], ...own, ...(whole ? first : eventOf(found[1], given)) };
}

function firstCall(text) {
  for (const found of text.matchAll(CALLS)) if (found[1]) return found; // others are comments and texts
  return null;
}

/** Texts come first, then properties or traits, then options; whoever leaves out the first may write null. */
function eventOf(type, given) {
  const values = given.slice(given[0] === null || given[0] === undefined ? 1 : 0);
  const texts = values.findIndex((value) => !["string", "number"].includes(typeof value));
  const names = named(type, texts < 0 ? values : values.slice(0, texts));
  const [content, options] = texts < 0 ? [] : values.slice(texts);
  if (type === "alias") return { ...names, ...outside(content) };
  const person = type === "identify" || type === "group";
  const inside = type === "page" || type === "screen" ? names : {};
  return { ...names, [person ? "traits" : "properties"]: { ...object(content), ...inside }, ...outside(options) };
}

function named(type, texts) {
  const names = NAMED[type] ?? (texts.length > 1 ? ["category", "name"] : ["name"]);
  return Object.fromEntries(texts.slice(0, names.length).map((text, n) => [names[n], text]));
}

/** What options put beside properties and traits. */
function outside(options) {
  const { context, ...all } = object(options);
  const own = Object.entries(all).filter(([key]) => OPTIONS.includes(key));
  const others = Object.entries(all).filter(([key]) => !OPTIONS.includes(key));
  const whole = { ...Object.fromEntries(others), ...object(context) };
  return { ...Object.fromEntries(own), ...(Object.keys(whole).length > 0 ? { context: whole } : {}) };
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const object = (value) => (isObject(value) ? value : {});
