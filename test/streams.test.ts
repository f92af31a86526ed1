import { expect } from "vitest";
import { startTestApp, test } from "./support/app.js";
import { askOver, greet } from "./support/socket.js";
import { until } from "./support/until.js";

const entitlements =
  "subscription { entitlementsChanged { customer { externalId } entitlements { feature { key } } } }";
const subscriptions =
  "subscription { currentSubscriptionUpdated { customer { externalId } subscription { status tier { slug } } } }";
const checkout = "subscription ($id: ID!) { checkoutSessionUpdated(id: $id) { id status url } }";

test("what happens to one customer is heard by that customer alone", async ({ app }) => {
  const [ada, bob] = [app.person("ada"), app.person("bob")];
  const streams = await Promise.all([
    ada.subscribe(entitlements),
    ada.subscribe(subscriptions),
    bob.subscribe(entitlements),
    bob.subscribe(subscriptions),
  ]);
  const [adaEntitlements, adaSubscriptions, bobEntitlements, bobSubscriptions] = streams;
  await Promise.all([ada.buy("starter"), bob.buy("professional")]);
  expect(await adaEntitlements.next()).toMatchObject({
    data: { entitlementsChanged: { customer: { externalId: "ada" } } },
  });
  expect(await bobEntitlements.next()).toMatchObject({
    data: { entitlementsChanged: { customer: { externalId: "bob" } } },
  });
  expect(await adaSubscriptions.next()).toMatchObject({
    data: {
      currentSubscriptionUpdated: { customer: { externalId: "ada" }, subscription: { tier: { slug: "starter" } } },
    },
  });
  expect(await bobSubscriptions.next()).toMatchObject({
    data: {
      currentSubscriptionUpdated: { customer: { externalId: "bob" }, subscription: { tier: { slug: "professional" } } },
    },
  });
  await app.sandbox.settled();
  expect(JSON.stringify([adaEntitlements.waiting, adaSubscriptions.waiting])).not.toContain("bob");
  expect(JSON.stringify([bobEntitlements.waiting, bobSubscriptions.waiting])).not.toContain("ada");
  await Promise.all(streams.map((stream) => stream.close()));
});

test("somebody else's checkout, and one that does not exist, give null and end", async ({ app }) => {
  const { checkoutSession } = await app.person("carla").checkout("starter");
  const eve = app.person("eve");
  for (const id of [checkoutSession.id, `chk_${"0".repeat(32)}`, "chk_nonsense", "bsub_1", ""]) {
    const stream = await eve.subscribe(checkout, { id });
    expect(await stream.next(), id).toEqual({ data: { checkoutSessionUpdated: null } });
    await stream.ended;
    expect(stream.waiting).toEqual([]);
    await stream.close();
  }
});

test("a checkout is told as it is now, then as it becomes, and ends", async ({ app }) => {
  const dora = app.person("dora");
  const { checkoutSession } = await dora.checkout("starter");
  const stream = await dora.subscribe(checkout, { id: checkoutSession.id });
  expect(await stream.next()).toMatchObject({
    data: { checkoutSessionUpdated: { status: "OPEN", url: checkoutSession.url } },
  });
  await dora.pay(checkoutSession.url);
  const statuses: string[] = [];
  await until("the checkout to be complete", async () => {
    statuses.push((await stream.next()).data.checkoutSessionUpdated.status);
    return statuses.at(-1) === "COMPLETE";
  });
  await stream.ended;
  expect(statuses.filter((status) => status === "COMPLETE")).toHaveLength(1);
  await stream.close();
});

test("one connection carries several streams, and one of them can be ended alone", async ({ app }) => {
  const emil = app.person("emil");
  const socket = await greet(app.url, emil.token);
  socket.say({ type: "subscribe", id: "one", payload: { query: entitlements } });
  socket.say({ type: "subscribe", id: "two", payload: { query: subscriptions } });
  socket.say({ type: "complete", id: "one" });
  await emil.buy("starter");
  expect(await socket.hear()).toMatchObject({ type: "next", id: "two" });
  socket.close();
});

test("a connection keeps nothing that would make its streams repeat an old answer", async ({ app }) => {
  const finn = app.person("finn");
  const socket = await greet(app.url, finn.token);
  const { checkoutSession } = await finn.checkout("starter");
  expect(await askOver(socket, checkout, { id: checkoutSession.id })).toMatchObject({
    payload: { data: { checkoutSessionUpdated: { status: "OPEN" } } },
  });
  await finn.checkout("professional"); // closes the first one
  expect(await askOver(socket, checkout, { id: checkoutSession.id })).toMatchObject({
    payload: { data: { checkoutSessionUpdated: { status: "EXPIRED" } } },
  });
  socket.close();
});

test("a shutdown ends every stream, and says why", async () => {
  const { app, stop } = await startTestApp();
  const people = ["ada", "bob", "eve"].map((sub) => app.person(sub));
  const { checkoutSession } = await app.person("ada").checkout("starter");
  const sockets = await Promise.all(people.map(({ token }) => greet(app.url, token)));
  for (const socket of sockets) socket.say({ type: "subscribe", id: "1", payload: { query: entitlements } });
  const [first] = sockets;
  if (!first) throw new Error("There are three.");
  expect(await askOver(first, checkout, { id: checkoutSession.id })).toMatchObject({ type: "next" });
  await stop();
  for (const socket of sockets) expect((await socket.closed).code).toBe(1001);
});

test("a caller has a bounded number of streams on all connections together, and new ones once others have ended", async ({
  app,
}) => {
  const gina = app.person("gina");
  const { checkoutSession } = await gina.checkout("starter");
  const variables = { id: checkoutSession.id };
  const [first, second] = [await greet(app.url, gina.token), await greet(app.url, gina.token)];
  for (let index = 0; index < 25; index++) {
    first.say({ type: "subscribe", id: `stream-${index}`, payload: { query: entitlements } });
    second.say({ type: "subscribe", id: `stream-${index}`, payload: { query: checkout, variables } });
  }
  for (let index = 0; index < 25; index++) expect((await second.hear()).type).toBe("next");
  const tooMany = await askOver(first, checkout, variables);
  expect(tooMany).toMatchObject({ type: "error", payload: [{ extensions: { code: "BAD_REQUEST" } }] });
  const hal = app.person("hal");
  expect(await askOver(await greet(app.url, hal.token), checkout, variables)).toMatchObject({ type: "next" });

  // None of these has anything to tell when it is ended: all of them wait.
  second.close();
  await second.closed;
  for (let index = 0; index < 25; index++) first.say({ type: "complete", id: `stream-${index}` });
  const again = await greet(app.url, gina.token);
  for (let index = 0; index < 50; index++) {
    await until("a stream in place of one that has ended", async () => {
      const { type } = await askOver(again, checkout, variables);
      return type === "next";
    });
  }
  expect(await askOver(again, checkout, variables)).toMatchObject({ type: "error" });
  for (const socket of [first, again]) socket.close();
});
