import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { buildSchema, isObjectType } from "graphql";
import { expect } from "vitest";
import WebSocket from "ws";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { tooMuch } from "./support/documents.js";
import { askOver, greet, openSocket } from "./support/socket.js";
import { secondsFromNow, signToken } from "./support/token.js";

/** `guarded` is set up as in production: nobody reads its schema. */
const test = base.extend<{ guarded: TestApp }>({
  guarded: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: { INTROSPECTION: "false" }, worker: false });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

const changes = "subscription { entitlementsChanged { cause } }";

test.for(Object.keys(tooMuch))(
  "a document with %s is refused over WebSocket as it is over HTTP",
  async (what, { app }) => {
    const socket = await greet(app.url, app.person("ada").token);
    const { type, payload } = await askOver(socket, tooMuch[what] ?? "");
    expect(type).toBe("error");
    for (const { extensions } of payload) expect(extensions.code).toMatch(/^GRAPHQL_(VALIDATION|PARSE)_FAILED$/);
    expect(payload.length).toBeLessThanOrEqual(3);
    socket.close();
  },
);

test("the limits hold for live updates themselves", async ({ app }) => {
  const socket = await greet(app.url, app.person("ada").token);
  const deep = `subscription { entitlementsChanged { ${"customer { subscription { ".repeat(6)} id ${"} }".repeat(6)} } }`;
  const aliased = `subscription { entitlementsChanged { ${Array.from({ length: 16 }, (_, i) => `a${i}: cause`).join(" ")} } }`;
  for (const query of [deep, aliased]) expect(await askOver(socket, query)).toMatchObject({ type: "error" });
  socket.close();
});

test("queries and mutations are refused over WebSocket", async ({ app }) => {
  const socket = await greet(app.url, app.person("ada").token);
  for (const query of [
    "{ tiers { id } }",
    "mutation { registerCustomer(input: {}) { customer { id } } }",
    `query A { tiers { id } } ${changes}`,
    "fragment A on Query { tiers { id } }",
  ]) {
    expect(await askOver(socket, query), query).toMatchObject({
      type: "error",
      payload: [{ message: expect.any(String) }],
    });
  }
  socket.close();
});

test("the schema is read by nobody over WebSocket where introspection is off", async ({ guarded }) => {
  const socket = await greet(guarded.url, guarded.person("ada").token);
  for (const query of [
    "{ __schema { types { name } } }",
    'subscription { entitlementsChanged { cause } __type(name: "Query") { name } }',
    "subscription { entitlementsChanged { __schema { queryType { name } } } }",
    "subscription { entitlementsChangd { cause } }",
    "subscription ($id: ID!) { checkoutSessionUpdated(idd: $id) { id } }",
  ]) {
    const { type, payload } = await askOver(socket, query);
    expect(type).toBe("error");
    expect(JSON.stringify(payload)).not.toMatch(/did you mean|"types"/i);
  }
  socket.close();
});

test("variables that do not fit are the caller's fault, and teach nothing of the schema", async ({ guarded }) => {
  const socket = await greet(guarded.url, guarded.person("ada").token);
  const query = "subscription ($id: ID!) { checkoutSessionUpdated(id: $id) { id } }";
  for (const variables of [{}, { id: null }, { id: { idd: 1 } }]) {
    const { type, payload } = await askOver(socket, query, variables);
    expect(type).toBe("error");
    expect(payload).toEqual([expect.objectContaining({ extensions: { code: "BAD_USER_INPUT" } })]);
  }
  socket.close();
});

/** Every stream, and who may open it; what the schema has and this lacks fails the test below. */
const streams: Readonly<Record<string, string>> = {
  checkoutSessionUpdated: 'checkoutSessionUpdated(id: "chk_1") { id }',
  currentSubscriptionUpdated: "currentSubscriptionUpdated { occurredAt }",
  entitlementsChanged: "entitlementsChanged { cause }",
};

test("who may open a stream is known of every stream", () => {
  const { Subscription } = buildSchema(readFileSync("schema.graphql", "utf8")).getTypeMap();
  expect(Object.keys(isObjectType(Subscription) ? Subscription.getFields() : {}).sort()).toEqual(Object.keys(streams));
});

/** Those that a service may open too: it has no account, but may read any checkout and hear what customers may use. */
const openForServices = ["checkoutSessionUpdated", "entitlementsChanged"];

test.for(Object.keys(streams))(
  "%s opens for who has a billing account, and refuses others before it opens",
  async (name, { app }) => {
    const query = `subscription { ${streams[name]} }`;
    const service = app.person("studio", { role: "service" });
    const refused: [code: string, token: string | undefined][] = [["UNAUTHENTICATED", undefined]];
    if (!openForServices.includes(name)) refused.push(["FORBIDDEN", service.token]);
    for (const [code, token] of refused) {
      const socket = await greet(app.url, token);
      expect(await askOver(socket, query)).toMatchObject({
        type: "next",
        payload: { data: null, errors: [{ message: expect.any(String), extensions: { code } }] },
      });
      expect(await socket.hear()).toMatchObject({ type: "complete" });
      socket.close();
    }
    const admitted = [app.person("ada"), app.person("root", { role: "admin" })];
    if (openForServices.includes(name)) admitted.push(service);
    for (const person of admitted) {
      const stream = await person.subscribe(query);
      expect(JSON.stringify(stream.waiting)).not.toContain("errors");
      await stream.close();
    }
  },
);

test.for([
  ["garbage", () => "Bearer not.a.token"],
  ["a password", () => "Basic YWRhOnB3"],
  ["a list", () => ["Bearer x"]],
  ["nothing at all", () => ""],
  [
    "an expired token",
    ({ config }: TestApp) => `Bearer ${signToken(config, { sub: "eve", exp: secondsFromNow(-60) })}`,
  ],
  [
    "an unsigned token",
    ({ config }: TestApp) => `Bearer ${signToken(config, { sub: "eve" }, { alg: "none", key: "" })}`,
  ],
  [
    "another key's token",
    ({ config }: TestApp) => `Bearer ${signToken(config, { sub: "eve" }, { key: "k".repeat(32) })}`,
  ],
] as const)("a connection that gives %s for a token is closed with 4403", async ([_what, authorization], { app }) => {
  for (const name of ["authorization", "Authorization"]) {
    const socket = await openSocket(app.url);
    socket.say({ type: "connection_init", payload: { [name]: authorization(app) } });
    expect((await socket.closed).code).toBe(4403);
  }
});

test("a connection ends with the token that it was opened with", async ({ app }) => {
  const token = signToken(app.config, { sub: "ada", exp: secondsFromNow(2) });
  const socket = await greet(app.url, token);
  socket.say({ type: "subscribe", id: "1", payload: { query: changes } });
  expect(await socket.closed).toEqual({ code: 4401, reason: "The token has expired" });
});

test("a connection that does not introduce itself is closed", async ({ app }) => {
  const [silent, hasty, double, odd] = await Promise.all([
    openSocket(app.url),
    openSocket(app.url),
    greet(app.url),
    openSocket(app.url),
  ]);
  hasty.say({ type: "subscribe", id: "1", payload: { query: changes } });
  double.say({ type: "connection_init" });
  odd.say("this is no message");
  expect((await hasty.closed).code).toBe(4401);
  expect((await double.closed).code).toBe(4429);
  expect((await odd.closed).code).toBe(4400);
  expect((await silent.closed).code).toBe(4408);
});

test("a message of more than 100 kB closes the connection", async ({ app }) => {
  const socket = await greet(app.url, app.person("ada").token);
  socket.say({ type: "subscribe", id: "1", payload: { query: changes, variables: { padding: "x".repeat(100_000) } } });
  expect((await socket.closed).code).toBe(1009);
});

test("other paths and other protocols are no way in", async ({ app }) => {
  const elsewhere = new WebSocket(`${app.url.replace("http", "ws")}/other`, "graphql-transport-ws");
  const [error] = await once(elsewhere, "error");
  expect(String(error)).toContain("404");
  const old = new WebSocket(`${app.url.replace("http", "ws")}/graphql`, "graphql-ws");
  const [refusal] = await once(old, "error");
  expect(String(refusal)).toContain("no subprotocol");
});

test("no upgrade, however malformed or broken off, ends the service", async ({ app }) => {
  const { port } = new URL(app.url);
  for (const target of ["//", "//[", "http://[::1", "/other", "/graphql?%zz", "*"]) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {}); // broken off below
    await once(socket, "connect");
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
    await once(socket, "data");
    socket.resetAndDestroy();
  }
  expect((await app.graphql("{ __typename }")).status).toBe(200);
});
