// Calls the methods of a data provider, one after the other, and prints what each gives.
//
//     node provider.mjs PACKAGE URL < [[method, [argument, ...]], ...]
//
// Prints a list of {value} or {error}. JSON has no `undefined`: in a list it is null, and a
// member of an object is left out.

import { text } from "node:stream/consumers";

const [name, url] = process.argv.slice(2);
const { default: makeProvider } = await import(name);
const provider = makeProvider(url);

const answers = [];
for (const [method, given] of JSON.parse(await text(process.stdin))) {
  try {
    answers.push({ value: await provider[method](...given) });
  } catch (error) {
    // ra-core says `status`, refine `statusCode`; what is neither is a fault of the client's own.
    const { message, status, statusCode } = error;
    answers.push({ error: { message, status: status ?? statusCode } });
  }
}
console.log(JSON.stringify(answers));
