import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";

/** A billing clock that is wrong. */
export interface SkewedClock {
  /** For `BILLING_CLOCK_URL`. */
  readonly url: string;
  /** Sets it so far off the true time, in whichever direction. */
  skew(ms: number): void;
  close(): void;
}

/** Serves a clock as the sandbox does: a long poll that is answered when the clock was moved. */
export async function openSkewedClock(): Promise<SkewedClock> {
  let [offset_ms, version] = [0, 0];
  const waiting = new Set<ServerResponse>();
  const answer = (response: ServerResponse) => void response.end(JSON.stringify({ offset_ms, version }));
  const server = createServer((request, response) => {
    const known = new URL(request.url ?? "", "http://clock").searchParams.get("version");
    if (Number(known) !== version) return answer(response);
    waiting.add(response);
    response.once("close", () => waiting.delete(response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The clock has no port.");
  return {
    url: `http://127.0.0.1:${address.port}/clock`,
    skew(ms) {
      offset_ms = ms;
      version += 1;
      for (const response of waiting) answer(response);
      waiting.clear();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
