import type { FastifyRequest } from "fastify";
import qs from "qs";
import { invalidRequest } from "./errors.js";

const formLimits = { depth: 10, arrayLimit: 1000, parameterLimit: 5000 };

/** Stripe's nested form notation: `items[0][price]=…`. */
export function parseForm(text: string): Record<string, unknown> {
  return qs.parse(text, formLimits);
}

/** The other way round, for whoever wants to see what was sent. */
export function formText(form: unknown): string {
  return qs.stringify(form);
}

export function pathOf(request: FastifyRequest): string {
  return request.url.split("?")[0] ?? request.url;
}

/** Parameters wherever they are: the SDK sends those of GET and DELETE in the address. */
export function givenTo(request: FastifyRequest): Record<string, unknown> {
  const [, query = ""] = request.url.split("?");
  const body = typeof request.body === "object" && request.body !== null ? request.body : {};
  return { ...parseForm(query), ...body };
}

/** They, apart from `expand`, which every operation takes. */
export function formOf(request: FastifyRequest): { form: Record<string, unknown>; expand: string[] } {
  const { expand, ...form } = givenTo(request);
  return { form, expand: readExpand(expand) };
}

function readExpand(given: unknown): string[] {
  if (given === undefined || given === "") return [];
  const paths = Array.isArray(given) ? given : [];
  if (paths.length === 0 || !paths.every((path) => typeof path === "string")) {
    throw invalidRequest("Invalid array", { param: "expand" });
  }
  return paths;
}

export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
