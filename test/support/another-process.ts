import { SANDBOX_SECRET_KEY, SANDBOX_WEBHOOK_SECRET } from "../../src/config.js";
import { freePort } from "../../src/dev/ports.js";
import type { TestApp } from "./app.js";
import { type DevPlace, makeDevPlace, type Run } from "./dev-process.js";
import { until } from "./until.js";

/** Processes beside the test's own, which can be killed. */
export interface OtherProcesses {
  /** Runs a script with the sandbox's secrets. */
  run(script: string, environment: Record<string, string>, args?: string[]): Promise<Run>;
  /** Runs the service on the app's database, without background work unless asked for, and waits until it listens. */
  serve(
    app: TestApp,
    how?: { port?: number; worker?: boolean; databaseUrl?: string; environment?: Record<string, string> },
  ): Promise<{ process: Run; url: string }>;
  /** Ends those that still run. */
  clear(): Promise<void>;
}

export function otherProcesses(): OtherProcesses {
  const places: DevPlace[] = [];
  const run: OtherProcesses["run"] = async (script, environment, args) => {
    const place = await makeDevPlace();
    places.push(place);
    const secrets = { STRIPE_SECRET_KEY: SANDBOX_SECRET_KEY, STRIPE_WEBHOOK_SECRET: SANDBOX_WEBHOOK_SECRET };
    return place.run(script, { ...secrets, NODE_ENV: "test", ...environment }, args);
  };
  return {
    run,
    async serve(app, how = {}) {
      const port = how.port ?? (await freePort());
      const process = await run("src/main.ts", {
        DATABASE_URL: how.databaseUrl ?? app.config.database.url,
        STRIPE_API_BASE: app.sandbox.url,
        BILLING_CLOCK_URL: app.config.billingClockUrl ?? "",
        PORT: String(port),
        WORKER: String(how.worker ?? false),
        ...how.environment,
      });
      const isThrough = () => process.output().includes('"listening"') || process.child.exitCode !== null;
      await until("the other process listens", isThrough, 60_000);
      if (process.child.exitCode !== null) throw new Error(`The other process has ended: ${process.output()}`);
      return { process, url: `http://127.0.0.1:${port}` };
    },
    async clear() {
      await Promise.all(places.map((place) => place.clear()));
    },
  };
}
