import { startTestApp, type TestApp } from "./app.js";
import { openCountingWire } from "./statements.js";

/** A service without background work whose statements are counted on their way to Postgres. */
export interface CountedApp {
  readonly app: TestApp;
  /** Statements so far. */
  statements(): number;
  stop(): Promise<void>;
}

export async function startCountedApp(): Promise<CountedApp> {
  const opened: Awaited<ReturnType<typeof openCountingWire>>[] = [];
  const { app, stop } = await startTestApp({
    worker: false,
    async configure(config) {
      const wire = await openCountingWire(config.database.url);
      opened.push(wire);
      return { ...config, database: { ...config.database, url: wire.url } };
    },
  });
  return {
    app,
    statements: () => opened.reduce((sum, wire) => sum + wire.count(), 0),
    async stop() {
      await stop();
      for (const wire of opened) wire.close();
    },
  };
}
