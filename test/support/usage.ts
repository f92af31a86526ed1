import { userIdOf } from "../../src/billing/users/user.js";
import type { TestApp } from "./app.js";

/** Counts use, as nothing does yet: a counter in the running period. */
export async function count(app: TestApp, sub: string, feature: string, used: number): Promise<void> {
  const now = app.now();
  const [start, end] = [now.getTime() - 3_600_000, now.getTime() + 3_600_000].map((ms) => new Date(ms).toISOString());
  await app.connection.db.execute(
    `insert into usage_tracking values ('${userIdOf(sub)}', '${feature}', '${start}', '${end}', ${used})`,
  );
}
