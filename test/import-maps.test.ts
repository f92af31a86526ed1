import { afterAll, beforeAll, expect, test as plain } from "vitest";
import { type Finding, settle } from "../src/billing/adoption/match-payers.js";
import { readPayerMap } from "../src/cli/import/payer-map.js";
import { pushChanged } from "./support/catalog.js";
import { countsOf, type ImportBench, makeImportBench, sell, soldElsewhere } from "./support/import.js";
import { quickTest as test } from "./support/reconcile.js";
import { plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";

let bench: ImportBench;
beforeAll(async () => {
  bench = await makeImportBench();
});
afterAll(() => bench.clear());

plain.each([
  ["nothing", "", "It is empty."],
  ["no column of IDs", "email,user\na@example.com,1\n", "It has: email, user."],
  ["nothing to find anybody by", "id,name\n1,Ada\n", "It has: id, name."],
  ["semicolons", "email;id\na@example.com;1\n", "It has: email;id."],
  ["a row that is too short", "email,id\na@example.com,1\nb@example.com\n", "Line 3 of the map has 1 cells"],
  ["a row that is too long", 'email,id\n"a\nb@example.com",1\nc@example.com,2,3', "Line 4 of the map has 3 cells"],
  ["a quote that is not closed", 'email,id\n"a@example.com,1\n', "A quoted cell is not closed."],
  ["text behind a quote", 'email,id\n"a"b,1\n', "Line 2: a quoted cell is followed by more text."],
  ["a line that is no JSON", '{"email":"a@example.com","id":"1"}\nid,2\n', "Line 2 of the map is no JSON object"],
  ["a list", '{"email":"a@example.com","id":"1"}\n[]\n', "Line 2 of the map is no JSON object"],
  ["an ID that is neither text nor number", '{"email":"a@example.com","id":{"a":1}}', "`id` in line 1 of the map"],
  ["an ID that is no whole number", '{"email":"a@example.com","id":1.5}', "neither a text nor a whole number"],
])("a map with %s is refused, with the place", (_what, text, words) => {
  expect(() => readPayerMap(text)).toThrow(words);
});

plain("a map may come as a spreadsheet or a database writes it", () => {
  const csv =
    '\uFEFFID, Email ,Stripe_Customer,note\r\n1,"A@example.com",,"a, ""b""\r\nc"\r\n\r\n2,,cus_2,\r\n,x@example.com,,\r\n3,b@example.com,cus_3,';
  const read = readPayerMap(csv);
  expect([...read.byEmail]).toEqual([["a@example.com", "1"]]);
  expect([...read.byStripeId]).toEqual([
    ["cus_2", "2"],
    ["cus_3", "3"],
  ]);
  expect(read).toMatchObject({ rows: 3, emptyRows: 1 });
});

plain("the same payer twice is one, and two payers of one address are nobody", () => {
  const read = readPayerMap(
    "email,id\na@example.com,1\nA@example.com,1\nb@example.com,1\nb@example.com,2\nb@example.com,1\n",
  );
  expect([...read.byEmail]).toEqual([
    ["a@example.com", "1"],
    ["b@example.com", null],
  ]);
});

plain("a hundred thousand customers are settled at once, also where all of them are named as one payer's", () => {
  const found = (idOf: (index: number) => string) =>
    new Map(
      Array.from({ length: 100_000 }, (_, index): [string, Finding] => [
        `cus_${index}`,
        { kind: "MATCHED", externalId: idOf(index), by: "metadata" },
      ]),
    );
  const kinds = (settled: Map<string, Finding>) => new Set([...settled.values()].map(({ kind }) => kind));
  expect(kinds(settle(found(String)))).toEqual(new Set(["MATCHED"]));
  expect(kinds(settle(found(() => "everybody")))).toEqual(new Set(["AMBIGUOUS"]));
});

test("what the command was called with wrongly is said, and nothing is read or written", async ({ app }) => {
  const map = await bench.file("odd.csv", "mail,user\n");
  const runs = await Promise.all([
    bench.run(app, "--id-from", "email"),
    bench.run(app, "--map", map, "--report", map),
    bench.run(app, "--map", map),
    bench.run(app, "--map", `${map}.not`),
    bench.run(app, "--report", `${map}/nowhere.csv`),
  ]);
  expect(runs.map(({ code }) => code)).toEqual([2, 2, 1, 1, 1]);
  for (const { output } of runs.slice(0, 2)) expect(output).toContain("Usage: npm run import");
  const [, , columns, missing, report] = runs.map(({ output }) => output);
  expect(columns).toContain(`${map}: The first line of the map names its columns`);
  expect(missing).toContain("cannot be read: ENOENT");
  expect(report).toContain("cannot be written: ENOTDIR");
  expect(await countsOf(app)).toMatchObject({ users: 0, acts: 0 });
});

test("a map of a hundred thousand payers finds the few that are there, and a list that breaks off begins anew", async ({
  app,
}) => {
  for (const sub of ["p7", "p99999"]) await soldElsewhere(app, { email: `${sub}@example.com` });
  const rows = Array.from({ length: 100_000 }, (_, index) => `p${index}@example.com,payer-${index}`);
  const map = await bench.file("huge.csv", `email,id\n${rows.join("\n")}\n`);
  const error = { type: "invalid_request_error", code: "resource_missing", message: "No such customer: 'cus_gone'" };
  await plantFault(app, { path: "/v1/customers", skip: 1, status: 404, error });
  const { code, output } = await bench.run(app, "--map", map);
  expect(output).toContain("names 100000 payers.");
  expect(output).toMatch(/2 customers in the Stripe account:\n +2 adopted/);
  expect(code).toBe(0);
  expect((await app.person("payer-99999").ask("{ viewer { customer { email } } }")).viewer.customer.email).toBe(
    "p99999@example.com",
  );
});

test("prices that the catalog does not know are told with the line that makes them known, as are second subscriptions", async ({
  app,
}) => {
  const una = await soldElsewhere(app, { email: "una@example.com", metadata: { billing_external_id: "una" } });
  const price = await app.stripe.prices.create({
    currency: "usd",
    unit_amount: 1_900,
    recurring: { interval: "month" },
    product_data: { name: "The old plan" },
  });
  for (const _ of [1, 2]) await sell(app, una, price.id);
  const state = "{ currentSubscription { status tier { slug } } }";
  for (const [how, done] of [
    ["--dry-run", "1 would be adopted"],
    ["--reason=moving", "1 adopted"],
  ] as const) {
    const { code, output } = await bench.run(app, how);
    expect(output).toContain(done);
    expect(output).toContain(`${price.id}  19.00 USD a month, product ${price.product}: 2 subscriptions`);
    expect(output).toContain(`earlier_prices: [${price.id}]`);
    expect(output).toContain(`the newest that entitles counts:\n  ${una.id}\n`);
    expect(output).not.toContain("subscription has an unknown price");
    expect(code).toBe(1);
  }
  expect((await app.person("una").ask(state)).currentSubscription).toEqual({
    status: "ACTIVE",
    tier: { slug: "free" },
  });

  const earlier = { stripePriceId: price.id, tierSlug: "professional" };
  await pushChanged(app, (definition) => ({ ...definition, earlierPrices: [earlier] }));
  const again = await bench.run(app);
  expect(again.output).not.toContain("earlier_prices");
  expect(again.code).toBe(0);
  // What has fallen due is looked for each minute, and at once when the clock is moved.
  await app.sandbox.advance(60);
  await until(
    "the tier known",
    async () => (await app.person("una").ask(state)).currentSubscription.tier?.slug === "professional",
  );
});
