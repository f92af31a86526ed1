import pg from "pg";
import type { Logger } from "pino";

type Lent = Parameters<Parameters<pg.Pool["connect"]>[0]>;
type WhenLent = (...lent: Lent) => void;

/**
 * The connections of a worker. One that is given back again is taken as given back.
 *
 * Told to stop while the connection that it listens on answers nothing, graphile-worker 0.17.3 gives that one back a second
 * time when it breaks. pg's pool throws at that, where nobody hears of it, and Node ends a process for that.
 */
class WorkerPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(whenLent: WhenLent): void;
  override connect(whenLent?: WhenLent): Promise<pg.PoolClient> | undefined {
    if (!whenLent) return super.connect();
    // A pool that was closed lends nothing, and gives nothing to give it back with.
    super.connect((error, client, giveBack) => whenLent(error, client, giveBack && once(giveBack)));
    return undefined;
  }
}

function once(giveBack: Lent[2]): Lent[2] {
  let isBack = false;
  return (reason) => {
    if (isBack) return;
    isBack = true;
    giveBack(reason);
  };
}

/** Opens connections for a worker; one that breaks is a line in the log, and is replaced when it is needed. */
export function openWorkerPool(databaseUrl: string, max: number, log: Logger): pg.Pool {
  const tell = (error: Error) => log.error({ err: error }, "a connection of the worker broke");
  return new WorkerPool({ connectionString: databaseUrl, max })
    .on("error", tell)
    .on("connect", (client) => client.on("error", tell));
}
