// The playground: two editors on the left, what becomes of them on the right.

import { examples, explain, Refusal } from "./api.js";
import { byId, element, fill } from "./dom.js";
import { locate } from "./json.js";
import { callLines, createOutput, eventLines } from "./output.js";
import { showCount, showMatching, showOrigin, showPage, showProblems } from "./panels.js";
import { layOut, pastedEvent } from "./paste.js";
import { link, shared } from "./share.js";
import { createSide, examine, tell } from "./side.js";

const PAUSE = 10; // milliseconds without a keystroke before a text is read, and the server asked
const LONGEST_PAUSE = 400; // for texts that take long to read
const CUT = "The link holds no event that could be read; it may have been cut.";
const OPENED = "Opened from the link.";
const LATE = 1000; // milliseconds after which what is shown is said to be outdated

const opened = await shared(location.hash);
let without = ""; // why there are no examples
const library = await examples().catch(noExamples);
let chosen = opened || library.length === 0 ? null : textsOf(library[0]); // the example that both texts are
const first = opened ?? chosen ?? { event: "", settings: "" }; // the editors are made of it: so they are laid out once, and undo does not empty them
const sides = {
  event: createSide("event", "Event, as JSON", first.event, { edited, pasted }),
  settings: createSide("settings", "Settings, as JSON", first.settings, { edited, pasted: () => null }),
};
const outputs = {
  pintrk: createOutput(byId("pintrk"), { show: point, none: "The tag gets nothing." }),
  capi: createOutput(byId("capi"), { show: point, none: "The Conversions API gets nothing." }),
};
let timer = 0;
let pause = PAUSE;
let asking = false;
let unreadable = false; // one of the texts is none, and so there is nothing to ask
let again = false; // something was edited while the server was asked
let last = ""; // the answer that is shown, as text
let copies = {}; // what the copy buttons copy
let said = []; // the texts that the status was said of
let shown = null; // the line that is pointed at, and what is told of it

/** Give the event in a pasted text; null to paste it as it is. */
function pasted(text, whole) {
  const found = pastedEvent(text, whole);
  if (!found) return null;
  const before = texts();
  if (found.settings) sides.settings.editor.replace(found.settings);
  const back = found.settings ? element("button", { type: "button", click: () => putBack(before) }, "Undo paste") : "Undo brings that back.";
  queueMicrotask(() => say(`${found.what} in place of what was there. `, back)); // once it is there
  return found.event;
}

/** Bring back both texts: an editor's own undo knows of one only. */
function putBack(before) {
  for (const [n, own] of Object.values(sides).entries()) own.editor.replace(before[n]);
  say("What was there before the paste is back.");
  sides.event.editor.focus();
}

const texts = () => Object.values(sides).map((own) => own.editor.text());

function edited() {
  clearTimeout(timer);
  timer = setTimeout(check, pause);
}

/** Read what was edited, and ask what becomes of it. */
function check() {
  const began = performance.now();
  for (const own of Object.values(sides)) if (!own.node) examine(own);
  if (Object.values(sides).some((own, n) => own.text !== said[n])) say();
  if (chosen && Object.values(sides).some((own) => own.text !== chosen[own.id])) leave();
  pause = Math.min(LONGEST_PAUSE, Math.max(PAUSE, 3 * (performance.now() - began)));
  update();
}

/** Ask the server, one question at a time: what is edited meanwhile is asked about next. What is shown until then is outdated if that lasts. */
async function update() {
  unreadable = !sides.event.node || !sides.settings.node;
  if (unreadable) {
    stale(true);
    message(); // what the server said is of another text
  }
  again = asking && !unreadable;
  if (asking || unreadable) return;
  asking = true;
  const late = setTimeout(stale, LATE, true);
  try {
    show(await explain(sides.event.text, sides.settings.text));
    stale(unreadable);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (!again) refused(error);
  } finally {
    clearTimeout(late);
    asking = false;
    if (again) update();
  }
}

function stale(is) {
  byId("results").classList.toggle("stale", is);
  byId("outdated").hidden = !is;
}

function refused(error) {
  stale(true);
  const { node, faults } = sides.settings;
  if (node) {
    const told = error.faults.map((fault) => ({
      ...locate(node, fault.pointer), severity: "error",
      message: `found ${fault.found}, expected ${fault.expected}${fault.suggestion ? `; did you mean ${fault.suggestion}?` : ""}`,
    }));
    tell(sides.settings, [...told, ...faults]);
  }
  if (error.faults.length > 0) message(`The settings cannot be used: ${error.faults.map((fault) => fault.pointer || "the whole").join(", ")}.`);
  else message(error.message, error.again ? element("button", { type: "button", click: update }, "Try again") : "");
}

function message(...children) {
  fill(byId("message"), children);
  byId("message").hidden = children.length === 0;
}

/** Say something of both texts as they are; once one is edited, it is no longer said. */
function say(...children) {
  fill(byId("status"), children);
  said = texts();
}

// -- results

/** Show an answer, unless it is the one that is there. */
function show(text) {
  message();
  for (const own of Object.values(sides)) if (own.node) tell(own, own.faults);
  if (text === last) mark();
  else {
    last = text;
    render(JSON.parse(text));
  }
  answered();
}

function render(answer) {
  const find = origins(answer);
  const note = leftOut(answer.left_out);
  outputs.pintrk.fill(answer.pintrk.flatMap((call, n) => [...callLines(call, find("browser", n))]), note);
  outputs.capi.fill(answer.capi.flatMap((event, n) => [...eventLines(event, find("capi", n))]), note);
  showProblems(byId("problems"), answer, goTo);
  showCount(byId("problems-count"), [...answer.problems, ...answer.settings_problems]);
  showMatching(byId("matching"), answer.matching, answer.consent === false);
  showPage(byId("page"), answer.page, answer.consent === false);
  copies = {
    pintrk: answer.pintrk.map((call) => `pintrk(${call.map(asCode).join(", ")});`).join("\n"),
    capi: answer.capi.map(layOut).join(",\n"),
    page: answer.page.code,
  };
  for (const button of document.querySelectorAll("button.copy")) button.hidden = copies[button.value] === "";
  shown = null;
  showOrigin(byId("origin"), null);
}

const TEXTS = /"(?:[^"\\]|\\.)*"/g;
const BREAKING = /[<>&{\u2028\u2029]/g; // as in the page code (browser/escape.py)

/** Write a value as code for a page: texts might end a script element, or be variables of Tag Manager, and `__proto__` by itself would be no key. */
function asCode(value) {
  const escaped = (text) => text.replace(BREAKING, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return layOut(value).replace(TEXTS, escaped).replaceAll('"__proto__":', '["__proto__"]:');
}

/** Give what finds the origin of a field by its channel, payload and path. */
function origins({ fields }) {
  const found = new Map();
  for (const field of fields) for (const n of field.payloads) found.set(`${field.channel} ${n} ${field.output}`, field);
  return (channel, n) => (path) => found.get(`${channel} ${n} ${path}`) ?? null;
}

function leftOut({ items, fields }) {
  const parts = [items > 0 && `the last ${items.toLocaleString("en")} products`, fields > 0 && `${fields.toLocaleString("en")} fields`].filter(Boolean);
  return parts.length > 0 ? `This is too much to explain all of it: the sources of ${parts.join(" and ")} are not told.` : "";
}

/** Leave a trace for those who measure: how many answers there were, and when the first was shown. */
function answered() {
  const { dataset } = document.documentElement;
  dataset.answers = Number(dataset.answers ?? 0) + 1;
  if (dataset.answers === "1") performance.mark("usable");
}

/** Show where a value comes from, and mark the places in the event. */
function point(origin, row) {
  if (shown?.row === row) return;
  shown?.row.classList.remove("shown");
  shown = { origin, row };
  row.classList.add("shown");
  showOrigin(byId("origin"), origin, goToPlace);
  mark();
}

/** Mark the places of what is pointed at. */
function mark() {
  const { editor, node } = sides.event;
  if (shown && node) editor.mark(shown.origin.places.map((place) => locate(node, place)));
}

/** Go to a place: a JSON pointer. */
function goToPlace(pointer, ofSettings) {
  const { editor, node } = ofSettings ? sides.settings : sides.event;
  if (node) editor.goTo(locate(node, pointer).from);
}

/** Go to the place of a problem, or near it: a JSON pointer if it is known, a dot-path in the event, a JSON pointer in the settings. */
function goTo(path, ofSettings, pointer) {
  goToPlace(pointer ?? (ofSettings && path.startsWith("/") ? path : `/${path.replaceAll("/", "~1").replaceAll(".", "/")}`), ofSettings);
}

// -- examples and links

function choose(example) {
  chosen = textsOf(example);
  for (const own of Object.values(sides)) own.editor.replace(chosen[own.id]);
  say(example.description);
}

function textsOf({ settings, event }) {
  return { settings: layOut(settings), event: layOut(atPresent(event)) };
}

/** What was edited is no example any more. */
function leave() {
  chosen = null;
  byId("examples").value = "";
}

/** Put the present time in place of the marks that examples have for it, so that no example is ever too old. */
function atPresent(value) {
  const now = Date.now();
  const times = { "{now}": new Date(now).toISOString(), "{seconds}": Math.floor(now / 1000), "{milliseconds}": now, "{microseconds}": now * 1000 };
  return JSON.parse(JSON.stringify(value), (_, part) => (typeof part === "string" && Object.hasOwn(times, part) ? times[part] : part));
}

function listExamples() {
  const groups = Map.groupBy(library, (example) => example.group);
  const options = [...groups].map(([name, rows]) => element("optgroup", { label: name }, ...rows.map((row) => element("option", { value: library.indexOf(row) }, row.title))));
  const list = byId("examples");
  fill(list, element("option", { value: "" }, "Choose …"), ...options);
  list.addEventListener("change", () => list.value && choose(library[list.value]));
}

/** Give an empty library, and keep why. */
function noExamples(error) {
  if (!(error instanceof Refusal)) throw error;
  without = error.message;
  return [];
}

function open({ event, settings }) {
  sides.settings.editor.replace(settings);
  sides.event.editor.replace(event);
  say(OPENED);
}

function start() {
  showOrigin(byId("origin"), null);
  listExamples();
  byId("examples").value = chosen ? "0" : "";
  say(opened ? OPENED : location.hash ? CUT : chosen ? library[0].description : "", without && ` ${without}`);
  if (first.event) check();
}

byId("share").addEventListener("click", async () => {
  const { url, left } = await link(sides.event.editor.text(), sides.settings.editor.text());
  history.replaceState(null, "", url);
  const told = left && ` ${left}`;
  try {
    await navigator.clipboard.writeText(url);
    say(`The link is copied; it holds event and settings, and whoever has it can read them.${told}`);
  } catch {
    say(`The link is in the address bar; it holds event and settings, and whoever has it can read them.${told}`);
  }
});

for (const button of document.querySelectorAll("button.copy")) button.addEventListener("click", () => copy(button));

/** Copy what a button is for, and say so on it: the status may be out of sight. */
async function copy(button) {
  const what = button.getAttribute("aria-label").replace("Copy the ", "The ");
  try {
    await navigator.clipboard.writeText(copies[button.value]);
    say(`${what} is copied.`);
    button.textContent = "Copied";
  } catch {
    say(`${what} could not be copied: the browser does not allow it.`);
    button.textContent = "Not copied";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

window.addEventListener("hashchange", async () => {
  const found = await shared(location.hash);
  if (found) open(found);
  else if (location.hash) say(CUT);
});
window.addEventListener("unhandledrejection", (event) => message(event.reason instanceof Refusal ? event.reason.message : "This page met a mistake of its own; reload it."));
start();
