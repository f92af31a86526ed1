import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

/**
 * Takes leave of clients at a shutdown so that none of them loses a request. Call it after the routes were added.
 *
 * For `delayMs` everything is served as before, while `/readyz` says no and each answer asks for another connection:
 * Fastify adds `Connection: close`. Then nobody is taken in any more, and what is left of connections ends as soon as no
 * request is under way. Node by itself waits for every client that keeps its connection, and for one that never sends
 * a request for ever.
 */
export function endConnections(http: FastifyInstance, delayMs: number): void {
  let underWay = 0;
  let isOver = false;
  const endIfIdle = () => {
    if (isOver && underWay === 0) http.server.closeAllConnections();
  };
  http.server.on("request", (_request, response) => {
    underWay += 1;
    response.once("close", () => {
      underWay -= 1;
      endIfIdle();
    });
  });
  http.server.on("connection", (socket) => {
    if (isOver) socket.destroy();
  });
  http.addHook("preClose", async () => {
    await sleep(delayMs);
    isOver = true;
    endIfIdle();
  });
}
