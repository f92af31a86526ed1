import type { ApiExchange } from "./api/exchange.js";
import type { Faults } from "./api/faults.js";
import type { IdempotencyKeys } from "./api/idempotency.js";
import type { Limits } from "./api/limits.js";
import type { RequestLog } from "./api/request-log.js";
import type { Followers } from "./control/followers.js";
import type { World } from "./world.js";

/** A world that is being served: what the routes need beside it. */
export interface Runtime {
  world: World;
  idempotency: IdempotencyKeys;
  requests: RequestLog;
  faults: Faults;
  limits: Limits;
  followers: Followers;
  /** Does what has fallen due by now. */
  runDue(): void;
  /** Moves the clock and waits for those who follow it. */
  setClock(to: Date): Promise<Date>;
  /** Asks for the state to be written soon. */
  save(): void;
  /** Told of every request to the API that was answered. */
  onExchange: ((exchange: ApiExchange) => void) | undefined;
  /** An error that is the sandbox's own. */
  reportFault(error: unknown): void;
}
