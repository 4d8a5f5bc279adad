/** What the HTTP layer reports about its requests; one call feeds log and metrics. */

/** A request that is over. It names the route's pattern, never the raw path or query: those may hold what a user wrote. */
export interface FinishedRequest {
  requestId: string;
  method: string;
  /** Pattern such as `/api/v1/documents/:id`, or `unmatched`. */
  route: string;
  status: number;
  ms: number;
  /** Bytes written to the socket for this response, head included. */
  bytes: number;
  /** True: the client left before the response was complete. */
  aborted: boolean;
  tenantId: string | null;
  keyId: string | null;
}

export interface RequestObserver {
  requestFinished(request: FinishedRequest): void;
  /** A failure on our side (5xx), with its cause for the log; never sent to the client. */
  requestFailed(failure: { requestId: string; method: string; route: string; code: string; error: unknown }): void;
}
