import { expect } from "vitest";
import type { TestApp } from "./app.js";
import { courseOf } from "./course.js";
import { customerOf } from "./objects.js";
import type { Person } from "./person.js";
import { purchaseIsOver } from "./plans.js";
import { quiet } from "./quiet.js";
import { until } from "./until.js";

/** Somebody on Professional whose bank has taken the payment back, and has not decided yet. */
export async function disputing(app: TestApp, sub: string): Promise<Person> {
  const person = app.person(sub);
  const { checkoutSession } = await person.checkout("professional");
  await person.pay(checkoutSession.url, { number: "4000 0000 0000 0259" });
  await until("the purchase is in force", async () => (await courseOf(person))?.status === "ACTIVE");
  await purchaseIsOver(app, sub);
  await app.sandbox.advance(120);
  await quiet(app);
  expect((await disputesOf(app, sub)).map(({ status }) => status)).toEqual(["needs_response"]);
  return person;
}

/** The disputes of somebody's newest payment. */
export async function disputesOf(app: TestApp, sub: string) {
  const { id: customer } = await customerOf(app, sub);
  const [charge] = (await app.stripe.charges.list({ customer })).data;
  return (await app.stripe.disputes.list({ charge: String(charge?.id) })).data;
}

/** Lets the bank's customer win. */
export async function lose(app: TestApp, sub: string): Promise<void> {
  for (const { id } of await disputesOf(app, sub)) await app.stripe.disputes.close(id);
}

/** Waits until what follows from disputes that were lost is done. */
export async function lossesAreSettled(app: TestApp): Promise<void> {
  await quiet(app);
  await until("what follows from a loss is done", async () => {
    const open = "select 1 from payments where dispute_status = 'lost' and reversal_settled_at is null";
    return (await app.connection.db.execute(open)).length === 0;
  });
}
