import { desc, sql } from "drizzle-orm";
import { expect } from "vitest";
import { auditLog } from "../src/billing/audit/audit.table.js";
import { serviceKeys } from "../src/billing/service-keys/service-key.table.js";
import { userIdOf } from "../src/billing/users/user.js";
import { test as base, type TestApp } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import type { Person } from "./support/person.js";
import { createKeyMutation, issueKey, keysQuery, revokeKey, revokeKeyMutation } from "./support/service-key.js";

const test = base.extend<{ root: Person }>({
  root: async ({ app }, use) => use(app.person("root", { role: "admin" })),
});

const order = { name: "the studio", scopes: ["USAGE_WRITE"], reason: "it counts streams" };

async function create(root: Person, input: object) {
  return (await root.ask(createKeyMutation, { input: { ...order, ...input } })).adminCreateServiceKey;
}

/** Acts in the log, newest first. */
function actsOf(app: TestApp) {
  return app.connection.db.select().from(auditLog).orderBy(desc(auditLog.id));
}

test("staff issue a key: its secret is shown once, and everything else of it for good", async ({ root }) => {
  const scopes = ["USAGE_WRITE", "CUSTOMERS_READ", "USAGE_WRITE"];
  const { serviceKey, secret, userErrors } = await create(root, { scopes, expiresAt: "2999-01-01T00:00:00Z" });
  expect(userErrors).toEqual([]);
  expect(secret).toMatch(/^absk_[\w-]{43}$/);
  expect(serviceKey).toEqual({
    id: expect.stringMatching(/^key_[0-9a-f]{32}$/),
    name: "the studio",
    scopes: ["CUSTOMERS_READ", "USAGE_WRITE"],
    prefix: secret.slice(0, 12),
    createdAt: expect.stringMatching(/Z$/),
    lastUsedAt: null,
    expiresAt: "2999-01-01T00:00:00.000Z",
    revokedAt: null,
  });
  const { secret: another, serviceKey: newer } = await create(root, {});
  expect(another).not.toBe(secret);
  const { adminServiceKeys } = await root.ask(keysQuery);
  expect(adminServiceKeys.slice(0, 2)).toEqual([newer, serviceKey]);
  expect(await root.ask(`{ node(id: "${newer.id}") { ... on AdminServiceKey { prefix } } }`)).toEqual({
    node: { prefix: newer.prefix },
  });
});

test("a withdrawn key stays on the list, and withdrawing it again changes nothing", async ({ app, root }) => {
  const { id } = await issueKey(root);
  const first = await revokeKey(root, id);
  expect(first).toMatchObject({ serviceKey: { id, revokedAt: expect.any(String) }, userErrors: [] });
  const acts = (await actsOf(app)).length;
  const again = await Promise.all([revokeKey(root, id), revokeKey(root, id)]);
  expect(again).toEqual([first, first]);
  expect(await actsOf(app)).toHaveLength(acts);
  expect((await root.ask(keysQuery)).adminServiceKeys).toContainEqual(first.serviceKey);
});

test("of several who withdraw a key at once one does it, and all hear the same", async ({ app, root }) => {
  const { id } = await issueKey(root);
  const answers = await Promise.all(Array.from({ length: 8 }, () => revokeKey(root, id)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  const revoked = (await actsOf(app)).filter(({ action, details }) => {
    return action === "service_key.revoke" && details?.["serviceKeyId"] === id;
  });
  expect(revoked).toHaveLength(1);
});

test("the log says who issued and withdrew which key and why, and never its secret", async ({ app, root }) => {
  const { id, secret } = await issueKey(root, ["CHECKOUT_WRITE"]);
  await revokeKey(root, id);
  const [revoked, created] = await actsOf(app);
  expect(created).toMatchObject({
    actor: "root",
    action: "service_key.create",
    userId: null,
    reason: "it needs one",
    details: { serviceKeyId: id, name: "the studio's back end", scopes: ["CHECKOUT_WRITE"], expiresAt: null },
  });
  expect(revoked).toMatchObject({ actor: "root", action: "service_key.revoke", details: { serviceKeyId: id } });
  expect(JSON.stringify([revoked, created])).not.toContain(secret.slice(12));
});

test("a secret is nowhere but in the one answer: not in Postgres, not in the log", async ({ app, root }) => {
  const idempotencyKey = crypto.randomUUID();
  const { secret, serviceKey } = await create(root, { idempotencyKey });
  await app.graphql("{ viewer { id } }", {}, secret);
  await app.graphql("{ viewer { id } }", {}, `${secret.slice(0, -1)}!`);
  await app.graphql("{ currentSubscription { id } nothing }", { secret }, secret);
  const tables = await app.connection.db.execute<{ name: string }>(
    sql`select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`,
  );
  for (const { name } of tables) {
    const found = await app.connection.db.execute(
      `select 1 from ${name} as t where position('${secret.slice(12)}' in t::text) > 0`,
    );
    expect(found, name).toHaveLength(0);
  }
  expect(app.logged.join("")).not.toContain(secret.slice(12));
  // What the log does tell is which key it was.
  expect(app.logged.join("")).toContain(`"roles":["SERVICE"],"serviceKey":"${serviceKey.id}"`);
});

test("a retry gets the same key and no secret, also when both come at once", async ({ app, root }) => {
  const before = (await root.ask(keysQuery)).adminServiceKeys.length;
  const idempotencyKey = crypto.randomUUID();
  const [first, second] = await Promise.all([create(root, { idempotencyKey }), create(root, { idempotencyKey })]);
  const third = await create(root, { idempotencyKey, scopes: ["USAGE_WRITE", "USAGE_WRITE"] });
  expect([second.serviceKey.id, third.serviceKey.id]).toEqual([first.serviceKey.id, first.serviceKey.id]);
  const secrets = [first.secret, second.secret, third.secret].filter((secret) => secret !== null);
  expect(secrets).toEqual([expect.stringMatching(/^absk_/)]);
  expect((await root.ask(keysQuery)).adminServiceKeys).toHaveLength(before + 1);

  const other = await create(root, { idempotencyKey, name: "another" });
  expect(other).toMatchObject({ serviceKey: null, secret: null, userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] });
  const ofAnother = await create(app.person("grace", { role: "admin" }), { idempotencyKey });
  expect(ofAnother.serviceKey.id).not.toBe(first.serviceKey.id);
});

test("a retry whose expiry has passed meanwhile still gets the first answer", async ({ root }) => {
  const idempotencyKey = crypto.randomUUID();
  const expiresAt = new Date(Date.now() + 1_000);
  const { serviceKey } = await create(root, { idempotencyKey, expiresAt });
  while (Date.now() <= expiresAt.getTime()) await root.ask("{ viewer { id } }");
  const repeated = await create(root, { idempotencyKey, expiresAt });
  expect(repeated).toMatchObject({ serviceKey: { id: serviceKey.id }, secret: null, userErrors: [] });
});

test("staff's idempotency keys are never a customer's, even of the same name", async ({ app, root }) => {
  await create(root, { idempotencyKey: "shared" });
  const rows = await app.connection.db.execute(sql`select user_id from idempotency_keys where key = 'shared'`);
  expect(rows).toEqual([{ user_id: expect.not.stringContaining(userIdOf("root")) }]);
});

test("what is made and what is logged stand or fall together", async ({ app, root }) => {
  const before = await app.connection.db.select().from(serviceKeys);
  await app.connection.db.execute(sql`alter table audit_log rename to audit_log_gone`);
  try {
    const answer = await root.graphql(createKeyMutation, { input: order });
    expect(codesOf(answer)).toEqual(["INTERNAL_SERVER_ERROR"]);
  } finally {
    await app.connection.db.execute(sql`alter table audit_log_gone rename to audit_log`);
  }
  expect(await app.connection.db.select().from(serviceKeys)).toEqual(before);
});

test.for([
  ["no name", { name: " " }, "name"],
  ["a name of 101 characters", { name: "n".repeat(101) }, "name"],
  ["a name with a line break", { name: "a\nb" }, "name"],
  ["half a character for a name", { name: "\ud800" }, "name"],
  ["no scope", { scopes: [] }, "scopes"],
  ["an end that has passed", { expiresAt: "2020-01-01T00:00:00Z" }, "expiresAt"],
  ["the year 0 for its end", { expiresAt: "0000-01-01T00:00:00Z" }, "expiresAt"],
  ["no reason", { reason: "" }, "reason"],
  ["a reason of 1,001 characters", { reason: "r".repeat(1_001) }, "reason"],
  ["an idempotency key of 256 characters", { idempotencyKey: "k".repeat(256) }, "idempotencyKey"],
] as const)("%s: no key is issued, and the input at fault is named", async ([_what, wrong, field], { app, root }) => {
  const before = await app.connection.db.select().from(serviceKeys);
  expect(await create(root, wrong)).toEqual({
    serviceKey: null,
    secret: null,
    userErrors: [{ code: "INVALID_INPUT", path: ["input", field], message: expect.stringMatching(/^[A-Z].*\.$/) }],
  });
  expect(await app.connection.db.select().from(serviceKeys)).toEqual(before);
});

test.for([
  ["a scope that does not exist", { scopes: ["EVERYTHING"] }],
  ["null for a scope", { scopes: [null] }],
  ["no scopes", { scopes: null }],
  ["a number for a name", { name: 7 }],
  ["an end that is no time", { expiresAt: "tomorrow" }],
  ["no reason at all", { reason: null }],
  ["a secret of one's own", { secret: "absk_1" }],
])("%s is refused before anything runs", async ([_what, wrong], { root }) => {
  const answer = await root.graphql(createKeyMutation, { input: { ...order, ...Object(wrong) } });
  expect([answer.status, codesOf(answer)]).toEqual([400, ["BAD_USER_INPUT"]]);
});

test("one name for a scope is a list of one", async ({ root }) => {
  expect((await create(root, { scopes: "USAGE_WRITE" })).serviceKey.scopes).toEqual(["USAGE_WRITE"]);
});

test("what is no key of ours cannot be withdrawn, and a reason is needed", async ({ root }) => {
  const { id } = await issueKey(root);
  for (const unknown of [`key_${"0".repeat(32)}`, "key_", "", "bcus_1", id.slice(4), `${id}0`, "'; drop table users"]) {
    expect(await revokeKey(root, unknown), unknown).toMatchObject({
      serviceKey: null,
      userErrors: [{ code: "NOT_FOUND", path: ["input", "serviceKeyId"] }],
    });
  }
  const { adminRevokeServiceKey } = await root.ask(revokeKeyMutation, { input: { serviceKeyId: id, reason: " " } });
  expect(adminRevokeServiceKey).toMatchObject({ serviceKey: null, userErrors: [{ code: "INVALID_INPUT" }] });
  expect(
    (await root.ask(keysQuery)).adminServiceKeys.find((key: { id: string }) => key.id === id).revokedAt,
  ).toBeNull();
});

test("nobody but staff issues, lists or withdraws keys, a key with every scope included", async ({ app, root }) => {
  const { id } = await issueKey(root);
  const all = ["CHECKOUT_WRITE", "CUSTOMERS_READ", "CUSTOMERS_WRITE", "ENTITLEMENTS_READ", "USAGE_WRITE"] as const;
  const { secret } = await issueKey(root, all);
  const callers = [
    [undefined, "UNAUTHENTICATED"],
    [app.person("ada").token, "FORBIDDEN"],
    [app.person("backend", { role: "service" }).token, "FORBIDDEN"],
    [secret, "FORBIDDEN"],
  ] as const;
  for (const [token, code] of callers) {
    for (const [query, input] of [
      [createKeyMutation, order],
      [revokeKeyMutation, { serviceKeyId: id, reason: "because" }],
      [keysQuery, undefined],
    ] as const) {
      const answer = await app.graphql(query, input && { input }, token);
      expect(codesOf(answer)).toEqual([code]);
      expect(Object.values(answer.data)).toEqual([null]);
    }
    expect((await app.graphql(`{ node(id: "${id}") { id } }`, {}, token)).data).toEqual({ node: null });
  }
});
