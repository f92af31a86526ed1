/** One API request as it came and was answered; `status` stays null while or if it is not. */
export interface LoggedRequest {
  method: string;
  path: string;
  status: number | null;
  at: string;
  idempotency_key: string | null;
  replayed: boolean;
}

export interface RequestLog {
  add(request: LoggedRequest): LoggedRequest;
  /** Newest first. */
  find(filter: { method?: string | undefined; path?: string | undefined }): LoggedRequest[];
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
    find: ({ method, path }) =>
      requests
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
