import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { makeLogger } from "../src/log.js";
import { test } from "./support/app.js";
import { askOver, greet } from "./support/socket.js";
import { plantFault } from "./support/stripe.js";
import { signToken } from "./support/token.js";

const email = "grace.hopper@navy.example";
const card = "4242424242424242";
const register =
  "mutation Register($input: RegisterCustomerInput!) { registerCustomer(input: $input) { customer { id } userErrors { code } } }";

test("whatever happens, the log tells no e-mail address, no token, no card, no variable and no key", async ({
  app,
}) => {
  const grace = app.person("grace", { email });
  await grace.buy("starter");
  await grace.graphql(register, { input: { email: `2${email}`, name: "Grace Hopper" } });
  await grace.graphql(register, { input: { email: 7, name: card } });
  await grace.graphql(`{ tier(slug: "${email}") { id } nothing(card: "${card}") }`);
  await grace.graphql(`{ broken "${email}"`);
  await app.graphql("{ viewer { id } }", { email }, `${grace.token}x`);
  await app.graphql("{ viewer { id } }", { email }, signToken(app.config, { sub: email, exp: 1 }));
  const socket = await greet(app.url, grace.token);
  await askOver(socket, `subscription { checkoutSessionUpdated(id: "${email}") { id } }`);
  socket.close();

  // Faults of ours and of Stripe's, with all of this in hand.
  await plantFault(app, { method: "POST", path: "/v1/customers/*", times: 2, status: 500 });
  await grace.graphql(register, { input: { email: `3${email}` } });
  await plantFault(app, { method: "POST", path: "/v1/customers", times: 1, status: 400 });
  await app.person("henry", { email }).graphql(register, { input: {} });
  await app.control("DELETE", "/sandbox/faults");
  await app.connection.db.execute(sql`alter table users rename column email to email_gone`);
  await app.person("irene", { email }).graphql(register, { input: { name: "Irene" } });
  await app.connection.db.execute(sql`alter table users rename column email_gone to email`);
  await app.sandbox.settled();

  const log = app.logged.join("");
  expect(log).toContain('"operation":"Register"');
  expect(log).toContain("operation failed");
  for (const secret of [email, "navy.example", "Grace Hopper", "Irene", card, grace.token, grace.token.slice(-20)]) {
    expect(log.includes(secret), secret).toBe(false);
  }
  expect(log).not.toMatch(/Bearer |eyJ[\w-]{10}|sk_test_|whsec_|"variables"|"headers"/);
});

test("a line for each operation says what was asked by what kind of caller, how long it took and how it ended", async ({
  app,
}) => {
  const answer = await app.person("ada").graphql("query Prices { tiers { id } payments(first: -1) { totalCount } }");
  const line = app.logged.find((entry) => entry.includes('"Prices"')) ?? "{}";
  expect(JSON.parse(line)).toMatchObject({
    msg: "graphql",
    requestId: answer.headers.get("x-request-id"),
    operation: "Prices",
    kind: "query",
    roles: ["CUSTOMER"],
    ms: expect.any(Number),
    errors: ["BAD_USER_INPUT"],
  });
});

test("a name that a caller gives an operation cannot forge a line", async ({ app }) => {
  const before = app.logged.length;
  await fetch(`${app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ tiers { id } }", operationName: '","level":60,"msg":"forged"}\n{"level":60' }),
  });
  for (const line of app.logged.slice(before)) expect(JSON.parse(line).level).toBeLessThan(60);
});

test("an error is told with its causes, and without what it carries", () => {
  const lines: string[] = [];
  const log = makeLogger("info", { write: (line) => void lines.push(line) });
  const cause = Object.assign(new Error("no such customer"), {
    code: "resource_missing",
    raw: { email },
    headers: { a: email },
  });
  const error = new Error(`Failed query: select 1 where email = $1\nparams: ${email},${card}`, { cause });
  log.error(
    { err: error, authorization: `Bearer ${email}`, headers: { cookie: email }, variables: { email } },
    "failed",
  );
  log.error({ request: { headers: { authorization: email } } }, "failed");
  log.error({ err: email.slice(0, 0) || "thrown text" }, "failed");
  const [first] = lines.map((line) => JSON.parse(line));
  expect(first.err).toMatchObject({
    message: "Failed query: select 1 where email = $1\nparams: (left out)",
    cause: { message: "no such customer", code: "resource_missing" },
  });
  expect(lines.join("")).not.toContain("navy.example");
  expect(lines.join("")).not.toContain(card);
});
