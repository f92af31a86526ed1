import type { Socket } from "node:net";
import { asErrors } from "./error-body.js";

/** Answers what Node could not read as a request, and closes the connection. There is no reply of Fastify's: it is written by hand. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (socket.writable && error.code !== "ECONNRESET") {
    const [status, body] = unreadable(error.code);
    const text = JSON.stringify(body);
    const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${text.length}`;
    socket.write(`${head}\r\nConnection: close\r\n\r\n${text}`);
  }
  socket.destroy(error);
}

/** Node's codes: https://nodejs.org/docs/latest-v20.x/api/http.html#event-clienterror */
function unreadable(code: string | undefined) {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return ["408 Request Timeout", asErrors("REQUEST_TIMEOUT", "The request did not arrive in time.")] as const;
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return ["431 Request Header Fields Too Large", asErrors("BAD_REQUEST", "The headers are too long.")] as const;
  }
  return ["400 Bad Request", asErrors("BAD_REQUEST", "This is not an HTTP request.")] as const;
}
