import { Logger as GraphileLogger, type Runner, run, runMigrations } from "graphile-worker";
import type { Logger } from "pino";

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

/** Starts to run jobs, and starts again should the database go away. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  let isStopping = false;
  let runner: Runner = await startRunner(options);

  const supervise = async (): Promise<void> => {
    while (!isStopping) {
      await runner.promise.catch((error: unknown) => options.log.error({ err: error }, "worker stopped"));
      while (!isStopping) {
        await new Promise((resolve) => setTimeout(resolve, restartMs));
        const restarted = await startRunner(options).catch(() => undefined);
        if (!restarted) continue;
        runner = restarted;
        break;
      }
    }
  };
  const supervised = supervise();

  return {
    async stop() {
      isStopping = true;
      await runner.stop().catch(() => {}); // it has stopped by itself: nothing left to do
      await Promise.race([supervised, new Promise((resolve) => setTimeout(resolve, 10))]);
    },
  };
}

function startRunner({ databaseUrl, tasks, crontab, log }: WorkerOptions): Promise<Runner> {
  return run({
    connectionString: databaseUrl,
    maxPoolSize: concurrency,
    concurrency,
    pollInterval: 1_000,
    noHandleSignals: true,
    crontab,
    taskList: Object.fromEntries(Object.entries(tasks).map(([name, work]) => [name, () => work()])),
    logger: quietLogger(log),
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
