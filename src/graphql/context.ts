import type { Viewer } from "../auth/viewer.js";
import type { Loaders } from "../billing/loaders.js";
import type { Deps } from "../deps.js";
import type { LiveUpdates } from "../live/listen.js";
import type { Budget } from "./budget.js";
import type { Deadline } from "./deadline.js";

/** What formatting needs to know of a request. */
export interface Localized {
  /** BCP 47 locale of the request's `Accept-Language`, `en` without one. */
  readonly locale: string;
}

/** What a resolver gets: what domain code may reach, who asks, and this request's loaders. */
export interface GraphQLContext extends Deps, Localized {
  /** Who asks; null when not signed in. */
  readonly viewer: Viewer | null;
  /** Names the request in logs and in answers to bugs and outages. */
  readonly requestId: string;
  /** The visitor's country as a trusted proxy names it, in whatever words; null when nobody says. */
  readonly country: string | null;
  /** When the caller must have an answer. */
  readonly deadline: Deadline;
  /** What the caller may still ask for, and what this operation took of it. */
  readonly budget: Budget;
  readonly loaders: Loaders;
  readonly live: LiveUpdates;
}
