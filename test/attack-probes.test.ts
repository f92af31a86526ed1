import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";

/**
 * The twelve questions that graphql-cop (https://github.com/dolevf/graphql-cop) asks of a server, asked
 * of one that is set up as in production. Each probe tells whether it found what it was looking for.
 */
const probes: Readonly<Record<string, (url: string) => Promise<boolean>>> = {
  "a hundred aliases are run": async (url) => (await post(url, `{ ${aliases(101)} }`)).includes('"a100"'),
  "a batch of operations is run": async (url) =>
    (await send(url, JSON.stringify(Array(10).fill({ query: "{ __typename }" })))).includes('"data"'),
  "each of ten wrong directives is answered": async (url) =>
    errorsIn(await post(url, `{ __typename ${"@aa ".repeat(10)} }`)).length > 3,
  "introspection runs in circles": async (url) =>
    (await post(url, `{ __schema { types { ${"fields { type { ".repeat(4)} name ${"} }".repeat(4)} } } }`)).includes(
      '"types"',
    ),
  "the schema is served": async (url) =>
    (await post(url, "{ __schema { types { name fields { name } } } }")).includes('"__schema"'),
  "mistakes are answered with names of the schema": async (url) =>
    (await post(url, "{ __schema { directive } tierz { id } }")).includes("Did you mean"),
  "there is a page to type queries into": async (url) => {
    const pages = ["/graphql", "/graphiql", "/playground", "/console", "/"].map(async (path) => {
      const response = await fetch(new URL(path, url), { headers: { accept: "text/html" } });
      return /<html|graphiql|playground|sandbox/i.test(await response.text());
    });
    return (await Promise.all(pages)).includes(true);
  },
  "a query by GET is run for any page": async (url) => (await get(url, "{ __typename }")).includes('"data"'),
  "a mutation by GET is run": async (url) =>
    (await get(url, "mutation { __typename }", { "apollo-require-preflight": "1" })).includes('"data"'),
  "a form of a foreign page is run": async (url) =>
    (await send(url, "query=%7B__typename%7D", "application/x-www-form-urlencoded")).includes('"data"'),
  "answers tell how long each part took": async (url) => /"(tracing|trace)"/.test(await post(url, "{ __typename }")),
  "errors tell where in the code they were thrown": async (url) =>
    /exception|stacktrace|\.[jt]s:\d+/i.test(await post(url, "qwerty { abc }")),
};

const test = base.extend<{ guarded: TestApp }>({
  guarded: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({
        worker: false,
        configure: (config) => ({ ...config, mode: "production", introspection: false }),
      });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

test.for(Object.keys(probes))("in production it is not so that %s", async (name, { guarded }) => {
  expect(await probes[name]?.(`${guarded.url}/graphql`)).toBe(false);
});

test("the probes find what there is to be found in development", async ({ app }) => {
  const found = Object.entries(probes).map(async ([name, probe]) =>
    (await probe(`${app.url}/graphql`)) ? [name] : [],
  );
  expect((await Promise.all(found)).flat()).toEqual([
    "the schema is served",
    "mistakes are answered with names of the schema",
    "there is a page to type queries into",
  ]);
});

function aliases(count: number): string {
  return Array.from({ length: count }, (_, index) => `a${index}: __typename`).join(" ");
}

const post = (url: string, query: string) => send(url, JSON.stringify({ query }));

async function send(url: string, body: string, type = "application/json"): Promise<string> {
  return (await fetch(url, { method: "POST", headers: { "content-type": type }, body })).text();
}

async function get(url: string, query: string, headers: Record<string, string> = {}): Promise<string> {
  return (await fetch(`${url}?${new URLSearchParams({ query })}`, { headers })).text();
}

function errorsIn(answer: string): unknown[] {
  const { errors = [] }: { errors?: unknown[] } = JSON.parse(answer);
  return errors;
}
