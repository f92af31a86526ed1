import { expect } from "vitest";
import { lossesAreSettled } from "../disputes.js";
import { customerOf, subscriptionOf } from "../objects.js";
import { chargeTo } from "../plans.js";
import { refund } from "../staff-acts.js";
import { type Life, loseWhatPaid, type Paid, pay, runningOf } from "./life.js";
import { expectCodes, now, type Scene } from "./scene.js";

/** From now on the bank declines. Not while a pause is to end by itself: what comes of that is told in `pauses`. */
export async function breakCard(life: Life, { app }: Scene): Promise<void> {
  const bought = runningOf(life);
  if (!life.cardWorks || !bought || bought.resumesAt !== null) return;
  await chargeTo(app, life.person, "pm_card_chargeCustomerFail");
  life.cardWorks = false;
}

/** Leaves a card that works, and pays what is owed. */
export async function mendCard(life: Life, scene: Scene): Promise<void> {
  if (life.cardWorks) return;
  const { stripe } = scene.app;
  await chargeTo(scene.app, life.person, "pm_card_visa");
  life.cardWorks = true;
  const bought = runningOf(life);
  if (!bought?.lateSince) return;
  const { id } = await subscriptionOf(scene.app, life.person.sub);
  const { data } = await stripe.invoices.list({ subscription: id, status: "open" });
  expect(data.map(({ amount_due }) => amount_due)).toEqual([bought.owed]);
  await stripe.invoices.pay(String(data[0]?.id));
  pay(life, bought.owed, bought.end, now(scene));
  Object.assign(bought, { status: "ACTIVE", lateSince: null, owed: 0, creditTaken: 0 });
}

/** Gives some of the newest payment back. */
export async function giveBack(life: Life, scene: Scene, some: (left: number) => number): Promise<void> {
  const paid = life.payments.at(-1);
  if (!paid) return;
  const query = "{ payments(first: 20) { nodes { id status } } }";
  const { payments } = await life.person.ask(query);
  const newest = payments.nodes.find(({ status }: { status: string }) => status.match(/SUCCEEDED|REFUNDED/));
  const left = paid.amount - paid.refunded;
  const amount = some(left);
  const refused = paid.dispute !== "none" ? "INVALID_INPUT" : left === 0 ? "REFUND_EXCEEDS_PAYMENT" : undefined;
  expectCodes(await refund(scene.app, newest.id, amount === left ? {} : { amount }), refused);
  if (refused) return;
  paid.refunded += amount;
  if (paid.refunded === paid.amount) loseWhatPaid(life, paid, now(scene));
}

/** The bank's customer wins: the money is gone. */
export async function loseDispute(life: Life, paid: Paid, scene: Scene): Promise<void> {
  const { stripe } = scene.app;
  const { id: customer } = await customerOf(scene.app, life.person.sub);
  const disputed = (await stripe.charges.list({ customer, limit: 100 })).data.filter((charge) => charge.disputed);
  const disputes = await Promise.all(disputed.map(({ id }) => stripe.disputes.list({ charge: id })));
  const open = disputes.flatMap(({ data }) => data).filter(({ status }) => status === "needs_response");
  // The oldest is the first that was opened.
  await stripe.disputes.close(String(open.at(-1)?.id));
  paid.dispute = "lost";
  await lossesAreSettled(scene.app);
  loseWhatPaid(life, paid, now(scene));
}
