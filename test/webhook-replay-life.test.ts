import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { documentedOperations } from "./support/documented.js";
import { codesOf } from "./support/graphql.js";
import type { Person } from "./support/person.js";
import { startWired } from "./support/postgres-proxy.js";
import { quiet } from "./support/quiet.js";
import { longAgo } from "./support/staff.js";
import { plantFault, requestFaultsMet } from "./support/stripe.js";
import { until } from "./support/until.js";
import { actsOf, reason, replay, replayManyMutation, replayMutation, writeEvent } from "./support/webhook-events.js";

test("staff see what was lost, mend the cause, replay it, and the customer's account is up to date", async ({
  app,
}) => {
  const root = app.person("root", { role: "admin" });
  const ada = app.person("ada");
  const stripeId = await bought(app, "ada");
  // It came once and was given up; what is held back is Stripe sending it again.
  await plantFault(app, { deliveries: "hold", event: "customer.updated" });
  await app.stripe.customers.update(stripeId, { name: "Ada Lovelace" });
  const { data: told } = await app.stripe.events.list({ type: "customer.updated" });
  const lost = told.find(({ data }) => JSON.stringify(data.object).includes("Ada Lovelace"));
  const of = { stripeEventId: String(lost?.id), objectId: stripeId, stripeCustomerId: stripeId };
  const id = await writeEvent(app, of);
  expect(await nameOf(ada)).toBe("ada");
  const dead = await root.ask(
    "{ adminWebhookEvents(filter: { status: [FAILED] }) { nodes { id customer { name } } } }",
  );
  expect(dead.adminWebhookEvents.nodes).toEqual([{ id, customer: { name: "ada" } }]);

  expect((await replay(root, id)).webhookEvent.status).toBe("PENDING");
  await until("the account is up to date", async () => (await nameOf(ada)) === "Ada Lovelace");
  const { node } = await until("the event is done", async () => {
    const answer = await root.ask(
      `{ node(id: "${id}") { ... on AdminWebhookEvent { status attempts lastError processedAt } } }`,
    );
    return answer.node.status === "PROCESSED" ? answer : undefined;
  });
  expect(node).toEqual({ status: "PROCESSED", attempts: 1, lastError: null, processedAt: expect.any(String) });
  // What the sandbox held back comes now, and is dropped.
  await app.control("DELETE", "/sandbox/faults");
  await quiet(app);
});

test("what is replayed while Stripe is down waits for it, with its tries untouched", async ({ app }) => {
  const root = app.person("root", { role: "admin" });
  const stripeId = await bought(app, "edsger");
  const id = await writeEvent(app, { objectId: stripeId, stripeCustomerId: stripeId, lastError: "of before" });
  await plantFault(app, { method: "GET", path: `/v1/customers/${stripeId}`, status: 503, times: 50 });
  await replay(root, id);
  const shown = `{ node(id: "${id}") { ... on AdminWebhookEvent { status attempts lastError } } }`;
  await until("a try that failed", async () => (await root.ask(shown)).node.lastError !== "of before");
  await app.control("DELETE", "/sandbox/faults");
  await quiet(app);
  expect((await root.ask(shown)).node).toEqual({ status: "PROCESSED", attempts: 1, lastError: null });
});

test("while Postgres is away a replay says so, and once it is back the same call goes through", async () => {
  const { app, wire, stop } = await startWired();
  const root = app.person("root", { role: "admin" });
  const id = await writeEvent(app);
  const calls = [
    [replayMutation, { input: { webhookEventId: id, reason } }],
    [replayManyMutation, { input: { filter: {}, reason } }],
  ] as const;
  wire.cut();
  for (const [mutation, variables] of calls) {
    expect(codesOf(await root.graphql(mutation, variables))).toEqual(["UPSTREAM_UNAVAILABLE"]);
  }
  expect(await actsOf(app)).toEqual([]);
  wire.restore();
  await until("a replay that goes through", async () => {
    const answer = await root.graphql(replayManyMutation, { input: { filter: {}, reason } });
    return answer.data?.adminReplayWebhookEvents?.queuedCount === 1;
  });
  expect(await actsOf(app)).toHaveLength(1);
  await stop();
});

test("the operations that the documentation gives to operators answer", async ({ app }) => {
  const root = app.person("root", { role: "admin" });
  const stripeId = await bought(app, "barbara");
  const id = await writeEvent(app, { objectId: stripeId, stripeCustomerId: stripeId });
  await writeEvent(app, { objectId: stripeId, stripeCustomerId: stripeId });
  const answers: Record<string, object> = {};
  const blocks = documentedOperations("Events that were given up");
  expect(blocks).toHaveLength(4);
  for (const block of blocks) {
    Object.assign(answers, await root.ask(block, { id, stripeId, from: longAgo, to: new Date() }));
  }
  expect(answers).toMatchObject({
    adminWebhookEvents: { nodes: expect.arrayContaining([expect.objectContaining({ id, status: "FAILED" })]) },
    adminReplayWebhookEvent: { webhookEvent: { id, status: "PENDING" }, userErrors: [] },
    adminReplayWebhookEvents: { queuedCount: 1, userErrors: [] },
  });
  await quiet(app);
});

test("replaying an event again and again while it is processed ends with it processed, and every put-back is in the log", async ({
  app,
}) => {
  const root = app.person("root", { role: "admin" });
  const stripeId = await bought(app, "grace");
  const id = await writeEvent(app, { type: "customer.updated", objectId: stripeId, stripeCustomerId: stripeId });
  const before = (await actsOf(app)).length;
  await plantFault(app, { method: "GET", path: `/v1/customers/${stripeId}`, delay_ms: 300 });
  await replay(root, id);
  await until("a worker has it", async () => {
    const { node } = await root.ask(`{ node(id: "${id}") { ... on AdminWebhookEvent { status } } }`);
    return node.status === "PROCESSING";
  });
  const meanwhile = await Promise.all(Array.from({ length: 64 }, () => replay(root, id)));
  expect(meanwhile.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  await requestFaultsMet(app);
  await quiet(app);
  const { node } = await root.ask(`{ node(id: "${id}") { ... on AdminWebhookEvent { status attempts lastError } } }`);
  expect(node).toEqual({ status: "PROCESSED", attempts: 1, lastError: null });
  // Those who came while it was processed changed nothing; who came just after had it processed once more.
  const acts = (await actsOf(app)).slice(before);
  expect(acts.length).toBeGreaterThan(0);
  expect(acts.map(({ details }) => details?.["before"])).toEqual(
    acts.map((_, nth) => (nth === 0 ? { status: "FAILED", attempts: 12 } : { status: "PROCESSED", attempts: 1 })),
  );
});

async function nameOf(person: Person): Promise<string> {
  return (await person.ask("{ viewer { customer { name } } }")).viewer.customer.name;
}

/** Buys as somebody, and waits until all is told; gives their Stripe customer's ID. */
async function bought(app: TestApp, sub: string): Promise<string> {
  await app.customerOn("professional", sub);
  await quiet(app);
  const [customer] = (await app.stripe.customers.list({ limit: 1 })).data;
  return String(customer?.id);
}
