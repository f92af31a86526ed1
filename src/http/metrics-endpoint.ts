import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";

/** What there is to read, with its media type. */
type Report = () => Promise<{ readonly contentType: string; readonly text: string }>;

/** Serves `/metrics` to whoever has the token, as Prometheus sends it; to everybody else there is nothing there. */
export async function serveMetrics(http: FastifyInstance, report: Report, token: string): Promise<void> {
  const expected = digest(`Bearer ${token}`);
  http.get("/metrics", async (request, reply) => {
    // Digests are of one length, so that the comparison tells nothing of the token's either.
    if (!timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) return reply.callNotFound();
    const { contentType, text } = await report();
    return reply.header("content-type", contentType).send(text);
  });
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
