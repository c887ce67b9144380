// What fetch makes of the server at the given URL, as a page or a script uses it.

import { print } from "./steps.mjs";

const [url] = process.argv.slice(2);
const json = { "Content-Type": "application/json" };
const page = { Origin: "http://localhost:3000" };

const ask = (path, options) => fetch(`${url}${path}`, options);
const etag = async (path) => (await ask(path)).headers.get("ETag");
const status = async (path, options) => (await ask(path, options)).status;
const stored = async (path) => (await ask(path)).json();

async function posted(body, headers = {}) {
  const answer = await ask("/forms", { method: "POST", body, headers });
  if (!answer.ok) {
    const problem = await answer.json();
    return [answer.status, problem.type, answer.headers.get("Accept-Post") !== null];
  }
  return [answer.status, await stored(answer.headers.get("Location"))];
}

function form(made) {
  made.append("title", "Mending a seam");
  made.append("tags", "thread");
  made.append("tags", "ü & ö");
  return made;
}

await print({
  async "GET again, whatever the cache mode says"() {
    const tag = { "If-None-Match": await etag("/posts/1") };
    const asked = [{}, { cache: "no-cache" }, { cache: "no-store" }, { cache: "reload" }].map(
      (options) => status("/posts/1", { headers: tag, ...options }),
    );
    const told = { ...tag, "Cache-Control": "no-cache" };
    return Promise.all([...asked, status("/posts/1", { headers: told })]);
  },

  async "PUT with the tag that GET gave"() {
    const headers = { ...json, "If-Match": await etag("/posts/1") };
    const body = JSON.stringify({ title: "New" });
    const first = await ask("/posts/1", { method: "PUT", headers, body });
    const late = await status("/posts/1", { method: "PUT", headers, body: "{}" });
    headers["If-Match"] = first.headers.get("ETag");
    const next = await status("/posts/1", { method: "PUT", headers, body: "[1]" });
    return [first.status, late, next, await stored("/posts/1")];
  },

  async "PUT that only creates"() {
    const options = { method: "PUT", headers: { ...json, "If-None-Match": "*" }, body: "{}" };
    return [await status("/posts/only", options), await status("/posts/only", options)];
  },

  async "PUT of a stream"() {
    const body = new Blob(['{"big": ', "12345678901234567890", "}"]).stream();
    const options = { method: "PUT", headers: json, body, duplex: "half" };
    const first = await status("/posts/stream", options);
    return [first, await (await ask("/posts/stream")).text()];
  },

  async "PUT of bytes without a type"() {
    const body = new TextEncoder().encode("{title: 'JSON5',}");
    return [await status("/posts/bytes", { method: "PUT", body }), await stored("/posts/bytes")];
  },

  "POST of URLSearchParams": () => posted(form(new URLSearchParams())),
  "POST of FormData": () => posted(form(new FormData())),
  "POST of a text": () => posted('{"title": "Text"}'),
  "POST of a text that says it is JSON": () => posted('{"title": "JSON"}', json),

  async "PATCH"() {
    const options = { method: "PATCH", headers: json, body: '{"views": 41}' };
    return [await status("/posts/2", options), (await stored("/posts/2")).views];
  },

  async "DELETE twice"() {
    const first = await ask("/posts/3", { method: "DELETE" });
    return [first.status, (await first.json()).id, await status("/posts/3", { method: "DELETE" })];
  },

  async "preflight"() {
    const answer = await ask("/posts/1", {
      method: "OPTIONS",
      headers: {
        ...page,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "content-type,if-match,range",
      },
    });
    const granted = (name) => answer.headers.get(`Access-Control-Allow-${name}`);
    const methods = granted("Methods").split(", ");
    const wanted = ["PUT", "POST", "PATCH", "DELETE"].every((name) => methods.includes(name));
    return [answer.status, granted("Origin"), wanted, granted("Headers")];
  },

  async "fields that a page may read"() {
    const answer = await ask("/posts?_page=1&_limit=2", { headers: page });
    const exposed = answer.headers.get("Access-Control-Expose-Headers").split(", ");
    const fields = ["X-Total-Count", "Content-Range", "Link", "ETag", "Location"];
    return fields.filter((name) => !exposed.includes(name));
  },

  async "PUT from a foreign page"() {
    const headers = { ...json, Origin: "https://elsewhere.example" };
    return status("/posts/4", { method: "PUT", headers, body: "{}" });
  },
});
