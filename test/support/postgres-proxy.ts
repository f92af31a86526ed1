import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A wire between the service and Postgres that can be cut. */
export interface PostgresProxy {
  /** The same address by way of the wire. */
  readonly url: string;
  /** Breaks every connection and takes no new ones: Postgres has gone. */
  cut(): void;
  /** Lets nothing through any more, and says nothing of it: the network has gone. */
  stall(): void;
  /** Takes new connections again; those that stalled break. */
  restore(): void;
  close(): Promise<void>;
}

/** Opens a wire on a free port to the Postgres at this address. */
export async function openPostgresProxy(url: string): Promise<PostgresProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let state: "open" | "cut" | "stalled" = "open";

  const server = createServer((client) => {
    keep(client);
    if (state === "cut") return void client.resetAndDestroy();
    if (state === "stalled") return void client.pause();
    const upstream = connect(Number(target.port), target.hostname);
    keep(upstream);
    client.pipe(upstream).pipe(client);
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
  });
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
      for (const socket of sockets) socket.unpipe().pause();
    },
    restore() {
      if (state === "stalled") breakAll();
      state = "open";
    },
    async close() {
      breakAll();
      server.close();
    },
  };
}
