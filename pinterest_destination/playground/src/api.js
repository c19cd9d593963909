// Asks the server what an event becomes.

/** A message for people; the faults of the settings if these are to blame; and whether it may help to ask again. */
export class Refusal extends Error {
  constructor(message, { faults = [], again = false } = {}) {
    super(message);
    this.faults = faults;
    this.again = again;
  }
}

const PATIENCE = 20_000; // milliseconds until a server that says nothing counts as gone

/** Give the text of the answer for the texts of an event and settings, all JSON. Throws a `Refusal`. */
export async function explain(event, settings) {
  const response = await ask("/v1/explain", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: `{"settings":${settings},"event":${event}}`, // as they were written: numbers keep their digits
  });
  const text = await response.text().catch(gone);
  if (response.ok && text.startsWith("{")) return text;
  const error = faultIn(text);
  if (!error) throw new Refusal(`The server answered ${response.status}, and not with what this page understands.`, { again: true });
  throw new Refusal(error.message, { faults: error.faults ?? [], again: response.status >= 500 });
}

/** Give the library of examples. Throws a `Refusal`. */
export async function examples() {
  const response = await ask("/playground/examples.json", {});
  if (!response.ok) throw new Refusal(`The examples could not be loaded: the server answered ${response.status}.`);
  const library = await response.json().catch(() => null);
  if (!Array.isArray(library?.examples)) throw new Refusal("The examples could not be loaded: what the server answered is none.");
  return library.examples;
}

function faultIn(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return undefined;
  }
}

const ask = (path, options) => fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE) }).catch(gone);

function gone() {
  throw new Refusal("The server does not answer. Is “pinterest-destination playground” still running?", { again: true });
}
