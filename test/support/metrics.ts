import { expect } from "vitest";
import type { TestApp } from "./app.js";

/** What a service is started with so that its metrics can be read. */
export const meteredEnvironment = { METRICS_TOKEN: "a-token-for-prometheus" };

/** The metrics as Prometheus reads them: `name` or `name{reason="…"}` to its value, 0 for what was never counted. */
export async function metricsOf({ url }: TestApp): Promise<(name: string) => number> {
  const headers = { authorization: `Bearer ${meteredEnvironment.METRICS_TOKEN}` };
  const answer = await fetch(`${url}/metrics`, { headers });
  expect(answer.status).toBe(200);
  const lines = (await answer.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const values = new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), numberIn(line)]));
  return (name) => values.get(name) ?? 0;
}

function numberIn(line: string): number {
  return Number(line.slice(line.lastIndexOf(" ") + 1)); // NaN as it is
}
