import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { TestApp } from "./app.js";
import type { Answer } from "./graphql.js";

/** What a back end reports of one use. */
export interface Reported {
  readonly feature: string;
  readonly quantity?: number;
  readonly occurredAt?: string;
  readonly idempotencyKey?: string;
}

export const record = `mutation ($input: RecordUsageInput!) { recordUsage(input: $input) {
  results { idempotencyKey isAccepted isDuplicate
    entitlement { used limit remaining resetsAt hasAccess denialReason feature { key } }
    userErrors { code message path } }
  userErrors { code message path } } }`;

/** Sends what the product's back end reports of a customer; keys are made up where none are given. */
export function report(app: TestApp, externalCustomerId: string, events: readonly Reported[]): Promise<Answer> {
  const sent = events.map((event) => ({ idempotencyKey: randomUUID(), ...event }));
  return app.graphql(
    record,
    { input: { externalCustomerId, events: sent } },
    app.person("backend", { role: "service" }).token,
  );
}

/** The results of a report that was judged. */
// biome-ignore lint/suspicious/noExplicitAny: each test looks at other fields, and checks them
export async function results(answer: Promise<Answer>): Promise<any[]> {
  const { data, errors } = await answer;
  expect(errors).toBeUndefined();
  expect(data.recordUsage.userErrors).toEqual([]);
  return data.recordUsage.results;
}

export const reserve = `mutation ($input: ReserveUsageInput!) { reserveUsage(input: $input) {
  reservation { id quantity settledQuantity status expiresAt feature { key } }
  userErrors { code message path } } }`;

export const settle = `mutation ($input: SettleUsageInput!) { settleUsage(input: $input) {
  reservation { id quantity settledQuantity status }
  entitlement { used remaining }
  userErrors { code message path } } }`;

/** Counts use of a feature by a customer; it must be accepted. */
export async function count(app: TestApp, sub: string, feature: string, quantity: number): Promise<void> {
  const [result] = await results(report(app, sub, [{ feature, quantity }]));
  expect(result.userErrors).toEqual([]);
}

/** Sets one guest aside for a customer; gives the reservation's ID. */
export async function setAside(app: TestApp, externalCustomerId: string): Promise<string> {
  const expiresAt = new Date(app.now().getTime() + 3_600_000).toISOString();
  const input = { externalCustomerId, feature: "guests", quantity: 1, expiresAt, idempotencyKey: randomUUID() };
  const { reserveUsage } = await app.person("backend", { role: "service" }).ask(reserve, { input });
  expect(reserveUsage.userErrors).toEqual([]);
  return reserveUsage.reservation.id;
}
