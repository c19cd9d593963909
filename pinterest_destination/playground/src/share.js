// The share link: event and settings, deflated, in the URL's fragment, which browsers send to nobody.

const KEY = "#v1=";
const SECRET = /token|secret|password/i;

/** Give the link to this page with both texts. Values of settings that are secrets are left out; `secrets` tells whether there were any. */
export async function link(event, settings) {
  const [plain, secrets] = withoutSecrets(settings);
  const packed = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify([event, plain])));
  const url = new URL(location.href);
  url.hash = KEY.slice(1) + toBase64(packed);
  return { url: url.href, secrets };
}

/** Read both texts from a fragment; null if it holds none. */
export async function shared(fragment) {
  if (!fragment.startsWith(KEY)) return null;
  try {
    const bytes = await through(new DecompressionStream("deflate-raw"), fromBase64(fragment.slice(KEY.length)));
    const [event, settings] = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof event === "string" && typeof settings === "string" ? { event, settings } : null;
  } catch {
    return null;
  }
}

function withoutSecrets(text) {
  let found = false;
  const kept = (key, value) => {
    if (!SECRET.test(key) || value === null) return value;
    found = true;
    return undefined;
  };
  try {
    const plain = JSON.stringify(JSON.parse(text, kept), null, 2);
    return found ? [plain, true] : [text, false];
  } catch {
    return SECRET.test(text) ? ["{}", true] : [text, false]; // no JSON yet: what is secret in it nobody can tell
  }
}

async function through(stream, bytes) {
  const readable = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(readable).arrayBuffer());
}

function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
