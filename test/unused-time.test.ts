import { expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { cancel, codesOf, courseOf, pause } from "./support/course.js";
import { disputesOf, disputing, lose, lossesAreSettled } from "./support/disputes.js";
import { creditOf, customerOf } from "./support/objects.js";
import { paidTwice } from "./support/paid-twice.js";
import type { Person } from "./support/person.js";
import { purchaseIsOver } from "./support/plans.js";
import { quiet } from "./support/quiet.js";
import { newestPayment, refund } from "./support/staff-acts.js";
import { plantFault } from "./support/stripe.js";
import { expectStripesTruth } from "./support/truth.js";

const taken = "a payment was taken back after its unused time was credited: take the credit off the balance";

/** Somebody who has had so much of their $29.99 back. */
async function refunded(app: TestApp, sub: string, amount: number): Promise<Person> {
  const person = await app.customerOn("professional", sub);
  await purchaseIsOver(app, sub);
  await refund(app, (await newestPayment(person)).id, { amount });
  await quiet(app);
  return person;
}

test("who has disputed what they paid, and pauses or cancels at once, is credited nothing", async ({ app }) => {
  const [ada, bob] = [await disputing(app, "ada"), await disputing(app, "bob")];
  expect(codesOf(await pause(ada))).toEqual([]);
  expect(codesOf(await cancel(bob, { timing: "IMMEDIATE" }))).toEqual([]);
  for (const sub of ["ada", "bob"]) {
    await lose(app, sub);
    await lossesAreSettled(app);
    expect(await creditOf(app, sub)).toBe(0);
  }
  expect(await courseOf(ada)).toMatchObject({ status: "PAUSED" });
  expect(await courseOf(bob)).toMatchObject({ status: "CANCELED" });
  expect(app.logged.filter((line) => line.includes(taken))).toEqual([]);
  await expectStripesTruth(app);
});

test("a dispute that was won takes nothing from the credit", async ({ app }) => {
  const cleo = await disputing(app, "cleo");
  const [dispute] = await disputesOf(app, "cleo");
  const evidence = { uncategorized_text: "winning_evidence" };
  await app.stripe.disputes.update(String(dispute?.id), { evidence, submit: true });
  await app.sandbox.advance(60);
  await quiet(app);
  expect((await disputesOf(app, "cleo")).map(({ status }) => status)).toEqual(["won"]);
  await cancel(cleo, { timing: "IMMEDIATE" });
  expect(await creditOf(app, "cleo")).toBeGreaterThan(2900);
});

test("what was given back is not credited as well, by a cancellation or a pause", async ({ app }) => {
  const [dora, emil] = [await refunded(app, "dora", 2000), await refunded(app, "emil", 2998)];
  await app.sandbox.advance(3600);
  expect(codesOf(await pause(dora))).toEqual([]);
  expect(codesOf(await cancel(emil, { timing: "IMMEDIATE" }))).toEqual([]);
  await quiet(app);
  // An hour was used of a month: about 4 cents.
  expect(2999 - 2000 - (await creditOf(app, "dora"))).toBeLessThan(10);
  expect(await creditOf(app, "dora")).toBeLessThan(1000);
  expect(await creditOf(app, "emil")).toBe(0);
  await expectStripesTruth(app);
});

test("what was given back of an upgraded period counts as well", async ({ app }) => {
  const { person: finn, first } = await paidTwice(app, "finn");
  await refund(app, first.id);
  await quiet(app);
  await cancel(finn, { timing: "IMMEDIATE" });
  expect(Math.abs((await creditOf(app, "finn")) - 9000)).toBeLessThan(10);
});

test("it is taken off once, however often the cancellation is taken up again", async ({ app }) => {
  const gwen = await refunded(app, "gwen", 2000);
  const { id } = await customerOf(app, "gwen");
  const input = { timing: "IMMEDIATE", idempotencyKey: "gwen-1" };
  const path = `/v1/customers/${id}/balance_transactions`;
  await plantFault(app, { method: "POST", path, times: 10, status: 503 });
  await expect(cancel(gwen, input)).rejects.toThrow();
  expect(await creditOf(app, "gwen")).toBeGreaterThan(2900);
  expect(
    app.logged.filter((line) => line.includes("credit for what was given back could not be taken off")),
  ).toHaveLength(1);
  await app.control("DELETE", "/sandbox/faults");
  // The answer is lost after it was done.
  await plantFault(app, { method: "POST", path, times: 1, status: 503, after: true });
  expect(codesOf(await cancel(gwen, input))).toEqual([]);
  await app.control("DELETE", "/sandbox/faults");
  expect(codesOf(await cancel(gwen, input))).toEqual([]);
  await quiet(app);
  expect(Math.abs((await creditOf(app, "gwen")) - 999)).toBeLessThan(10);
});

test("what is taken back after its time was credited is told to the operator, once", async ({ app }) => {
  const hana = await app.customerOn("professional", "hana");
  await purchaseIsOver(app, "hana");
  const { id } = await newestPayment(hana);
  await pause(hana);
  await quiet(app);
  await refund(app, id);
  await quiet(app);
  const lines = app.logged.filter((line) => line.includes(taken)).map((line) => JSON.parse(line));
  expect(lines).toMatchObject([{ level: 40, currency: "usd", credited: await creditOf(app, "hana") }]);
  expect(await courseOf(hana)).toMatchObject({ status: "PAUSED" });
});
