// What axios makes of the server at the given URL, with the settings that it comes with.

import axios from "axios";

import { print } from "./steps.mjs";

const [url] = process.argv.slice(2);
const client = axios.create({ baseURL: url });

const stored = async (path) => (await client.get(path)).data;
const status = async (path) => (await client.get(path, { validateStatus: null })).status;
const failure = ({ response }) => [response.status, response.data.message];
const urlencoded = { headers: { "Content-Type": "application/x-www-form-urlencoded" } };
const form = { title: "Mending a seam", tags: ["thread", "ü & ö"], place: { city: "Ghent" } };

async function posted(sent) {
  const { status, headers, data } = await sent;
  return [status, data, await stored(headers.location)];
}

await print({
  async "GET again"() {
    const { headers } = await client.get("/posts/1");
    const options = {
      headers: { "If-None-Match": headers.etag, "Cache-Control": "no-cache" },
      validateStatus: null,
    };
    const { status, data } = await client.get("/posts/1", options);
    return [status, data];
  },

  async "GET of one page"() {
    const params = { _page: 2, _limit: 2, _sort: "views", _order: "desc", featured: true };
    const { data, headers } = await client.get("/posts", { params });
    return [data.map(({ id }) => id), headers["x-total-count"], headers.link.includes('"next"')];
  },

  async "GET of several, with repeated names"() {
    const options = { params: { id: [6, 5] }, paramsSerializer: { indexes: null } };
    return (await client.get("/posts", options)).data.map(({ id }) => id);
  },

  async "GET of several, with brackets"() {
    return (await client.get("/posts", { params: { id: [6, 5] } })).data.map(({ id }) => id);
  },

  async "PUT with the tag that GET gave"() {
    const { headers } = await client.get("/posts/1");
    const options = { headers: { "If-Match": headers.etag } };
    const { status, data } = await client.put("/posts/1", { title: "New" }, options);
    const late = await client.put("/posts/1", {}, options).catch((error) => error.response.status);
    return [status, data, late];
  },

  async "PATCH with an object"() {
    const { status, data } = await client.patch("/posts/2", { views: 41, place: null });
    return [status, data];
  },

  async "PUT of nothing over something"() {
    const { status, data } = await client.put("/posts/3", {});
    return [status, data];
  },

  "POST of an object": () => posted(client.post("/forms", { title: "Object" })),
  "POST of URLSearchParams": () =>
    posted(client.post("/forms", new URLSearchParams({ title: "A & B" }))),
  "POST of a multipart form": () => posted(client.postForm("/forms", form)),
  "POST of an urlencoded form": () => posted(client.post("/forms", form, urlencoded)),

  async "DELETE with content"() {
    const answer = await client.delete("/posts/4", { data: { why: "old" } });
    return [answer.status, answer.data.id, await status("/posts/4")];
  },

  async "HEAD and OPTIONS"() {
    const { headers, data } = await client.head("/posts/5");
    const allow = (await client.options("/posts/5")).headers.allow;
    return [Number(headers["content-length"]) > 0, data, allow.includes("PATCH")];
  },

  "GET of nothing": () => client.get("/posts/none").catch(failure),
});
