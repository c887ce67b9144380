// What ky makes of the server at the given URL.

import ky from "ky";

import { print } from "./steps.mjs";

const [url] = process.argv.slice(2);
const client = ky.create({ prefixUrl: url });

const failure = async ({ response }) => [response.status, (await response.json()).message];

await print({
  async "GET again"() {
    const tag = (await client.get("posts/1")).headers.get("ETag");
    const headers = { "If-None-Match": tag, "Cache-Control": "no-cache" };
    return (await client.get("posts/1", { headers, throwHttpErrors: false })).status;
  },

  async "GET of one page"() {
    const searchParams = { _start: 2, _end: 4, _sort: "-views", featured: true };
    const answer = await client.get("posts", { searchParams });
    const items = await answer.json();
    return [items.map(({ id }) => id), answer.headers.get("X-Total-Count")];
  },

  async "PUT with the tag that GET gave"() {
    const headers = { "If-Match": (await client.get("posts/1")).headers.get("ETag") };
    const first = await client.put("posts/1", { json: { title: "New" }, headers }).json();
    const late = await client.put("posts/1", { json: {}, headers }).catch(failure);
    return [first, late[0]];
  },

  "PATCH of JSON": () => client.patch("posts/2", { json: { views: 41, place: null } }).json(),
  "PUT of nothing over something": () => client.put("posts/3", { json: {} }).json(),
  "POST of JSON": () => client.post("forms", { json: { title: "Object" } }).json(),
  "POST of URLSearchParams": () =>
    client.post("forms", { body: new URLSearchParams({ title: "A & B" }) }).json(),
  "DELETE": () => client.delete("posts/4").json(),

  "GET of nothing": () => client.get("posts/none").json().catch(failure),
});
