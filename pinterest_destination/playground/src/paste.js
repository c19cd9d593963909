// Events as other tools copy them: alone, in an envelope, in a batch, as lines, or as the call that sends one.

import { sentBy } from "./call.js";
import { Fault } from "./scan.js";

const LISTS = ["batch", "events", "input", "output"];
const TEXTS_AND_NUMBERS = /"(?:[^"\\]|\\.)*"|(-?\d[\d.eE+-]*)/g;
const NUMBER = /^(-?)0*(\d*)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;
const LONGEST_NUMBER = 400; // characters: JavaScript writes none that is longer
const ENVELOPES = ["message", "event", "payload"];

/**
 * Give the event in a pasted `text`, laid out, with the settings if they came along, and in words `what` it is; null where
 * it is none. What has no sign of an event is taken for one only if it is to be the `whole` text.
 */
export function pastedEvent(text, whole) {
  const document = parse(text.trim());
  if (document === null) return pastedCall(text.trim());
  const { event, settings } = unwrapped(document, null);
  if (!isObject(event) || !(whole || looksLikeEvent(event))) return null;
  return { event: layOut(event), settings: settings && layOut(settings), what: settings ? "The pasted event and its settings are" : "The pasted event is" };
}

/** One that cannot be read is given as it is, to be mended in the editor. */
function pastedCall(text) {
  try {
    const event = sentBy(text, new Date());
    return event && { event: layOut(event), what: "The event that the pasted call sends now is" };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { event: text, what: "The pasted call, which cannot be read whole, is" };
  }
}

/** Lay out JSON. */
export const layOut = (value) => JSON.stringify(value, null, 2);

function parse(text) {
  for (const part of [text, text.split("\n", 1)[0]]) { // the second for JSON Lines
    let found;
    try {
      found = JSON.parse(part);
    } catch {
      continue;
    }
    if (typeof found === "string") return parse(found); // logs have events as texts
    return keepsNumbers(part) ? found : null; // numbers that JavaScript would change are better as they stand
  }
  return null;
}

/** Tell whether every number in a JSON `text` has the same value after JavaScript has read and written it. */
function keepsNumbers(text) {
  for (const [, number] of text.matchAll(TEXTS_AND_NUMBERS)) {
    if (number !== undefined && (number.length > LONGEST_NUMBER || valueOf(number) !== valueOf(String(Number(number))))) return false;
  }
  return true;
}

/** Write the value of a number in one way only: its digits without zeros around them, and their power of ten. */
function valueOf(number) {
  const [, sign, whole, part = "", power = "0"] = NUMBER.exec(number) ?? [];
  if (whole === undefined) return null; // more than JavaScript can hold
  const digits = (whole + part).replace(/^0+/, "");
  const bare = digits.replace(/0+$/, "");
  return bare && `${sign}${bare}e${Number(power) - part.length + digits.length - bare.length}`;
}

function unwrapped(node, settings) {
  if (Array.isArray(node)) return unwrapped(node[0], settings);
  if (!isObject(node)) return { event: node, settings };
  const config = isObject(node.destination?.Config) ? node.destination.Config : settings;
  const list = LISTS.find((name) => Array.isArray(node[name]) && isObject(node[name][0]));
  if (list && typeof node.type !== "string") return unwrapped(node[list][0], config);
  const envelope = ENVELOPES.find((name) => isObject(node[name]) && typeof node.type !== "string");
  if (envelope && looksLikeEvent(node[envelope])) return unwrapped(node[envelope], config);
  return { event: node, settings: config };
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function looksLikeEvent(value) {
  const has = (...names) => names.some((name) => typeof value[name] === "string");
  return has("type", "event", "event_name") && (has("messageId", "anonymousId", "userId", "event_id", "event") || isObject(value.context));
}
