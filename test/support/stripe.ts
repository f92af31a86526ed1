import type { TestApp } from "./app.js";

/** A request that the service sent to Stripe, as the sandbox logged it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
}

/** What the service asked of Stripe, newest first; `*` in the path stands for anything. */
export async function apiRequests(app: TestApp, method: string, path: string): Promise<ApiRequest[]> {
  const answer = await fetch(`${app.sandbox.url}/sandbox/requests?${new URLSearchParams({ method, path })}`);
  const { data }: { data: ApiRequest[] } = JSON.parse(await answer.text());
  return data;
}

/** Lets the next matching requests to Stripe fail. */
export async function plantFault(app: TestApp, fault: Record<string, unknown>): Promise<void> {
  await app.control("POST", "/sandbox/faults", fault);
}
