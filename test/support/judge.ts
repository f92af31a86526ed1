import { afterEach, expect } from "vitest";
import type { ApiExchange } from "../../sandbox/api/exchange.js";
import { parseForm } from "../../sandbox/api/request.js";
import type { StoredEvent } from "../../sandbox/webhooks/events.js";
import { apiVersion } from "../../sandbox/world.js";

interface Violation {
  path: string;
  code: string;
  severity: "error" | "warn";
  message: string;
}

/** A contract of Stripe's API as its own SDK states it. */
interface Contract {
  validateRequest(request: { method: string; path: string; body: string; contentType: string }): Violation[];
  validateEvent(event: object): Violation[];
  validateResponse(answer: {
    method: string;
    path: string;
    status: number;
    body: string;
    expand: string[];
  }): Violation[];
}

/** A folder with a `validator.mjs` and a contract. Without it nothing is judged. */
const folder = process.env["STRIPE_JUDGE"];
const contract = folder === undefined ? null : await load(folder);
let violations: string[] = [];

afterEach(expectNoViolations);

async function load(from: string): Promise<Contract> {
  const { Contract }: { Contract: new (file: string) => Contract } = await import(`${from}/validator.mjs`);
  return new Contract(`${from}/contract.2026-10-28.endive.billing.json.gz`);
}

/** Judges an exchange: what was answered, and whether what was done had been asked for properly. */
export function judge({ method, url, version, form, status, body }: ApiExchange): void {
  // The pages' own requests are no documented part of the API.
  if (!contract || url.startsWith("/v1/payment_pages/")) return;
  const query = parseForm(url.split("?")[1] ?? "");
  const asked = { ...query, ...parseForm(form) };
  const expand = Array.isArray(asked["expand"]) ? asked["expand"].map(String) : [];
  const contentType = "application/x-www-form-urlencoded";
  const found = [
    ...contract.validateResponse({ method, path: url, status, body, expand }),
    // A request that was refused may be wrong, and older versions had other words.
    ...(status < 400 && version === apiVersion
      ? contract.validateRequest({ method, path: url, body: form, contentType })
      : []),
  ];
  keep(`${method} ${url.split("?")[0]} ${status}`, found);
}

/** Judges an event as it goes to the webhook endpoints. */
export function judgeEvent(event: StoredEvent): void {
  if (!contract) return;
  keep(event.type, contract.validateEvent(JSON.parse(JSON.stringify(event))));
}

function keep(where: string, found: Violation[]): void {
  for (const { severity, path, code, message } of found) {
    if (severity === "error")
      violations.push(`${where} ${path} ${code} ${message}`.replaceAll(/_[0-9A-Za-z]{14,}/g, "_…"));
  }
}

/** Fails whoever caused what was found since the last time. */
export function expectNoViolations(): void {
  const found = [...new Set(violations)].sort();
  violations = [];
  expect(found, "what Stripe's contract says against requests, answers and events").toEqual([]);
}
