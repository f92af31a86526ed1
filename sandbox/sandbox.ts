import Fastify from "fastify";
import type { ApiExchange } from "./api/exchange.js";
import { createFaults } from "./api/faults.js";
import { createIdempotencyKeys } from "./api/idempotency.js";
import { createLimits, type LimitSettings, noLimits } from "./api/limits.js";
import { parseForm } from "./api/request.js";
import { createRequestLog } from "./api/request-log.js";
import { refuseTheRest, registerApi } from "./api/routes.js";
import { defaultBillingSettings } from "./billing/retry-schedule.js";
import { createFollowers } from "./control/followers.js";
import { ControlRefusal } from "./control/guard.js";
import { registerControl } from "./control/routes.js";
import { registerHostedPages } from "./hosted/routes.js";
import { operations } from "./resources/index.js";
import { upsertWebhookEndpoint } from "./resources/webhook-endpoints.js";
import type { Runtime } from "./runtime.js";
import { loadSeed } from "./store/seeds.js";
import { createStateFile, dumpTables, loadObjects, readState } from "./store/state-file.js";
import { createTables, type StripeObject } from "./store/tables.js";
import { createAgenda } from "./time/agenda.js";
import { createClock } from "./time/clock.js";
import { causes, moveClock, runDue } from "./time/due.js";
import { imagineWorld } from "./time/imagined-world.js";
import { createDeliveries } from "./webhooks/deliveries.js";
import type { StoredEvent } from "./webhooks/events.js";
import { secretsOf } from "./webhooks/former-secrets.js";
import { createUndelivered } from "./webhooks/undelivered.js";
import type { World } from "./world.js";

export type { StripeObject } from "./store/tables.js";

export interface SandboxOptions {
  /** 0 or left out: a free one. */
  port?: number;
  /** Where the state is kept across restarts; left out: in memory only. */
  stateFile?: string;
  /** Stripe objects loaded as they are, unless the state has them already. */
  seed?: StripeObject[];
  /** Where the billing clock begins, if there is no state yet; left out: wall time. */
  startAt?: Date;
  /** Made at the start, or changed if the state has one of this address. */
  webhookEndpoint?: { url: string; secret: string };
  /** Waits before repeating an unsuccessful webhook delivery, in wall time. */
  retryDelaysMs?: number[];
  /** Told of every request to the API that was answered. */
  onExchange?: (exchange: ApiExchange) => void;
  /** Told of every event that was recorded. */
  onEvent?: (event: StoredEvent) => void;
  /** Rate limits and lock timeouts; left out: none. */
  limits?: LimitSettings;
}

export interface Sandbox {
  url: string;
  port: number;
  now(): Date;
  /** Moves the clock forward, doing what falls due; resolves once its followers have it and all deliveries an answer. */
  setClock(to: Date): Promise<Date>;
  advance(seconds: number): Promise<Date>;
  /** Resolves when no webhook delivery is in flight, waiting for a retry or held back. */
  settled(): Promise<void>;
  /** Resolves when no webhook delivery is on its way: what is held, delayed or waiting for a retry is not. */
  answered(): Promise<void>;
  /** Writes the state and stops. */
  close(): Promise<void>;
}

const defaultRetryDelaysMs = [1_000, 5_000, 30_000, 120_000];
const tickMs = 250;

/** Starts a local stand-in for Stripe on 127.0.0.1. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const state = readState(options.stateFile);
  const startOffsetMs = options.startAt ? options.startAt.getTime() - Date.now() : 0;
  const tables = createTables();
  loadObjects(tables, Object.values(state?.objects ?? {}).flat());
  loadSeed(tables, options.seed ?? []);

  const save = () => file.schedule();
  const undelivered = createUndelivered(tables, state?.undelivered ?? []);
  const world: World = {
    tables,
    agenda: createAgenda(tables, causes),
    clock: createClock(state?.clock.offset_ms ?? startOffsetMs),
    deliveries: createDeliveries({
      tables,
      undelivered,
      retryDelaysMs: options.retryDelaysMs ?? defaultRetryDelaysMs,
      secretsOf: (endpoint) => secretsOf(world, endpoint),
      changed: save,
    }),
    imagine: (what) => imagineWorld(world, what),
    onEvent: options.onEvent,
    origin: "",
    cause: null,
    checkouts: new Map(Object.entries(state?.checkouts ?? {})),
    subscriptionMemories: new Map(Object.entries(state?.subscription_memories ?? {})),
    billing: state?.billing ?? defaultBillingSettings,
    deletedCustomers: new Set(state?.deleted_customers ?? []),
    formerSecrets: state?.former_secrets ?? [],
  };
  const idempotency = createIdempotencyKeys(state?.idempotency ?? []);
  const followers = createFollowers(state?.clock.version ?? 0);
  const file = createStateFile(options.stateFile, () => ({
    format: 1,
    clock: { offset_ms: world.clock.offsetMs(), version: followers.version() },
    objects: dumpTables(tables),
    checkouts: Object.fromEntries(world.checkouts),
    subscription_memories: Object.fromEntries(world.subscriptionMemories),
    billing: world.billing,
    deleted_customers: [...world.deletedCustomers],
    idempotency: idempotency.dump(),
    deliveries: world.deliveries.outstanding(),
    undelivered: undelivered.dump(),
    former_secrets: world.formerSecrets,
  }));
  const runtime: Runtime = {
    world,
    idempotency,
    requests: createRequestLog(),
    faults: createFaults(),
    limits: createLimits(options.limits ?? noLimits),
    followers,
    runDue: () => {
      if (runDue(world, world.clock.now())) save();
    },
    setClock: (to) => setClock(runtime, to),
    save,
    onExchange: options.onExchange,
    reportFault: (error) => console.error("sandbox:", error),
  };

  const app = createServer(runtime);
  world.origin = await app.listen({ host: "127.0.0.1", port: options.port ?? 0 });
  const port = Number(new URL(world.origin).port);
  if (options.webhookEndpoint) upsertWebhookEndpoint(world, options.webhookEndpoint);
  world.deliveries.resume(state?.deliveries ?? []);
  const ticking = setInterval(runtime.runDue, tickMs).unref();
  file.schedule();

  return {
    url: world.origin,
    port,
    now: () => world.clock.now(),
    setClock: runtime.setClock,
    advance: (seconds) => runtime.setClock(new Date(world.clock.now().getTime() + seconds * 1000)),
    settled: () => world.deliveries.settled(),
    answered: () => world.deliveries.answered(),
    close: async () => {
      clearInterval(ticking);
      followers.close();
      file.flush();
      world.deliveries.close();
      await app.close();
      // What was answered while closing is kept too.
      file.flush();
    },
  };
}

function createServer(runtime: Runtime) {
  const app = Fastify({ forceCloseConnections: true, exposeHeadRoutes: false, bodyLimit: 1_048_576 });
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
    done(null, parseForm(body.toString())),
  );
  registerControl(app, runtime);
  registerApi(app, runtime, operations);
  registerHostedPages(app, runtime);
  refuseTheRest(app, runtime);
  return app;
}

async function setClock(runtime: Runtime, to: Date): Promise<Date> {
  const { world, followers } = runtime;
  if (Number.isNaN(to.getTime())) throw new ControlRefusal(400, "That is no instant the calendar knows.");
  if (to.getTime() < world.clock.now().getTime()) {
    throw new ControlRefusal(400, `The clock only moves forward: it is ${world.clock.now().toISOString()} already.`);
  }
  moveClock(world, to);
  runtime.save();
  await followers.announce();
  await world.deliveries.answered();
  return world.clock.now();
}
