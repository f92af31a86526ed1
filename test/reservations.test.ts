import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { count, report, reserve, results, settle } from "./support/usage.js";

const hourMs = 3_600_000;

function backend(app: TestApp) {
  return app.person("backend", { role: "service" });
}

async function setAside(app: TestApp, externalCustomerId: string, quantity: number, more: object = {}) {
  const input = {
    externalCustomerId,
    feature: "streaming_minutes",
    quantity,
    expiresAt: new Date(app.now().getTime() + hourMs).toISOString(),
    idempotencyKey: randomUUID(),
    ...more,
  };
  return (await backend(app).ask(reserve, { input })).reserveUsage;
}

async function settleAt(app: TestApp, reservationId: string, quantity: number) {
  return (await backend(app).ask(settle, { input: { reservationId, quantity } })).settleUsage;
}

async function used(app: TestApp, sub: string): Promise<number> {
  return (await app.person(sub).ask(`{ entitlement(feature: "streaming_minutes") { used } }`)).entitlement.used;
}

test("what is set aside counts against the limit until it is settled at what was really used", async ({ app }) => {
  const { reservation, userErrors } = await setAside(app, "ada", 40);
  expect(userErrors).toEqual([]);
  expect(reservation).toEqual({
    id: expect.stringMatching(/^rsv_[0-9a-f]{32}$/),
    feature: { key: "streaming_minutes" },
    quantity: 40,
    settledQuantity: null,
    status: "OPEN",
    expiresAt: expect.any(String),
  });
  expect(await used(app, "ada")).toBe(40);
  expect((await results(report(app, "ada", [{ feature: "streaming_minutes", quantity: 21 }])))[0].isAccepted).toBe(
    false,
  );
  expect((await setAside(app, "ada", 21)).userErrors).toMatchObject([{ code: "USAGE_LIMIT_REACHED" }]);

  const settled = await settleAt(app, reservation.id, 25);
  expect(settled).toEqual({
    reservation: { id: reservation.id, quantity: 40, settledQuantity: 25, status: "SETTLED" },
    entitlement: { used: 25, remaining: 35 },
    userErrors: [],
  });
  expect(await settleAt(app, reservation.id, 25)).toEqual(settled);
  expect((await settleAt(app, reservation.id, 26)).userErrors).toMatchObject([{ code: "RESERVATION_CLOSED" }]);
  expect(await used(app, "ada")).toBe(25);
});

test("a reservation settled at 0 is released, and leaves nothing", async ({ app }) => {
  const { reservation } = await setAside(app, "bea", 60);
  expect((await settleAt(app, reservation.id, 0)).reservation).toMatchObject({
    status: "RELEASED",
    settledQuantity: 0,
  });
  expect((await settleAt(app, reservation.id, 0)).userErrors).toEqual([]);
  expect((await settleAt(app, reservation.id, 1)).userErrors).toMatchObject([{ code: "RESERVATION_CLOSED" }]);
  expect(await used(app, "bea")).toBe(0);
});

test("a reservation runs out by itself, in that very moment", async ({ app }) => {
  const { reservation } = await setAside(app, "cat", 60);
  expect(await used(app, "cat")).toBe(60);
  await app.control("POST", "/sandbox/clock", { advance_seconds: 3_601 });
  expect(await used(app, "cat")).toBe(0);
  const node = "query ($id: ID!) { node(id: $id) { ... on UsageReservation { status settledQuantity } } }";
  expect((await backend(app).ask(node, { id: reservation.id })).node).toEqual({
    status: "EXPIRED",
    settledQuantity: null,
  });
  expect((await settleAt(app, reservation.id, 5)).userErrors).toMatchObject([{ code: "RESERVATION_CLOSED" }]);
  await count(app, "cat", "streaming_minutes", 60);
  expect(await used(app, "cat")).toBe(60);
});

test("the same key gives the same reservation, and other input under it is refused", async ({ app }) => {
  const more = { idempotencyKey: "r", expiresAt: new Date(app.now().getTime() + hourMs).toISOString() };
  const { reservation } = await setAside(app, "dan", 10, more);
  expect((await setAside(app, "dan", 10, more)).reservation).toEqual(reservation);
  expect((await setAside(app, "dan", 11, more)).userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
  expect(await used(app, "dan")).toBe(10);
  await settleAt(app, reservation.id, 4);
  expect((await setAside(app, "dan", 10, more)).reservation).toMatchObject({ status: "SETTLED", settledQuantity: 4 });
});

test("a reservation made before a period ends is counted in that period, also when it is settled after", async ({
  app,
}) => {
  const eve = await app.customerOn("starter", "eve");
  const { currentSubscription } = await eve.ask("{ currentSubscription { currentPeriod { end } } }");
  const end = Date.parse(currentSubscription.currentPeriod.end);
  await app.control("POST", "/sandbox/clock", { advance_seconds: Math.floor((end - app.now().getTime()) / 1000) - 60 });
  const { reservation } = await setAside(app, "eve", 100);
  await app.control("POST", "/sandbox/clock", { advance_seconds: 120 });
  expect(await used(app, "eve")).toBe(0);
  expect((await settleAt(app, reservation.id, 90)).userErrors).toEqual([]);
  expect(await used(app, "eve")).toBe(0);
});

test("two settlements in one operation each show what is held after it", async ({ app }) => {
  const [first, second] = [await setAside(app, "ivy", 10), await setAside(app, "ivy", 20)];
  const { a, b } = await backend(app).ask(
    `mutation ($a: ID!, $b: ID!) {
      a: settleUsage(input: { reservationId: $a, quantity: 0 }) { entitlement { used } }
      b: settleUsage(input: { reservationId: $b, quantity: 0 }) { entitlement { used } } }`,
    { a: first.reservation.id, b: second.reservation.id },
  );
  expect([a.entitlement.used, b.entitlement.used]).toEqual([20, 0]);
});

test("two reservations refused in one operation are each told what was left then", async ({ app }) => {
  const expiresAt = new Date(app.now().getTime() + hourMs).toISOString();
  const wanted = (idempotencyKey: string, quantity: number) => ({
    ...{ externalCustomerId: "jim", feature: "streaming_minutes" },
    ...{ quantity, expiresAt, idempotencyKey },
  });
  const { a, c } = await backend(app).ask(
    `mutation ($a: ReserveUsageInput!, $b: ReserveUsageInput!, $c: ReserveUsageInput!) {
      a: reserveUsage(input: $a) { userErrors { message } }
      b: reserveUsage(input: $b) { userErrors { message } }
      c: reserveUsage(input: $c) { userErrors { message } } }`,
    { a: wanted("a", 61), b: wanted("b", 50), c: wanted("c", 61) },
  );
  expect([a.userErrors[0].message, c.userErrors[0].message]).toEqual([
    "That is more than is left of Streaming: 60 of 60.",
    "That is more than is left of Streaming: 10 of 60.",
  ]);
});

test.for([
  ["none", { quantity: 0 }, "INVALID_INPUT", "quantity"],
  ["less than none", { quantity: -5 }, "INVALID_INPUT", "quantity"],
  ["more than any counter holds", { quantity: Number.MAX_SAFE_INTEGER }, "USAGE_LIMIT_REACHED", "quantity"],
  ["an unknown feature", { feature: "nothing" }, "FEATURE_NOT_FOUND", "feature"],
  ["a switch", { feature: "scenes_basic" }, "FEATURE_NOT_METERED", "feature"],
  ["what the tier does not include", { feature: "recording_minutes" }, "USAGE_LIMIT_REACHED", "feature"],
  ["no key", { idempotencyKey: " " }, "INVALID_INPUT", "idempotencyKey"],
  ["an end that has passed", { expiresAt: "2020-01-01T00:00:00Z" }, "INVALID_INPUT", "expiresAt"],
  ["an end in years", { expiresAt: "2999-01-01T00:00:00Z" }, "INVALID_INPUT", "expiresAt"],
  ["an end beyond the calendar", { expiresAt: "9999-12-31T23:59:59-12:00" }, "INVALID_INPUT", "expiresAt"],
] as const)("a reservation with %s is refused, and nothing is set aside", async ([, wrong, code, field], { app }) => {
  const { reservation, userErrors } = await setAside(app, "flo", 1, wrong);
  expect(reservation).toBeNull();
  expect(userErrors).toMatchObject([{ code, path: ["input", field] }]);
  expect(await used(app, "flo")).toBe(0);
});

test("a settlement outside of what was set aside is refused, and the reservation stays open", async ({ app }) => {
  const { reservation } = await setAside(app, "gil", 10);
  for (const quantity of [-1, 11, Number.MAX_SAFE_INTEGER]) {
    expect((await settleAt(app, reservation.id, quantity)).userErrors).toMatchObject([
      { code: "INVALID_INPUT", path: ["input", "quantity"] },
    ]);
  }
  expect((await settleAt(app, reservation.id, 10)).reservation).toMatchObject({ status: "SETTLED" });
});

test("nobody settles, or sees, somebody else's reservation", async ({ app }) => {
  const { reservation } = await setAside(app, "hue", 10);
  const stranger = app.person("stranger");
  const { settleUsage } = await stranger.ask(settle, { input: { reservationId: reservation.id, quantity: 1 } });
  expect(settleUsage).toMatchObject({ reservation: null, userErrors: [{ code: "NOT_FOUND" }] });
  expect((await stranger.ask("query ($id: ID!) { node(id: $id) { id } }", { id: reservation.id })).node).toBeNull();
  for (const id of ["rsv_", `rsv_${"0".repeat(32)}`, "chk_1", ""]) {
    expect((await settleAt(app, id, 1)).userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
  }
  // Their own they may see, and not settle: only the product's back end reports this feature.
  const hue = app.person("hue");
  expect(codesOf(await hue.graphql(settle, { input: { reservationId: reservation.id, quantity: 1 } }))).toEqual([
    "FORBIDDEN",
  ]);
});
