import type { Logger } from "pino";
import { orByServiceKey } from "./auth/service-key.js";
import { type Authenticate, makeAuthenticator } from "./auth/verify-token.js";
import { keepCatalog } from "./billing/catalog/catalog-in-force.js";
import { makeLoaders } from "./billing/loaders.js";
import { keepKeyring } from "./billing/service-keys/service-key.keyring.js";
import { type Clock, followClock, wallClock } from "./clock.js";
import type { Config } from "./config.js";
import { connect, openSql } from "./db/client.js";
import { openLocks } from "./db/locks.js";
import type { Deps } from "./deps.js";
import { makeApollo } from "./graphql/apollo.js";
import { authorize } from "./graphql/authorize.js";
import { type MakeBudget, makeBudgets } from "./graphql/budget.js";
import type { GraphQLContext } from "./graphql/context.js";
import { makeCostCounter } from "./graphql/cost.js";
import { limitTime, startDeadline } from "./graphql/deadline.js";
import { unknownCaller } from "./graphql/errors.js";
import { buildPlainSchema } from "./graphql/schema.js";
import { endConnections } from "./http/end-connections.js";
import { type Caller, serveGraphql } from "./http/graphql-endpoint.js";
import { serveSocket } from "./http/graphql-socket.js";
import { answersInTime, serveHealth } from "./http/health-endpoint.js";
import { serveMetrics } from "./http/metrics-endpoint.js";
import { makeServer } from "./http/server.js";
import { serveStripeWebhook } from "./http/stripe-webhook-endpoint.js";
import { makeAddressReader } from "./http/visitor-address.js";
import { makeCountryReader } from "./http/visitor-country.js";
import { enqueue } from "./jobs/enqueue.js";
import { startWorker } from "./jobs/worker.js";
import { type LiveUpdates, listen } from "./live/listen.js";
import { type MeteredProcess, makeMetrics } from "./metrics.js";
import { preferredLocale } from "./money.js";
import { openRateLimiter } from "./rate-limits/open-rate-limiter.js";
import { makeCatalogGateway } from "./stripe/catalog-gateway.js";
import { breakCircuit, type CircuitListener } from "./stripe/circuit-breaker.js";
import { isLiveKey, makeStripeClient, signingKey } from "./stripe/client.js";
import { customerPages } from "./stripe/dashboard.js";
import { makeEventSource } from "./stripe/event-source.js";
import { makeStripeGateway } from "./stripe/gateway.js";
import { makeHttpClient } from "./stripe/http-client.js";
import { crontab, makeTasks, sweepTask } from "./tasks.js";
import { runsAtOnce } from "./webhooks/claims.js";
import { measureBacklog } from "./webhooks/measure-backlog.js";
import { inboxConnections, makeInbox } from "./webhooks/receive-stripe-event.js";
import { watchInbox } from "./webhooks/watch-inbox.js";
import { within } from "./within.js";

/** Prometheus gives up after ten seconds; what Postgres does not tell by then is left out. */
const longestMeasureMs = 1_000;

/** A running service. */
export interface App {
  /** Where it listens, for example `http://127.0.0.1:4000`. */
  readonly url: string;
  /** The billing clock as this process has it. */
  now(): Date;
  /** Stops taking requests, finishes those under way and their jobs, closes every connection. */
  close(): Promise<void>;
}

/** Composes the parts and starts to listen. The database must have been migrated. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  const closers: Closers = [];
  /** Closes in the reverse order of opening, so that nothing loses what it stands on. */
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await compose(config, log, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

type Closers = (() => Promise<unknown> | unknown)[];

/** Opens what domain code may reach; `closers` gets what is to be closed again, in the order of opening. */
export async function openDeps(config: Config, log: Logger, closers: Closers) {
  const connection = connect(config.database.url, { max: config.database.poolSize, applicationName: "billing" });
  closers.push(() => connection.close());
  const locks = openLocks(config.database.url, config.database.lockPoolSize);
  closers.push(() => locks.close());
  const [live, clock] = await Promise.all([
    listen(config.database.url),
    config.billingClockUrl ? followClock(config.billingClockUrl, log) : wallClock,
  ]);
  closers.push(
    () => live.close(),
    () => clock.close(),
  );

  const catalog = await keepCatalog(connection.db, live, log);
  const metrics = makeMetrics();
  metrics.measure(() => within(longestMeasureMs, measureBacklog(connection.db)));
  const httpClient = breakCircuit(makeHttpClient(), tellOfOutages(log, metrics));
  const stripe = makeStripeClient({ ...config.stripe, httpClient });
  const deps: Deps = {
    db: connection.db,
    stripe: makeStripeGateway(stripe),
    stripeEvents: makeEventSource(stripe),
    stripeCatalog: makeCatalogGateway(stripe),
    locks,
    log,
    metrics,
    settings: {
      returnUrlOrigins: config.returnUrlOrigins,
      gracePeriodDays: config.gracePeriodDays,
      endsAccess: config.endsAccess,
      downgradeBelowUsage: config.downgradeBelowUsage,
      cancelNowCredit: config.cancelNowCredit,
      trialOnce: config.trialOnce,
      trialKey: signingKey(config.trialLedgerKey ?? config.stripe.secretKey, "trial ledger"),
      previewKey: signingKey(config.stripe.secretKey, "preview"),
      usageRetentionMonths: config.usageRetentionMonths,
      payloadRetentionDays: config.payloadRetentionDays,
      isLiveMode: isLiveKey(config.stripe.secretKey),
      nightlyReconciliation: config.reconciliation.nightly,
      stripeCustomerPage: customerPages(config.stripe.secretKey),
    },
    catalog: catalog.get,
    now: clock.now,
  };
  const { requestsPerSecond } = config.reconciliation;
  const patientStripe = makeStripeGateway(makeStripeClient({ ...config.stripe, httpClient, requestsPerSecond }));
  /** The same, but what it asks of Stripe is paced. */
  const patient: Deps = { ...deps, stripe: patientStripe };
  return { deps, patient, connection, live, clock, catalog, metrics };
}

/** For the operator: to them it is one outage, however many calls fail meanwhile. */
function tellOfOutages(log: Logger, metrics: MeteredProcess): CircuitListener {
  return {
    opened() {
      metrics.count("billing_stripe_outages_total");
      log.error("stripe does not answer");
    },
    closed: () => log.info("stripe answers again"),
  };
}

async function compose(config: Config, log: Logger, closers: Closers, close: () => Promise<void>): Promise<App> {
  const isDevelopment = config.mode !== "production";
  const opened = await openDeps(config, log, closers);
  const { deps, patient, connection, live, clock, catalog, metrics } = opened;

  const keyring = keepKeyring(connection.db, live, log);
  closers.push(() => keyring.close());
  const schema = limitTime(authorize(buildPlainSchema()));
  const limiter = openRateLimiter(config.redisUrl, connection.db, log);
  closers.push(() => limiter.close());
  const arrivals = openSql(config.database.url, inboxConnections);
  closers.push(() => arrivals.end({ timeout: 5 }));
  const inbox = makeInbox(deps, arrivals);
  const claims = openLocks(config.database.url, runsAtOnce);
  closers.push(() => claims.close());
  let jobsEnded: Promise<void> | undefined;
  closers.push(() => jobsEnded); // what they stand on is open until then; requests do not wait for them
  const makeBudget = makeBudgets({ limiter, sizes: config.rateLimits, log, metrics });
  const authenticate = orByServiceKey(makeAuthenticator(config, log), keyring);
  const makeContext = contextMaker(deps, live, config, { authenticate, makeBudget });
  const costOf = makeCostCounter(schema);
  const apollo = makeApollo(schema, { introspection: config.introspection, landingPage: isDevelopment, costOf });
  const http = await makeServer({
    log,
    corsOrigins: config.corsOrigins,
    isDevelopment,
    requestTimeoutMs: config.operationTimeoutMs,
  });
  closers.push(
    () => apollo.stop(),
    () => http.close(),
  );
  await serveGraphql(http, apollo, makeContext);
  await serveStripeWebhook(http, { inbox, secrets: config.stripe.webhookSecrets, metrics });
  await serveHealth(http, async () => ({
    database: await answersInTime(connection.ping()),
    catalog: catalog.isLoaded(),
  }));
  endConnections(http, config.shutdownDelayMs);
  if (config.metricsToken) await serveMetrics(http, metrics.report, config.metricsToken);
  closers.push(
    serveSocket(http.server, {
      schema,
      introspection: config.introspection,
      costOf,
      makeContext,
      onKeyRevoked: keyring.onRevoked,
    }),
  );

  if (config.worker) {
    const worker = await startWorker({
      databaseUrl: config.database.url,
      tasks: makeTasks({ deps, patient, inbox, claims }),
      crontab,
      log,
    });
    closers.push(watchInbox(deps), () => {
      jobsEnded = worker.stop();
    });
  }
  followMoves(clock, deps);
  const url = await http.listen({ host: config.host, port: config.port });
  return { url, now: clock.now, close };
}

/** What has fallen due is done at once when the billing clock was moved. */
function followMoves(clock: Clock, deps: Deps): void {
  clock.onMoved(() => {
    enqueue(deps.db, sweepTask, { key: sweepTask }).catch((error: unknown) => {
      deps.log.error({ err: error }, "the sweep after a move of the clock was not queued"); // the next minute's will do
    });
  });
}

/** Who a caller is, and what they may spend. */
interface Callers {
  readonly authenticate: Authenticate;
  readonly makeBudget: MakeBudget;
}

function contextMaker(deps: Deps, live: LiveUpdates, config: Config, { authenticate, makeBudget }: Callers) {
  const countryOf = makeCountryReader(config);
  let knowsOfProxy = config.rateLimits.anonymous === null;
  const addressOf = makeAddressReader(config.trustProxy, () => {
    if (knowsOfProxy) return;
    knowsOfProxy = true;
    deps.log.warn(
      "a proxy speaks for visitors, and TRUST_PROXY does not name it: those without a token share one rate limit",
    );
  });
  if (config.geoCountryHeader !== null && config.trustProxy === false) {
    deps.log.warn("GEO_COUNTRY_HEADER is not read: TRUST_PROXY says that no proxy is to be believed");
  }
  return async ({ authorization, request, requestId }: Caller): Promise<GraphQLContext> => {
    const deadline = startDeadline(config.operationTimeoutMs, (error) =>
      deps.log.error({ err: error, requestId }, "operation failed after its deadline"),
    );
    // A key is looked up in Postgres, which may be slow to say that it is away.
    const viewer = await deadline.limit(authenticate(authorization)).catch((error: unknown) => {
      throw unknownCaller(error, requestId);
    });
    return {
      ...deps,
      viewer,
      requestId,
      deadline,
      locale: preferredLocale(request.headers["accept-language"]),
      country: countryOf(request),
      budget: makeBudget(viewer, () => addressOf(request)),
      loaders: makeLoaders(deps),
      live,
    };
  };
}
