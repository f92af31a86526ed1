/** One API request as it came and was answered; `status` stays null while or if it is not. */
export interface LoggedRequest {
  /** As in the answer's `Request-Id`, and in the events it caused. */
  id: string;
  method: string;
  path: string;
  params: Record<string, unknown>;
  /** The version it asked for; null if it left that to the sandbox. */
  version: string | null;
  status: number | null;
  at: string;
  idempotency_key: string | null;
  replayed: boolean;
}

export interface RequestLog {
  add(request: LoggedRequest): LoggedRequest;
  /** Newest first. */
  find(filter: { id?: string; method?: string; path?: string }): LoggedRequest[];
}

const requestsKept = 5000;

export function createRequestLog(): RequestLog {
  const requests: LoggedRequest[] = [];
  return {
    add: (request) => {
      requests.push(request);
      if (requests.length > requestsKept) requests.shift();
      return request;
    },
    find: ({ id, method, path }) =>
      requests
        .filter((request) => id === undefined || request.id === id)
        .filter((request) => method === undefined || request.method === method.toUpperCase())
        .filter((request) => path === undefined || pathMatches(path, request.path))
        .reverse(),
  };
}

/** `*` stands for anything. */
export function pathMatches(pattern: string, path: string): boolean {
  const literal = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`).test(path);
}
