import type { TestApp } from "./app.js";
import { until } from "./until.js";

/** Waits until every webhook was delivered and every event was worked on: nothing more changes by itself. */
export async function quiet(app: TestApp): Promise<void> {
  await app.sandbox.settled();
  await until("every event is processed", async () => {
    const waiting = "select 1 from webhook_events where status in ('PENDING', 'PROCESSING')";
    return (await app.connection.db.execute(waiting)).length === 0;
  });
}
