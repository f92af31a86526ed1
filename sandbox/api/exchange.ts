/** A request to the API and its answer, as they went over the wire. */
export interface ApiExchange {
  method: string;
  /** Path and query. */
  url: string;
  /** The version it asked for; null if it left that to the sandbox. */
  version: string | null;
  /** The body of the request. */
  form: string;
  status: number;
  body: string;
}
