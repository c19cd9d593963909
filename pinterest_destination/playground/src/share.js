// The share link: event and settings, deflated, in the URL's fragment, which browsers send to nobody.

const KEY = "#v1=";
const SECRET = /token|secret|password|api_?key|authorization/i;
const TELLING = /pina_|:\/\/[^/?#\s]*@/; // how Pinterest's tokens begin, and a URL with a password

/** Give the link to this page with both texts, but for secrets, and for settings that cannot be read; `left` tells in words what is left out. */
export async function link(event, settings) {
  const { plain, left } = withoutSecrets(settings);
  const packed = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify([event, plain])));
  const url = new URL(location.href);
  url.hash = KEY.slice(1) + toBase64(packed);
  return { url: url.href, left };
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
  const settings = parse(text);
  if (!isObject(settings)) return { plain: "{}", left: "The settings are left out: they cannot be read, and may hold a token." };
  const secrets = [];
  const kept = without(settings, "", secrets);
  // Not the text, even if nothing is left out: of a key that is there twice, or written with escapes, only the last value is known here.
  const plain = SECRET.test(text) || TELLING.test(text) || text.includes("\\") ? JSON.stringify(kept, null, 2) : text;
  return { plain, left: secrets.length > 0 ? `Left out of it: ${secrets.join(", ")}.` : "" };
}

/** What is named like a secret is one, at any depth, as some tools put all settings into an object; but events may be named so. */
function without(node, place, secrets) {
  if (Array.isArray(node)) return node.map((part, n) => without(part, `${place}${n}.`, secrets));
  if (!isObject(node)) return node;
  const row = [node.key, node.name].find((name) => typeof name === "string" && SECRET.test(name)); // as tools for tags write settings: {"key": ..., "value": ...}
  const kept = Object.entries(node).filter(([key, value]) => {
    const named = SECRET.test(key) || (row !== undefined && key === "value");
    const secret = (named && value !== null && !isReference(value)) || (typeof value === "string" && TELLING.test(value));
    if (secret) secrets.push(`${place}${SECRET.test(key) || row === undefined ? key : row}`);
    return !secret;
  });
  return Object.fromEntries(kept.map(([key, value]) => [key, key === "event_map" ? value : without(value, `${place}${key}.`, secrets)]));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Tell whether a setting only says where its secret stands. */
function isReference(value) {
  const [[key, place] = [], ...others] = isObject(value) ? Object.entries(value) : [];
  return (key === "env" || key === "file") && typeof place === "string" && others.length === 0;
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
