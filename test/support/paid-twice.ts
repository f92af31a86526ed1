import type { TestApp } from "./app.js";
import type { Person } from "./person.js";
import { change, purchaseIsOver } from "./plans.js";
import { quiet } from "./quiet.js";
import { newestPayment } from "./staff-acts.js";

/** Somebody who has paid twice for the running period: for Starter, and for the rest of it on Enterprise. */
// biome-ignore lint/suspicious/noExplicitAny: payments as their customer sees them
export async function paidTwice(app: TestApp, sub: string): Promise<{ person: Person; first: any; upgrade: any }> {
  const person = await app.customerOn("starter", sub);
  await purchaseIsOver(app, sub);
  const first = await newestPayment(person);
  await change(app, person, "enterprise");
  await quiet(app);
  return { person, first, upgrade: await newestPayment(person) };
}
