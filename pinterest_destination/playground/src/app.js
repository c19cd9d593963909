// The playground: two editors on the left, what becomes of them on the right.

import { createEditor } from "../editor.js";
import { examples, explain, Refusal } from "./api.js";
import { byId, element, fill } from "./dom.js";
import { Fault, locate, position, read } from "./json.js";
import { showOutput } from "./output.js";
import { showMatching, showOrigin, showPage, showProblems } from "./panels.js";
import { layOut, pastedEvent } from "./paste.js";
import { link, shared } from "./share.js";

const PAUSE = 40; // milliseconds without a keystroke before the server is asked

const sides = { event: side("event", "Event, as JSON"), settings: side("settings", "Settings, as JSON") };
let asked = null;
let timer = 0;
let shown = null;

/** One editor, with what is known of its text. */
function side(id, label) {
  const host = byId(id);
  const root = host.attachShadow({ mode: "open" }); // an editor's own styles go into a shadow root without breaking the policy
  const own = { id, node: null };
  own.editor = createEditor({
    parent: root, root, label,
    changed: () => edited(own),
    pasted: (text, whole) => pasted(own, text, whole),
  });
  return own;
}

function pasted(own, text, whole) {
  if (own.id !== "event") return null;
  const found = pastedEvent(text, whole);
  if (!found) return null;
  if (found.settings) sides.settings.editor.replace(found.settings);
  say(`The pasted event${found.settings ? " and its settings are" : " is"} in place of what was there. Undo brings that back.`);
  return found.event;
}

function edited(own) {
  const text = own.editor.text();
  try {
    const { node, twice } = read(text);
    own.node = node;
    own.faults = twice.map((key) => ({ ...key, severity: "warning", message: "This key stands there more than once; the last one counts." }));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    own.node = null;
    own.faults = [{ from: error.at, to: error.at + 1, severity: "error", message: error.message }];
  }
  tell(own, own.faults);
  if (!own.node) byId("results").classList.add("stale");
  clearTimeout(timer);
  timer = setTimeout(update, PAUSE);
}

/** Show the faults of a text in it and below it. */
function tell(own, faults) {
  own.editor.show(faults);
  const [first] = faults;
  const { line, column } = first ? position(own.editor.text(), first.from) : {};
  const box = byId(`${own.id}-fault`);
  fill(box, first ? element("button", { type: "button", click: () => own.editor.goTo(first.from) }, `Line ${line}, column ${column}: ${first.message}`) : "");
}

async function update() {
  asked?.abort();
  if (!sides.event.node || !sides.settings.node) return;
  const { signal } = (asked = new AbortController());
  try {
    const answer = await explain(sides.event.editor.text(), sides.settings.editor.text(), signal);
    message("");
    for (const own of Object.values(sides)) tell(own, own.faults);
    show(answer);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refusal)) throw error;
    refused(error);
  }
}

function refused(error) {
  byId("results").classList.add("stale");
  const { node, faults } = sides.settings;
  const told = error.faults.map((fault) => ({
    ...locate(node, fault.pointer), severity: "error",
    message: `found ${fault.found}, expected ${fault.expected}${fault.suggestion ? `; did you mean ${fault.suggestion}?` : ""}`,
  }));
  tell(sides.settings, [...told, ...faults]);
  message(error.faults.length > 0 ? `The settings cannot be used: ${error.faults.map((fault) => fault.pointer || "the whole").join(", ")}.` : error.message);
}

function message(text) {
  byId("message").hidden = text === "";
  byId("message").textContent = text;
}

function say(text) {
  byId("status").textContent = text;
}

// -- results

function show(answer) {
  byId("results").classList.remove("stale");
  const origins = new Map(Map.groupBy(answer.fields, (field) => `${field.channel} ${field.output}`));
  const find = (channel, output, value) => {
    const found = origins.get(`${channel} ${output}`) ?? [];
    return found.find((field) => JSON.stringify(field.value) === JSON.stringify(value)) ?? found[0] ?? null;
  };
  const named = (output, value) => ({
    output, source: "the event's type and name", rule: answer.names.rule || "no rule: the name is passed on", stages: [{ what: "name", value }],
    entry: answer.names.subscriptions.join(", "), places: answer.names.places,
  });
  showOutput(byId("pintrk"), answer.pintrk, {
    explained: (index, path, value) => {
      const [command] = answer.pintrk[index];
      if (path.length === 1 && path[0] === "1" && typeof value === "string") return named(`${command}, name`, value);
      return path.length > 1 ? find("browser", [command, ...path.slice(1)].join("."), value) : null;
    },
    show: point, none: "The tag gets nothing.",
  });
  showOutput(byId("capi"), answer.capi, {
    explained: (index, path, value) => (path.join(".") === "event_name" ? named("event_name", value) : path.length > 0 ? find("capi", path.join("."), value) : null),
    show: point, none: "The Conversions API gets nothing.",
  });
  showProblems(byId("problems"), answer, goTo);
  showMatching(byId("matching"), answer.matching);
  showPage(byId("page"), answer.page);
  showOrigin(byId("origin"), null);
  shown = null;
  answered();
}

/** Leave a trace for those who measure: how many answers there were, and when the first was shown. */
function answered() {
  const { dataset } = document.documentElement;
  dataset.answers = Number(dataset.answers ?? 0) + 1;
  if (dataset.answers === "1") performance.mark("usable");
}

/** Show where a value comes from, and mark the places in the event. */
function point(origin, row) {
  if (shown === row) return;
  shown?.classList.remove("shown");
  shown = row;
  row.classList.add("shown");
  showOrigin(byId("origin"), origin);
  const { editor, node } = sides.event;
  editor.mark(node ? origin.places.map((place) => locate(node, place)) : []);
}

/** Go to a dot-path, as problems have it. */
function goTo(path, ofSettings) {
  const { editor, node } = ofSettings ? sides.settings : sides.event;
  if (node) editor.goTo(locate(node, `/${path.replaceAll("/", "~1").replaceAll(".", "/")}`).from);
}

// -- examples and links

function choose(example) {
  sides.settings.editor.replace(layOut(example.settings));
  sides.event.editor.replace(layOut(atPresent(example.event)));
  say(example.description);
}

/** Put the present time in place of the marks that examples have for it, so that no example is ever too old. */
function atPresent(value) {
  const now = Date.now();
  const times = { "{now}": new Date(now).toISOString(), "{seconds}": Math.floor(now / 1000), "{milliseconds}": now, "{microseconds}": now * 1000 };
  return JSON.parse(JSON.stringify(value), (_, part) => (typeof part === "string" && Object.hasOwn(times, part) ? times[part] : part));
}

async function start() {
  showOrigin(byId("origin"), null);
  const before = await shared(location.hash);
  if (before) open(before);
  const { examples: library } = await examples();
  const groups = Map.groupBy(library, (example) => example.group);
  const options = [...groups].map(([name, rows]) => element("optgroup", { label: name }, ...rows.map((row) => element("option", { value: library.indexOf(row) }, row.title))));
  const list = byId("examples");
  fill(list, element("option", { value: "" }, "Choose …"), ...options);
  list.addEventListener("change", () => list.value && choose(library[list.value]));
  if (!before) {
    list.value = "0";
    choose(library[0]);
    if (location.hash) say("The link holds no event that could be read; it may have been cut.");
  }
}

function open({ event, settings }) {
  sides.settings.editor.replace(settings);
  sides.event.editor.replace(event);
  say("Opened from the link.");
}

byId("share").addEventListener("click", async () => {
  const { url, secrets } = await link(sides.event.editor.text(), sides.settings.editor.text());
  history.replaceState(null, "", url);
  const told = secrets ? " Tokens are left out of it." : "";
  try {
    await navigator.clipboard.writeText(url);
    say(`The link is copied; it holds event and settings, and whoever has it can read them.${told}`);
  } catch {
    say(`The link is in the address bar; it holds event and settings, and whoever has it can read them.${told}`);
  }
});

window.addEventListener("hashchange", async () => {
  const found = await shared(location.hash);
  if (found) open(found);
});
window.addEventListener("unhandledrejection", (event) => message(event.reason instanceof Refusal ? event.reason.message : "This page met a mistake of its own; reload it."));
start();
