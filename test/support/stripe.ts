import { expect } from "vitest";
import type { Sandbox } from "../../sandbox/sandbox.js";
import { until } from "./until.js";

/** Whatever has a sandbox. */
export interface AtStripe {
  readonly sandbox: Pick<Sandbox, "url">;
}

/** A request that the service sent to Stripe, as the sandbox logged it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
}

/** Sends a request to the sandbox's control API; it must succeed. */
export async function control(at: AtStripe, method: string, path: string, body?: unknown): Promise<unknown> {
  const request =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const answer = await fetch(`${at.sandbox.url}${path}`, { method, ...request });
  expect(answer.ok, `${method} ${path} answered ${answer.status}`).toBe(true);
  return answer.json();
}

/** What the service asked of Stripe, newest first; `*` in the path stands for anything. */
export async function apiRequests(at: AtStripe, method: string, path: string): Promise<ApiRequest[]> {
  const answer = await fetch(`${at.sandbox.url}/sandbox/requests?${new URLSearchParams({ method, path })}`);
  const { data }: { data: ApiRequest[] } = JSON.parse(await answer.text());
  return data;
}

/** Lets the next matching requests to Stripe fail, or its next matching deliveries. */
export async function plantFault(at: AtStripe, fault: Record<string, unknown>): Promise<void> {
  await control(at, "POST", "/sandbox/faults", fault);
}

/** Waits until every fault of requests was met; where it comes after the work, that is done by then. */
export async function requestFaultsMet(at: AtStripe): Promise<void> {
  const areMet = async () => {
    const answer = await fetch(`${at.sandbox.url}/sandbox/faults`);
    const { requests }: { requests: object[] } = JSON.parse(await answer.text());
    return requests.length === 0;
  };
  await until("the faults to be met", areMet, 30_000);
}
