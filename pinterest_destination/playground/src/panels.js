// The panels beside the payloads: where a value comes from, problems, matching, page code.

import { element, fill } from "./dom.js";

const written = (stage) => (stage.masked ? "(masked)" : JSON.stringify(stage.value));

/** Show where one value comes from. */
export function showOrigin(box, origin) {
  if (!origin) {
    fill(box, element("p", {}, "Point at a line below, or go there with Tab and the arrow keys: its rule and its source appear here, and the source is marked in the event."));
    return;
  }
  const way = origin.stages.map((stage) => `${stage.what} ${written(stage)}`).join(" → ");
  const pairs = [["Field", origin.output], ["Source", origin.source], ["Rule", origin.rule], ["Written by", origin.entry], ["Way", way]];
  fill(box, element("dl", {}, ...pairs.filter(([, text]) => text).flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)])));
}

/** Show problems; `goTo(path, of settings)` is called when the place of one is chosen. */
export function showProblems(box, { problems, settings_problems: ofSettings }, goTo) {
  const items = [...problems.map((problem) => [problem, false]), ...ofSettings.map((problem) => [problem, true])].map(([problem, settings]) =>
    element(
      "li", { class: problem.severity },
      element("span", { class: "tag" }, problem.severity),
      element("code", {}, problem.code), ` `,
      problem.path ? element("button", { type: "button", click: () => goTo(problem.path, settings) }, settings ? `settings: ${problem.path}` : problem.path) : "",
      ` ${problem.message}${problem.channel ? ` (${problem.channel === "browser" ? "tag" : "Conversions API"})` : ""}`,
    ),
  );
  fill(box, items.length > 0 ? element("ul", { class: "list" }, ...items) : element("p", { class: "none" }, "None."));
}

const STATES = { once: "counted once", twice: "counted twice", single: "one channel only" };

/** Show identifiers, and whether the channels' events are taken for one. */
export function showMatching(box, { identifiers, enough, deduplication }) {
  fill(box, element("h3", {}, "Duplicates"), duplicates(deduplication), element("h3", {}, "Identifiers"), ...person(identifiers, enough));
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

function person(identifiers, enough) {
  if (identifiers.length === 0) return [element("p", { class: "none" }, "The Conversions API gets nothing of this event.")];
  const there = enough.some((group) => group.present);
  const needs = enough.map((group) => group.keys.join(" with ")).join(", or ");
  const summary = there ? "There is enough to send the event." : `Not enough to send the event: the Conversions API needs ${needs}.`;
  const rows = [...identifiers].sort((one, other) => other.present - one.present).map((one) =>
    element(
      "tr", {},
      element("th", { scope: "row" }, one.key),
      element("td", {}, element("span", { class: `tag ${one.present ? "present" : "missing"}` }, one.present ? "present" : "missing")),
      element("td", {}, one.adds, one.present ? "" : element("small", {}, `Takes ${one.expects}${one.from.length > 0 ? `, from ${one.from.slice(0, 4).join(", ")}` : ""}.`), needed(one)),
    ),
  );
  const head = element("thead", {}, element("tr", {}, ...["Identifier", "In this event", "What it adds"].map((name) => element("th", { scope: "col" }, name))));
  return [element("p", { class: "none" }, summary), element("table", {}, head, element("tbody", {}, ...rows))];
}

function needed({ alone, with: others, tag }) {
  const told = [];
  if (alone) told.push("It is enough by itself.");
  else if (others.length > 0) told.push(`It is enough together with ${others.join(", ")}.`);
  if (tag) told.push("The tag gets it, too, when it is loaded (enhanced match).");
  return told.length > 0 ? element("small", {}, told.join(" ")) : "";
}

const LONGEST = 20_000; // characters of page code: browsers lay out more only slowly

/** Show the code of a page with this event. */
export function showPage(box, { code, why }) {
  if (!code) {
    fill(box, element("p", { class: "none" }, why ? `No page code: ${why}.` : "No page code: the tag gets nothing."));
    return;
  }
  const rest = code.length - LONGEST;
  const more = rest > 0 ? element("p", { class: "none" }, `… and ${rest} more characters; the command “page” prints all.`) : "";
  fill(box, element("pre", { tabindex: "0", role: "region", "aria-label": "HTML of a page with this event" }, element("code", {}, code.slice(0, LONGEST))), more);
}
