import type { FastifyReply } from "fastify";

export function sendPage(reply: FastifyReply, html: string, status = 200): FastifyReply {
  return reply.code(status).type("text/html; charset=utf-8").send(html);
}

/** A field of a posted form; what is missing or repeated counts as empty. */
export function fieldOf(body: unknown, name: string): string {
  if (typeof body !== "object" || body === null) return "";
  const value = Object.entries(body).find(([key]) => key === name)?.[1];
  return typeof value === "string" ? value : "";
}
