import { createHmac } from "node:crypto";
import { expect, test as plain } from "vitest";
import { startTestApp, type TestApp, test } from "./support/app.js";
import { deliveries } from "./support/deliveries.js";
import { quiet } from "./support/quiet.js";
import { plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";

interface Sending {
  readonly secret?: string;
  /** Seconds from now; negative for the past. */
  readonly signedIn?: number;
  readonly headers?: Record<string, string>;
}

const knownSecret = (app: TestApp) => app.config.stripe.webhookSecrets[0] ?? "";

function signature(body: string | Buffer, secret: string, signedIn = 0): string {
  const time = Math.floor(Date.now() / 1000) + signedIn;
  return `t=${time},v1=${createHmac("sha256", secret).update(`${time}.`).update(body).digest("hex")}`;
}

/** Posts a body to the webhook route as Stripe does. */
function send(app: TestApp, body: string | Buffer, { secret, signedIn, headers }: Sending = {}): Promise<Response> {
  const signed = { "stripe-signature": signature(body, secret ?? knownSecret(app), signedIn) };
  return fetch(`${app.url}/webhooks/stripe`, {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8", ...signed, ...headers },
    body,
  });
}

let events = 0;

/** An event that Stripe could send. */
function eventOf(type: string, object: Record<string, unknown>, id = `evt_test_${++events}`): string {
  const created = Math.floor(Date.now() / 1000);
  const envelope = { id, object: "event", api_version: "2026-10-28.endive", created, livemode: false, type };
  return JSON.stringify({ ...envelope, data: { object } });
}

const rowsOf = async (app: TestApp, id: string) =>
  app.connection.db.execute<{ status: string; attempts: number; last_error: string | null }>(
    `select status, attempts, last_error from webhook_events where stripe_event_id = '${id}'`,
  );

const faultOf = async (answer: Response) => JSON.parse(await answer.text()).error.code;

test("the same event 64 times at once is stored once, and each delivery is answered 200", async ({ app }) => {
  await plantFault(app, { deliveries: "repeat", event: "coupon.created", copies: 63 });
  await app.stripe.coupons.create({ percent_off: 10 });
  await quiet(app);
  const [event] = (await app.stripe.events.list({ type: "coupon.created" })).data;
  const sent = await deliveries(app, { event: String(event?.id) });
  expect(sent.map(({ status }) => status)).toEqual(Array.from({ length: 64 }, () => 200));
  expect(await rowsOf(app, String(event?.id))).toHaveLength(1);
});

test("many different events at once are all stored", async ({ app }) => {
  const ids = Array.from({ length: 100 }, (_, index) => `evt_many_${index}`);
  const answers = await Promise.all(
    ids.map((id) => send(app, eventOf("mandate.updated", { id: "mandate_y", object: "mandate" }, id))),
  );
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  const stored = await app.connection.db.execute(
    "select 1 from webhook_events where stripe_event_id like 'evt_many_%'",
  );
  expect(stored).toHaveLength(100);
});

const forged: [string, Sending & { body?: (body: string) => string }, string][] = [
  ["another secret", { secret: "whsec_of_somebody_else_0000" }, "bad_signature"],
  ["one byte more than was signed", { body: (body) => `${body} ` }, "bad_signature"],
  ["no signature", { headers: { "stripe-signature": "" } }, "missing_signature"],
  ["a signature that is none", { headers: { "stripe-signature": "v1=abc" } }, "bad_signature"],
  ["a signature of six minutes ago", { signedIn: -360 }, "too_old"],
  ["a signature of six minutes ahead", { signedIn: 360 }, "too_new"],
];

test.for(forged)("a delivery with %s is refused, and nothing is stored", async ([, sending, code], { app }) => {
  const id = `evt_forged_${code}_${++events}`;
  const body = eventOf("mandate.updated", { id: "mandate_z", object: "mandate" }, id);
  const sent = sending.body?.(body);
  const headers = sent ? { "stripe-signature": signature(body, knownSecret(app)) } : sending.headers;
  const answer = await send(app, sent ?? body, { ...sending, ...(headers && { headers }) });
  expect(answer.status).toBe(400);
  expect(await faultOf(answer)).toBe(code);
  expect(await rowsOf(app, id)).toEqual([]);
});

test("a delivery of four minutes ago is taken", async ({ app }) => {
  const body = eventOf("mandate.updated", { id: "mandate_z", object: "mandate" }, "evt_slow");
  expect((await send(app, body, { signedIn: -240 })).status).toBe(200);
});

test("a body that is signed and yet no event is refused", async ({ app }) => {
  for (const body of ["{", "[]", "null", '{"id": 1}', "", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])]) {
    const answer = await send(app, body);
    expect(answer.status).toBe(400);
  }
});

test("a body of more than a mebibyte is refused before it is read", async ({ app }) => {
  const answer = await send(
    app,
    eventOf("mandate.updated", { id: "mandate_z", padding: "x".repeat(1_100_000) }, "evt_huge"),
  );
  expect(answer.status).toBe(413);
  expect(await rowsOf(app, "evt_huge")).toEqual([]);
});

test("another content type and another method are refused", async ({ app }) => {
  const body = eventOf("mandate.updated", { id: "mandate_z", object: "mandate" });
  expect((await send(app, body, { headers: { "content-type": "text/plain" } })).status).toBe(415);
  expect((await fetch(`${app.url}/webhooks/stripe`)).status).toBe(404);
});

test("a type that is not handled is stored and marked IGNORED", async ({ app }) => {
  expect(
    (await send(app, eventOf("mandate.updated", { id: "mandate_1", object: "mandate" }, "evt_unhandled"))).status,
  ).toBe(200);
  expect(await rowsOf(app, "evt_unhandled")).toMatchObject([{ status: "IGNORED" }]);
});

test("an event about a customer whom this service did not make is stored and marked IGNORED", async ({ app }) => {
  const stranger = await app.stripe.customers.create({ email: "stranger@example.com" });
  const id = await until("the sandbox has told of the customer", async () => {
    const rows = await app.connection.db.execute<{ stripe_event_id: string }>(
      `select stripe_event_id from webhook_events where object_id = '${stranger.id}' and status = 'IGNORED'`,
    );
    return rows[0]?.stripe_event_id;
  });
  expect((await rowsOf(app, id))[0]?.last_error).toContain("not made by this service");
});

test("events that come late and in reverse order change nothing", async ({ app }) => {
  await quiet(app);
  const [last] = (await app.stripe.events.list({ limit: 1 })).data;
  // Coming last, it would bring everything once more, and hide what the others had spoiled.
  const healing = "checkout.session.completed";
  await plantFault(app, { deliveries: "drop", event: healing });
  await plantFault(app, { deliveries: "reorder", times: 1_000 });
  // Reading the session brings what Stripe knows.
  const ada = await app.customerOn("professional");
  const page =
    "{ currentSubscription { id status cancelsAt } payments { nodes { id status } } invoices { nodes { id status } } }";
  const before = await ada.ask(page);
  expect(before.currentSubscription.status).toBe("ACTIVE");
  const { data } = await app.stripe.events.list({ limit: 100, ending_before: String(last?.id) });
  const held = data.filter(({ type }) => type !== healing).map(({ id }) => id);
  await app.control("DELETE", "/sandbox/faults");
  await quiet(app);
  const came = (await deliveries(app, {})).map(({ event }) => event).filter((id) => held.includes(id));
  expect(came, "both are told newest first").toEqual(held.toReversed());
  expect(await ada.ask(page)).toEqual(before);
});

test("an outage of Stripe delays an event and costs it no try", async ({ app }) => {
  const bea = await app.customerOn("starter");
  await quiet(app);
  await app.control("POST", "/sandbox/faults", { method: "GET", path: "/v1/customers/*", times: 4, status: 500 });
  const { data } = await app.stripe.customers.list({ email: `${bea.sub}@example.com` });
  const body = eventOf("customer.updated", { id: data[0]?.id, object: "customer" }, "evt_outage");
  expect((await send(app, body)).status).toBe(200);
  await until("it was put back", async () => (await rowsOf(app, "evt_outage"))[0]?.last_error);
  await app.control("DELETE", "/sandbox/faults");
  await until("it is processed", async () => (await rowsOf(app, "evt_outage"))[0]?.status === "PROCESSED");
  expect(await rowsOf(app, "evt_outage")).toEqual([{ status: "PROCESSED", attempts: 1, last_error: null }]);
});

test("an event that fails twelve times stops, stays visible, and blocks nobody", async ({ app }) => {
  const cleo = await app.customerOn("starter");
  await quiet(app);
  const { data } = await app.stripe.subscriptions.list({ limit: 100 });
  const subscription = data[0];
  // A fault of ours that no retry mends.
  await app.connection.db.execute(
    "create or replace function poison() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$",
  );
  await app.connection.db.execute(
    "create trigger poison before update on subscriptions for each row execute function poison()",
  );
  const customer = typeof subscription?.customer === "string" ? subscription.customer : "";
  await send(
    app,
    eventOf("customer.subscription.updated", { id: subscription?.id, object: "subscription", customer }, "evt_poison"),
  );
  await until("it was tried once", async () => ((await rowsOf(app, "evt_poison"))[0]?.attempts ?? 0) >= 1);
  await app.connection.db.execute(
    "update webhook_events set attempts = 11, due_at = now(), status = 'PENDING' where stripe_event_id = 'evt_poison'",
  );
  await app.connection.db.execute("select graphile_worker.add_job('process_stripe_events')");
  await until("it has stopped", async () => (await rowsOf(app, "evt_poison"))[0]?.status === "FAILED");
  expect((await rowsOf(app, "evt_poison"))[0]).toMatchObject({
    attempts: 12,
    last_error: "PostgresError: poison",
  });
  await app.connection.db.execute("drop trigger poison on subscriptions");
  expect((await cleo.ask("{ currentSubscription { status } }")).currentSubscription.status).toBe("ACTIVE");
  await app.customerOn("starter");
});

test("an event that a dead worker had taken is taken up again", async ({ app }) => {
  await app.connection.db.execute(`
    insert into webhook_events (id, stripe_event_id, type, livemode, object_kind, object_id, stripe_customer_id, status, created_at, received_at, due_at)
    values (gen_random_uuid(), 'evt_orphan', 'customer.updated', false, 'customer', 'cus_nobody', 'cus_nobody', 'PROCESSING', now(), now(), now() - interval '1 second')`);
  await app.connection.db.execute("select graphile_worker.add_job('process_stripe_events')");
  await until("it is settled", async () => (await rowsOf(app, "evt_orphan"))[0]?.status === "IGNORED");
});

plain("while a secret is rolled, deliveries signed with either are taken", async () => {
  const { app, stop } = await startTestApp({ webhookSecrets: "whsec_sandbox_development,whsec_sandbox_next" });
  for (const secret of ["whsec_sandbox_development", "whsec_sandbox_next"]) {
    expect(
      (await send(app, eventOf("mandate.updated", { id: "mandate_x", object: "mandate" }), { secret })).status,
    ).toBe(200);
  }
  await stop();
});
