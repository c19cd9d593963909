// The panels beside the payloads: where a value comes from, problems, matching, page code.

import { element, fill } from "./dom.js";

const LONGEST_VALUE = 200; // characters of a value on its way: the line that is pointed at has all of it

const written = (stage) => (stage.masked ? "(masked)" : shortened(JSON.stringify(stage.value)));
const shortened = (text) => (text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text);

/** Show where one value comes from; `goTo(pointer, of settings)` is called when its source or rule is chosen. */
export function showOrigin(box, origin, goTo) {
  if (!origin) {
    fill(box, element("p", {}, "Point at a line below, or go there with Tab and the arrow keys: its rule and its source appear here, and the source is marked in the event."));
    return;
  }
  const way = origin.stages.map((stage) => `${stage.what} ${written(stage)}`).join(" → ");
  const leading = (text, pointer, ofSettings) => (pointer === undefined ? text : element("button", { type: "button", class: "link", click: () => goTo(pointer, ofSettings) }, text));
  const source = leading(origin.source, origin.places[0], false);
  const rule = leading(origin.rule, /^settings#(\/.*)/.exec(origin.rule)?.[1], true);
  const pairs = [["Field", origin.output], ["Source", source], ["Way", way], ["Rule", rule], ["Written by", origin.entry], ["Subscription", origin.subscription]];
  fill(box, element("dl", {}, ...pairs.filter(([, told]) => told).flatMap(([name, told]) => [element("dt", {}, name), element("dd", {}, told)])));
}

/** Show how many problems there are, in the colour of the worst. */
export function showCount(box, problems) {
  const worst = ["error", "warning", "info"].find((severity) => problems.some((problem) => problem.severity === severity));
  box.hidden = problems.length === 0;
  box.className = `tag ${worst ?? ""}`;
  box.textContent = problems.length;
}

/** Show problems; `goTo(path, of settings, pointer)` is called when the place of one is chosen; the pointer is unknown for what is not there. */
export function showProblems(box, { problems, problem_places: places, settings_problems: ofSettings }, goTo) {
  const items = [...problems.map((problem, n) => [problem, false, places[n]]), ...ofSettings.map((problem) => [problem, true])].map(([problem, settings, place]) =>
    element(
      "li", { class: problem.severity },
      element("span", { class: "tag" }, problem.severity),
      element("code", {}, problem.code), ` `,
      problem.path ? element("button", { type: "button", class: "link", click: () => goTo(problem.path, settings, place) }, settings ? `settings: ${problem.path}` : problem.path) : "",
      ` ${problem.message}${problem.channel ? ` (${problem.channel === "browser" ? "tag" : "Conversions API"})` : ""}`,
    ),
  );
  fill(box, items.length > 0 ? element("ul", { class: "list" }, ...items) : element("p", { class: "none" }, "None."));
}

const STATES = { once: "counted once", twice: "counted twice", single: "one channel only" };

/** Show identifiers, and whether the channels' events are taken for one; `denied` is the visitor's consent. */
export function showMatching(box, { identifiers, enough, deduplication }, denied) {
  fill(box, element("h3", {}, "Duplicates"), duplicates(deduplication), element("h3", {}, "Identifiers"), ...person(identifiers, enough, denied));
}

function duplicates(rows) {
  if (rows.length === 0) return element("p", { class: "none" }, "Nothing is sent, so there is nothing to remove.");
  const items = rows.map((row) =>
    element(
      "li", {},
      element("span", { class: `tag ${row.state}` }, STATES[row.state]), element("code", {}, row.event_name), ` ${row.why} `,
      element("span", { class: "soft" }, ids(row)),
    ),
  );
  return element("ul", { class: "list", id: "duplicates" }, ...items);
}

function ids({ tag_id: tag, api_id: api }) {
  if (tag !== null && tag === api) return `event_id ${tag}`;
  return [tag !== null ? `event_id of the tag: ${tag || "none"}` : "", api !== null ? `of the API: ${api || "none"}` : ""].filter(Boolean).join(", ");
}

function person(identifiers, enough, denied) {
  if (identifiers.length === 0) return [element("p", { class: "none" }, "The Conversions API gets nothing of this event.")];
  const there = enough.some((group) => group.present);
  const needs = enough.map((group) => group.keys.join(" with ")).join(", or ");
  const summary = there ? `These identifiers ${denied ? "would be" : "are"} enough for the Conversions API.` : `Not enough: the Conversions API needs ${needs}.`;
  // Roles, since browsers may take a table for none that is laid out as a grid, as it is on narrow screens.
  const rows = [...identifiers].sort((one, other) => other.present - one.present).map((one) =>
    element(
      "tr", { role: "row" },
      element("th", { scope: "row", role: "rowheader" }, one.key),
      element("td", { role: "cell" }, state(one)),
      element("td", { role: "cell" }, one.adds, lacking(one), needed(one, denied)),
    ),
  );
  const titles = ["Identifier", "In this event", "What it adds"].map((name) => element("th", { scope: "col", role: "columnheader" }, name));
  const head = element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...titles));
  return [element("p", { class: "none" }, denied ? `Consent is denied, so none of them is sent. ${summary}` : summary), element("table", { role: "table" }, head, element("tbody", { role: "rowgroup" }, ...rows))];
}

function state({ present, off }) {
  return element("span", { class: `tag ${present ? "present" : "missing"}` }, present ? "present" : off ? "off" : "missing");
}

function lacking({ present, off, expects, from }) {
  if (present) return "";
  const where = from.length > 0 ? `, from ${from.slice(0, 4).join(", ")}` : "";
  return element("small", {}, off ? "The settings never send it." : `Takes ${expects}${where}.`);
}

function needed({ alone, with: others, tag }, denied) {
  const told = [];
  if (alone) told.push("It is enough by itself.");
  else if (others.length > 0) told.push(`It is enough together with ${others.join(", ")}.`);
  if (tag && !denied) told.push("The tag gets it, too, when it is loaded (enhanced match).");
  return told.length > 0 ? element("small", {}, told.join(" ")) : "";
}

const LONGEST = 20_000; // characters of page code: browsers lay out more only slowly

const DENIED = "For a visitor who denies consent: the tag is told so, and learns nothing of who it is.";
const UNKNOWN = "For a visitor of whom nothing is known: the event's traits hold no match key that the tag is to be loaded with.";

/** Show the code of a page with this event. */
export function showPage(box, { code, why, visitor }, denied) {
  if (!code) {
    fill(box, element("p", { class: "none" }, why ? `No page code: ${why}.` : "No page code: the tag gets nothing."));
    return;
  }
  const who = denied ? DENIED : visitor.length > 0 ? `For the visitor whom the event's traits are of: the tag is loaded with ${visitor.join(", ")}.` : UNKNOWN;
  const rest = code.length - LONGEST;
  const more = rest > 0 ? element("p", { class: "none" }, `… and ${rest.toLocaleString("en")} more characters; “Copy” has all.`) : "";
  const shown = element("pre", { tabindex: "0", role: "region", "aria-label": "HTML of a page with this event" }, element("code", {}, code.slice(0, LONGEST)));
  fill(box, element("p", { class: "none" }, who), shown, more);
}
