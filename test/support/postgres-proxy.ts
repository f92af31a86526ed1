import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";
import { startTestApp, type TestApp, type TestAppOptions } from "./app.js";

/** A wire between the service and Postgres that can be cut. */
export interface PostgresProxy {
  /** The same address by way of the wire. */
  readonly url: string;
  /** Breaks every connection and takes no new ones: Postgres has gone. */
  cut(): void;
  /** Lets nothing through any more, and says nothing of it: the network has gone. */
  stall(): void;
  /** Lets nothing through a connection any more on which this is sent; resolves once it was. */
  stallAt(words: string): Promise<void>;
  /** Everything takes this much longer each way, from now on. */
  slowDown(ms: number): void;
  /** Everything arrives a byte at a time, from now on. */
  crumble(): void;
  /** The next answer of Postgres is lost with its connection: whoever asked cannot know what was done. */
  loseNextAnswer(): void;
  /** New connections work again; those that stalled hang on. */
  letNewThrough(): void;
  /** Takes new connections again; those that stalled break. */
  restore(): void;
  close(): Promise<void>;
}

/** Opens a wire on a free port to the Postgres at this address. */
export async function openPostgresProxy(url: string): Promise<PostgresProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const stalled = new Set<Socket>();
  let delayMs = 0;
  let isCrumbling = false;
  let losesNext = false;
  let state: "open" | "cut" | "stalled" = "open";
  let trap: { readonly words: string; spring(): void } | undefined;

  const server = createServer((client) => {
    keep(client);
    if (state === "cut") return void client.resetAndDestroy();
    if (state === "stalled") return void stalled.add(client.pause());
    const upstream = connect(Number(target.port), target.hostname);
    keep(upstream);
    client.on("data", (sent) => {
      if (!trap || !sent.includes(trap.words)) return;
      for (const socket of [client, upstream]) stalled.add(socket.unpipe().pause());
      trap.spring();
      trap = undefined;
    });
    for (const socket of [client, upstream]) socket.setNoDelay(true);
    client.pipe(delayed()).pipe(upstream).pipe(lossy(client)).pipe(delayed()).pipe(client);
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
  });
  function delayed(): Transform {
    return new Transform({
      transform(chunk, _encoding, done) {
        if (isCrumbling) for (const byte of chunk) this.push(Buffer.of(byte));
        const rest = isCrumbling ? undefined : chunk;
        if (delayMs === 0) return done(null, rest);
        setTimeout(done, delayMs, null, rest);
      },
    });
  }
  function lossy(client: Socket): Transform {
    return new Transform({
      transform(chunk, _encoding, done) {
        if (!losesNext) return done(null, chunk);
        losesNext = false;
        client.resetAndDestroy();
        done();
      },
    });
  }
  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on("error", () => {}); // the other end hears of it by the close that follows
    socket.once("close", () => sockets.delete(socket));
  }
  function breakAll(): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  const throughProxy = new URL(url);
  throughProxy.host = `127.0.0.1:${address.port}`;
  return {
    url: throughProxy.href,
    cut() {
      state = "cut";
      breakAll();
    },
    stall() {
      state = "stalled";
      for (const socket of sockets) stalled.add(socket.unpipe().pause());
    },
    stallAt(words) {
      return new Promise((resolve) => {
        trap = { words, spring: resolve };
      });
    },
    slowDown(ms) {
      delayMs = ms;
    },
    crumble() {
      isCrumbling = true;
    },
    loseNextAnswer() {
      losesNext = true;
    },
    letNewThrough() {
      state = "open";
    },
    restore() {
      for (const socket of stalled) socket.resetAndDestroy();
      stalled.clear();
      state = "open";
    },
    async close() {
      breakAll();
      server.close();
    },
  };
}

/** Starts a service whose wire to Postgres can be cut; the test's own connection to it cannot. */
export async function startWired(
  options: TestAppOptions = {},
): Promise<{ app: TestApp; wire: PostgresProxy; stop(): Promise<void> }> {
  let wire: PostgresProxy | undefined;
  const { app, stop } = await startTestApp({
    ...options,
    async configure(asRead) {
      const config = (await options.configure?.(asRead)) ?? asRead;
      wire = await openPostgresProxy(config.database.url);
      return { ...config, database: { ...config.database, url: wire.url } };
    },
  });
  if (!wire) throw new Error("The service was started without its wire.");
  const opened = wire;
  return {
    app,
    wire: opened,
    async stop() {
      opened.restore();
      await stop();
      await opened.close();
    },
  };
}
