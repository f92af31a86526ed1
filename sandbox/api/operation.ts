import type { Kind } from "../store/tables.js";
import type { World } from "../world.js";
import { type Read, readParams, type Shape } from "./params.js";

/** What an operation answers, so that `expand` can be judged before anything happens. */
export type Answers =
  | Kind
  | { list: Kind | "invoice_line" | "item" | "subscription_item" }
  | "account"
  | "subscription_item"
  | "nothing";

/** One method on one path of the API. */
export interface Operation {
  method: "GET" | "POST" | "DELETE";
  path: string;
  answers: Answers;
  params: Shape;
  run(world: World, form: unknown, id: string): object;
}

/** Declares an operation; its parameters arrive read and typed, `id` is the one in the path. */
export function operation<S extends Shape>(declared: {
  method: Operation["method"];
  path: string;
  answers: Answers;
  params: S;
  run: (world: World, params: Read<S>, id: string) => object;
}): Operation {
  const { method, path, answers, params, run } = declared;
  return { method, path, answers, params, run: (world, form, id) => run(world, readParams(params, form), id) };
}

/** Declares the operation that gives one object by its id; `get` refuses an id that is none. */
export function retrieval(path: string, answers: Answers, get: (world: World, id: string) => object): Operation {
  return operation({ method: "GET", path, answers, params: {}, run: (world, _params, id) => get(world, id) });
}
