// One side of what is written: an editor, what is known of its text, and what is wrong with it, in it and below it.

import { createEditor } from "../editor.js";
import { sentBy } from "./call.js";
import { byId, element, fill } from "./dom.js";
import { read } from "./json.js";
import { layOut } from "./paste.js";
import { Fault, position } from "./scan.js";

const MOST_FAULTS = 4; // told below an editor

/** Make one of `text`; `edited()` is called after each edit, `pasted(text, whole)` may give other text for a paste. */
export function createSide(id, label, text, { edited, pasted }) {
  const host = byId(id);
  const root = host.attachShadow({ mode: "open" }); // an editor's own styles go into a shadow root without breaking the policy
  const own = { id, node: null };
  const changed = () => {
    own.node = null;
    edited();
  };
  own.editor = createEditor({ parent: root, root, label, text, changed, pasted });
  return own;
}

/** Read the text of a side: `node` is what stands where in it, null if that cannot be told. */
export function examine(own) {
  own.text = own.editor.text();
  try {
    const { node, twice } = read(own.text);
    if (own.id === "settings" && !node.entries) throw new Fault("expected an object with settings", node.from);
    own.node = node;
    own.faults = twice.map((key) => ({ ...key, severity: "warning", message: "This key stands there more than once; the last one counts." }));
  } catch (error) {
    own.faults = [(own.id === "event" && ofCall(own)) || atPlace(error)];
  }
  tell(own, own.faults);
}

/** What is to be said of a call in place of an event; null if there is none. */
function ofCall({ text, editor }) {
  try {
    const event = sentBy(text, new Date());
    const mend = () => {
      editor.replace(layOut(event));
      editor.focus();
    };
    return event && { from: 0, to: 1, severity: "warning", message: "this is a call in JavaScript. Put the event that it sends in its place.", mend };
  } catch (error) {
    return atPlace(error);
  }
}

function atPlace(error) {
  if (!(error instanceof Fault)) throw error;
  return { from: error.at, to: error.at + 1, severity: "error", message: error.message };
}

/** Show the faults of a text in it and below it; choosing one leads there, or mends it. */
export function tell(own, faults) {
  if (faults.length === 0 && own.told === 0) return;
  own.told = faults.length;
  own.editor.show(faults);
  const told = faults.slice(0, MOST_FAULTS).map(({ from, severity, message, mend = () => own.editor.goTo(from) }) => {
    const { line, column } = position(own.text, from);
    return element("button", { type: "button", class: severity, click: mend }, `Line ${line}, column ${column}: ${message}`);
  });
  const rest = faults.length - told.length;
  fill(byId(`${own.id}-fault`), told, rest > 0 ? `and ${rest} more, marked above` : "");
}
