import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A wire between the service and Postgres that counts what is asked over it. */
export interface CountingWire {
  /** The same address by way of the wire. */
  readonly url: string;
  /** Statements so far, background work included. */
  count(): number;
  close(): void;
}

/** Message types of https://www.postgresql.org/docs/current/protocol-message-formats.html: Execute and Query. */
const asking = [0x45, 0x51];

/** Opens a wire on a free port to the Postgres at this address. */
export async function openCountingWire(url: string): Promise<CountingWire> {
  const target = new URL(url);
  let statements = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const read = messageReader((type) => {
      if (asking.includes(type)) statements += 1;
    });
    client.on("data", read);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on("error", () => {}); // its close follows
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The wire has no port.");
  const throughWire = new URL(url);
  throughWire.host = `127.0.0.1:${address.port}`;
  return { url: throughWire.href, count: () => statements, close: () => void server.close() };
}

/** Cuts what a client sends into messages, and tells the type of each but the first, which has none. */
function messageReader(heard: (type: number) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let typeBytes = 0;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= typeBytes + 4) {
      const length = typeBytes + rest.readUInt32BE(typeBytes);
      if (rest.length < length) return;
      if (typeBytes === 1) heard(rest.readUInt8(0));
      rest = rest.subarray(length);
      typeBytes = 1;
    }
  };
}
