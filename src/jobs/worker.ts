import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Logger as GraphileLogger, run, runMigrations, type WorkerEvents } from "graphile-worker";
import type { Logger } from "pino";
import { openWorkerPool } from "./worker-pool.js";

/** Background work by name. A task that throws is tried again later, with growing pauses. */
export type Tasks = Readonly<Record<string, () => Promise<void>>>;

/** What a worker runs. */
export interface WorkerOptions {
  readonly databaseUrl: string;
  readonly tasks: Tasks;
  /** Lines of a crontab in UTC: https://worker.graphile.org/docs/cron */
  readonly crontab: string;
  readonly log: Logger;
}

/** A running worker. */
export interface Worker {
  /** Takes no new jobs and resolves when those under way have finished. */
  stop(): Promise<void>;
}

const concurrency = 4;
const restartMs = 1_000;
/** A runner that cannot take jobs for so long is replaced. */
const stuckMs = 3_000;
/** A runner that ends by itself, and has not done so after this long, is left to itself. */
const longestEndMs = 5_000;
/** How long a stop waits for a start that is under way. */
const longestStartMs = 2_000;

/** Starts to run jobs, and starts again should the database go away. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const stopping = new AbortController();
  let runner = await startRunner(options, stopping.signal);

  const supervise = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await runner.ended.catch((error: unknown) => options.log.error({ err: error }, "worker stopped"));
      runner = (await startAgain(options, stopping.signal)) ?? runner;
    }
    await runner.stop().catch(() => {}); // it has stopped by itself: nothing left to do
  };
  const supervised = supervise();

  return {
    async stop() {
      stopping.abort();
      await runner.stop().catch(() => {});
      await Promise.race([supervised, sleep(longestStartMs, undefined, { ref: false })]);
    },
  };
}

/** Tries until it works, or until nobody wants it any more. */
async function startAgain(options: WorkerOptions, signal: AbortSignal): Promise<Started | undefined> {
  while (!signal.aborted) {
    await sleep(restartMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return undefined;
    const runner = await startRunner(options, signal).catch(() => undefined);
    if (runner) return runner;
  }
  return undefined;
}

/**
 * What became of a job is written in batches, without waiting for one to fill. Written by itself, graphile-worker
 * 0.17.3 lets nobody hear of a failure to write it, and Node ends a process for that; in a batch the runner stops.
 */
const reportInBatches = { completeJobBatchDelay: 0, failJobBatchDelay: 0 };

/** What takes jobs until it breaks. */
interface Started {
  /** Resolves when jobs under way have finished. */
  stop(): Promise<void>;
  /** Settles when it takes no more jobs. */
  readonly ended: Promise<void>;
}

async function startRunner({ databaseUrl, tasks, crontab, log }: WorkerOptions, signal: AbortSignal): Promise<Started> {
  const events: WorkerEvents = new EventEmitter();
  const pgPool = openWorkerPool(databaseUrl, concurrency, log);
  const closePool = () => pgPool.end().catch(() => {}); // nothing is left to do with what broke
  let giveUp = () => {};
  const givenUp = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const runner = await run({
    pgPool,
    concurrency,
    pollInterval: 1_000,
    noHandleSignals: true,
    crontab,
    taskList: Object.fromEntries(Object.entries(tasks).map(([name, work]) => [name, () => work()])),
    logger: quietLogger(log),
    events,
    preset: { worker: reportInBatches },
  }).catch((error: unknown) => {
    closePool();
    throw error;
  });
  runner.promise.then(closePool, closePool);
  whenEndless(events, () => {
    if (signal.aborted) return; // jobs under way may take their time
    log.warn("the worker does not end; another takes its place");
    runner.stop().catch(() => {}); // its cron
    giveUp();
  });
  whenStuck(events, () => {
    log.warn("the worker cannot take jobs; starting it again");
    runner.stop().catch(() => {}); // it was stopped meanwhile
  });
  return { stop: () => runner.stop(), ended: Promise.race([runner.promise, givenUp]) };
}

/**
 * Calls back when a runner began to end and does not come to it. When the database goes away while jobs are reported,
 * graphile-worker 0.17.3 may wait for ever for one of its workers.
 */
function whenEndless(events: WorkerEvents, giveUp: () => void): void {
  events.once("pool:gracefulShutdown", () => {
    const timer = setTimeout(giveUp, longestEndMs).unref();
    events.once("pool:release", () => clearTimeout(timer));
  });
}

/**
 * Calls back when jobs cannot be taken for a while. graphile-worker 0.17.3 remembers for good that its
 * first look at the database failed, so an outage in that moment would end the work in silence.
 */
function whenStuck(events: WorkerEvents, restart: () => void): void {
  let failingSince: number | undefined;
  const works = () => {
    failingSince = undefined;
  };
  events.on("job:start", works);
  events.on("worker:getJob:empty", works);
  events.on("worker:getJob:error", () => {
    failingSince ??= performance.now();
    if (performance.now() - failingSince < stuckMs) return;
    events.removeAllListeners("worker:getJob:error");
    restart();
  });
}

/** Makes or updates the job tables. Safe to run again. */
export async function migrateJobs(databaseUrl: string, log: Logger): Promise<void> {
  await runMigrations({ connectionString: databaseUrl, logger: quietLogger(log) });
}

/** The worker's own chatter is for debugging; its warnings and errors are for operators. */
function quietLogger(log: Logger): GraphileLogger {
  return new GraphileLogger(() => (level, message) => {
    if (level === "error") log.error(message);
    else if (level === "warning") log.warn(message);
    else log.debug(message);
  });
}
