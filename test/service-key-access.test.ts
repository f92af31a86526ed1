import { eq, sql } from "drizzle-orm";
import { pino } from "pino";
import { expect, test as plain } from "vitest";
import { uuidOf } from "../src/billing/global-id.js";
import { makeSecret } from "../src/billing/service-keys/service-key.js";
import { keepKeyring } from "../src/billing/service-keys/service-key.keyring.js";
import { serviceKeys } from "../src/billing/service-keys/service-key.table.js";
import { listen } from "../src/live/listen.js";
import { test as base, type TestApp } from "./support/app.js";
import { startCountedApp } from "./support/counted-app.js";
import { codesOf } from "./support/graphql.js";
import { makePerson, type Person } from "./support/person.js";
import { startWired } from "./support/postgres-proxy.js";
import { issueKey, keysQuery, revokeKey } from "./support/service-key.js";
import { greet, openSocket } from "./support/socket.js";
import { until } from "./support/until.js";

const test = base.extend<{ root: Person }>({
  root: async ({ app }, use) => use(app.person("root", { role: "admin" })),
});

const who = "{ viewer { roles } }";
const silent = pino({ enabled: false });

/** What the API makes of a secret: the roles it has, or why it is refused. */
async function standingOf(app: TestApp, secret: string): Promise<unknown> {
  const answer = await app.graphql(who, {}, secret);
  return answer.status === 200
    ? answer.data.viewer.roles
    : [answer.status, codesOf(answer), answer.errors?.[0]?.message];
}

const unknown = [401, ["UNAUTHENTICATED"], "There is no such service key."];
const revoked = [401, ["UNAUTHENTICATED"], "The service key has been revoked."];
const expired = [401, ["UNAUTHENTICATED"], "The service key has expired."];

/** Revokes a key behind the service's back: nobody is told. */
async function revokeInSilence({ connection }: TestApp, id: string): Promise<void> {
  const row = eq(serviceKeys.id, uuidOf("AdminServiceKey", id) ?? "");
  await connection.db.update(serviceKeys).set({ revokedAt: new Date() }).where(row);
}

test("a service that sends its key is known as one, until the key is withdrawn", async ({ app, root }) => {
  const { id, secret } = await issueKey(root);
  expect(await standingOf(app, secret)).toEqual(["SERVICE"]);
  await revokeKey(root, id);
  await until("the key to be refused", async () => (await app.graphql(who, {}, secret)).status === 401);
  expect(await standingOf(app, secret)).toEqual(revoked);
});

test("one process withdraws a key, and another that has just used it refuses it", async ({ app, root }) => {
  const { id, secret } = await issueKey(root);
  const live = await listen(app.config.database.url);
  const keyring = keepKeyring(app.connection.db, live, silent);
  expect(await keyring.holderOf(secret)).toMatchObject({ serviceKeyId: uuidOf("AdminServiceKey", id) });
  await revokeKey(root, id);
  await until("the other process to refuse it", async () => (await keyring.holderOf(secret)) === "revoked", 2_000);
  await live.close();
});

test("where the news is lost, a withdrawn key opens nothing after 10 seconds", async ({ app, root }) => {
  const { id, secret } = await issueKey(root);
  const live = await listen(app.config.database.url);
  const clock = { ms: Date.now() };
  const keyring = keepKeyring(app.connection.db, live, silent, () => clock.ms);
  await keyring.holderOf(secret);
  await revokeInSilence(app, id);
  expect(await keyring.holderOf(secret)).toMatchObject({ subject: id });
  clock.ms += 10_000;
  expect(await keyring.holderOf(secret)).toBe("revoked");
  await live.close();
});

test("a key ends when it says it does, by the wall clock and not a moment later", async ({ app, root }) => {
  const expiresAt = new Date(Date.now() + 60_000);
  const { secret } = await issueKey(root, ["CUSTOMERS_READ"], expiresAt);
  const live = await listen(app.config.database.url);
  const clock = { ms: expiresAt.getTime() - 1 };
  const keyring = keepKeyring(app.connection.db, live, silent, () => clock.ms);
  expect(await keyring.holderOf(secret)).toMatchObject({ expiresAt });
  clock.ms += 1;
  expect(await keyring.holderOf(secret)).toBe("expired");
  await live.close();

  // A year on the billing clock is nothing to a key.
  await app.control("POST", "/sandbox/clock", { advance_seconds: 366 * 86_400 });
  expect(await standingOf(app, secret)).toEqual(["SERVICE"]);
});

test("a key that has expired is refused over HTTP", async ({ app, root }) => {
  const { secret } = await issueKey(root, ["CUSTOMERS_READ"], new Date(Date.now() + 1_000));
  expect(await standingOf(app, secret)).toEqual(["SERVICE"]);
  await until("the key to expire", async () => (await app.graphql(who, {}, secret)).status === 401, 3_000);
  expect(await standingOf(app, secret)).toEqual(expired);
});

test("what looks like a key and is none is refused as one, whatever it is", async ({ app, root }) => {
  const { secret } = await issueKey(root);
  const { token } = app.person("ada");
  const last = secret.at(-1) === "A" ? "B" : "A";
  for (const wrong of [
    makeSecret(),
    "absk_",
    secret.slice(0, -1),
    `${secret}A`,
    secret.slice(0, -1) + last,
    `absk_${token}`,
    secret.replace("absk_", "absk_absk_"),
    `absk_${"-".repeat(43)}`,
    `absk_${"x".repeat(7_000)}`,
  ]) {
    expect(await standingOf(app, wrong), wrong).toEqual(unknown);
  }
  for (const wrong of [secret.slice(5), secret.toUpperCase(), `x${secret}`, `${secret}.${secret}.${secret}`]) {
    expect((await app.graphql(who, {}, wrong)).status, wrong).toBe(401);
  }
  const inOtherWords = await fetch(`${app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `bearer   ${secret} ` },
    body: JSON.stringify({ query: who }),
  });
  expect(inOtherWords.status).toBe(200);
});

test("a hash from a stolen copy of the database opens nothing", async ({ app, root }) => {
  await issueKey(root);
  for (const { hash, prefix } of await app.connection.db.select().from(serviceKeys)) {
    expect(await standingOf(app, `absk_${hash}`)).toEqual(unknown);
    expect(await standingOf(app, prefix)).toEqual(unknown);
  }
});

test("when a key was last used is seen soon, and written at most once a minute by all processes together", async ({
  app,
  root,
}) => {
  const { id, secret } = await issueKey(root);
  const lastUsed = async () => {
    const { adminServiceKeys } = await root.ask(keysQuery);
    return adminServiceKeys.find((key: { id: string }) => key.id === id).lastUsedAt;
  };
  const before = Date.now();
  await Promise.all(Array.from({ length: 20 }, () => app.graphql(who, {}, secret)));
  const seen = await until("the use to be noted", lastUsed);
  expect(Date.parse(seen)).toBeGreaterThanOrEqual(before);

  const live = await listen(app.config.database.url);
  const clock = { ms: Date.parse(seen) + 59_999 };
  const another = keepKeyring(app.connection.db, live, silent, () => clock.ms);
  await another.holderOf(secret);
  await another.close();
  expect(await lastUsed()).toBe(seen);
  clock.ms += 60_000;
  await another.holderOf(secret);
  await another.close();
  expect(Date.parse(await lastUsed())).toBe(clock.ms);
  await live.close();
});

test("a request does not fail when its use of a key cannot be noted", async ({ app, root }) => {
  const { secret } = await issueKey(root);
  await app.connection.db.execute(sql`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$`);
  await app.connection.db.execute(sql`
    create trigger refuse before update on service_keys for each row execute function refuse()`);
  const before = app.logged.length;
  expect(await standingOf(app, secret)).toEqual(["SERVICE"]);
  const isFailure = (line: string) => line.includes("last used could not be");
  await until("the failure to be logged", () => app.logged.slice(before).some(isFailure));
  await app.connection.db.execute(sql`drop trigger refuse on service_keys`);
  expect(await standingOf(app, secret)).toEqual(["SERVICE"]);
});

test("a socket opened with a key is closed as soon as the key is withdrawn, and others stay", async ({ app, root }) => {
  const kept = await greet(app.url, (await issueKey(root)).secret);
  const since = Date.now();
  for (let times = 0; times < 10; times += 1) {
    const { id, secret } = await issueKey(root);
    const cut = await greet(app.url, secret);
    await revokeKey(root, id);
    expect(await cut.closed).toEqual({ code: 4403, reason: "Forbidden" });
  }
  // And not only when all are judged again anyway, which is every 2 seconds, ten times over.
  expect(Date.now() - since).toBeLessThan(15_000);
  kept.say({ type: "subscribe", id: "1", payload: { query: "subscription { currentSubscriptionUpdated { cause } }" } });
  expect((await kept.hear()).type).toBe("next");
  kept.close();
});

test("a socket opened with a key is closed within 10 seconds of its end, also when nobody is told of that", async ({
  app,
  root,
}) => {
  const secretly = await issueKey(root);
  const brief = await issueKey(root, ["CUSTOMERS_READ"], new Date(Date.now() + 1_000));
  const sockets = [await greet(app.url, secretly.secret), await greet(app.url, brief.secret)];
  const since = Date.now();
  await revokeInSilence(app, secretly.id);
  for (const socket of sockets) expect((await socket.closed).code).toBe(4403);
  expect(Date.now() - since).toBeLessThan(10_000);
});

test("no socket opens with a key that is not good", async ({ app, root }) => {
  const { id, secret } = await issueKey(root);
  await revokeInSilence(app, id);
  for (const bad of [secret, makeSecret(), "absk_"]) expect(await endOf(app, bad)).toBe(4403);
});

plain("64 first uses of a key at once read it once", async () => {
  const { app, statements: asked, stop } = await startCountedApp();
  const root = app.person("root", { role: "admin" });
  // Opens every connection of the pool, which costs statements too.
  await Promise.all(Array.from({ length: 64 }, () => root.ask(keysQuery)));
  const { secret } = await issueKey(root);
  const before = asked();
  const answers = await Promise.all(Array.from({ length: 64 }, () => app.graphql(who, {}, secret)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(asked() - before).toBe(1);
  await stop();
});

/** What a caller hears whose key cannot be judged now. */
const notNow = [503, ["UPSTREAM_UNAVAILABLE"], expect.stringMatching(/Try again/)];

/** How a connection ends that introduces itself with this secret. */
async function endOf(app: TestApp, secret: string): Promise<number> {
  const socket = await openSocket(app.url);
  socket.say({ type: "connection_init", payload: { authorization: `Bearer ${secret}` } });
  return (await socket.closed).code;
}

plain("while Postgres is away a key just seen goes on, and others may try again and are not sent away", async () => {
  const { app, wire, stop } = await startWired({ worker: false });
  const root = app.person("root", { role: "admin" });
  const [seen, unseen] = [await issueKey(root), await issueKey(root)];
  expect(await standingOf(app, seen.secret)).toEqual(["SERVICE"]);
  wire.cut();
  expect(await standingOf(app, seen.secret)).toEqual(["SERVICE"]);
  for (const secret of [unseen.secret, makeSecret()]) {
    expect(await standingOf(app, secret)).toEqual(notNow);
    expect(await endOf(app, secret)).toBe(1013);
  }
  wire.restore();
  await until("the key to be known", async () => (await app.graphql(who, {}, unseen.secret)).status === 200);
  await stop();
});

plain(
  "while Postgres says nothing callers hear so in time, and a socket stays until its key was seen too long ago",
  async () => {
    const { app, wire, stop } = await startWired({ worker: false, environment: { OPERATION_TIMEOUT_SECONDS: "1" } });
    const { secret } = await issueKey(app.person("root", { role: "admin" }));
    const socket = await greet(app.url, secret);
    wire.stall();
    const since = Date.now();
    expect(await standingOf(app, makeSecret())).toEqual(notNow);
    expect(Date.now() - since).toBeLessThan(4_500);
    expect(await standingOf(app, secret)).toEqual(["SERVICE"]);
    expect((await socket.closed).code).toBe(1013);
    expect(Date.now() - since).toBeGreaterThan(5_000);
    await stop();
  },
);

test("a key is a caller of its own among streams", async ({ app, root }) => {
  const { secret } = await issueKey(root, ["CHECKOUT_WRITE"]);
  const { id } = (await app.person("ada").checkout("starter")).checkoutSession;
  const stream = await makePerson(app, "backend", secret).subscribe(
    "subscription ($id: ID!) { checkoutSessionUpdated(id: $id) { status } }",
    { id },
  );
  expect((await stream.next()).data.checkoutSessionUpdated).toEqual({ status: "OPEN" });
  await stream.close();
});
