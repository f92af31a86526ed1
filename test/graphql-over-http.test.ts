import { auditServer } from "graphql-http";
import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";

/** `open` is set up as in production, with the schema open to all: two of the audits ask for a part of it. */
const test = base.extend<{ open: TestApp }>({
  open: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({
        worker: false,
        configure: (config) => ({ ...config, mode: "production", introspection: true }),
      });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

/** The newest draft of the specification contradicts these three: Apollo Server answers 400 where they want 200. */
const knownWarnings = ["572B", "7B9B", "FDE2"];

/** What the audits find, by how much it matters. */
async function audit(url: string, token?: string) {
  const results = await auditServer({
    url: `${url}/graphql`,
    // GET requests need it: see the README on cross-site request forgery.
    fetchFn: (address: string, init: RequestInit = {}) => {
      const headers = { ...init.headers, "apollo-require-preflight": "true" };
      return fetch(address, { ...init, headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) } });
    },
  });
  const idsOf = (wanted: string) => results.flatMap(({ status, id }) => (status === wanted ? [id] : [])).sort();
  return { errors: idsOf("error"), warnings: idsOf("warn"), notices: idsOf("notice"), passed: idsOf("ok").length };
}

const allButThree = { errors: [], warnings: knownWarnings, notices: [], passed: 58 };

test("the GraphQL-over-HTTP audits pass, but for three that its newest draft contradicts", async ({ app }) => {
  expect(await audit(app.url)).toEqual(allButThree);
  expect(await audit(app.url, app.person("auditor").token)).toEqual(allButThree);
});

test("the GraphQL-over-HTTP audits pass as well in production", async ({ open }) => {
  expect(await audit(open.url)).toEqual(allButThree);
});
