// Asks the server what an event becomes.

/** A message for people, and the faults of the settings if these are to blame. */
export class Refusal extends Error {
  constructor(message, { pointer = "", faults = [] } = {}) {
    super(message);
    this.pointer = pointer;
    this.faults = faults;
  }
}

/** Give the answer for the texts of an event and settings, both JSON. Throws a `Refusal`, and what `fetch` throws when `signal` says so. */
export async function explain(event, settings, signal) {
  const response = await ask("/v1/explain", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: `{"settings":${settings},"event":${event}}`, // as they were written: numbers keep their digits
    signal,
  });
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  const error = answer?.error;
  if (!error) throw new Refusal(`The server answered ${response.status}, and not with what this page understands.`);
  throw new Refusal(error.message, { pointer: error.pointer, faults: error.faults });
}

/** Give the library of examples. */
export async function examples() {
  const response = await ask("/playground/examples.json", {});
  if (!response.ok) throw new Refusal(`The examples could not be loaded: the server answered ${response.status}.`);
  return response.json();
}

async function ask(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal("The server does not answer. Is “pinterest-destination playground” still running?");
  }
}
