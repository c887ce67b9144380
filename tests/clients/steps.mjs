// Runs the steps of a script one after the other, and prints what each gives: {name: value}.

export async function print(steps) {
  const given = {};
  for (const [name, step] of Object.entries(steps)) {
    given[name] = await step().catch((error) => `${error}`);
  }
  console.log(JSON.stringify(given));
}
