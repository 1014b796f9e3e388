/** The types of error that Stripe's v1 API knows and the sandbox uses. */
export type StripeErrorType = 'invalid_request_error' | 'idempotency_error' | 'api_error';

/** An error as Stripe's API answers it. */
export class StripeApiError extends Error {
  constructor(
    readonly status: number,
    readonly type: StripeErrorType,
    message: string,
    readonly details: { code?: string; param?: string; retryAfterSeconds?: number } = {},
  ) {
    super(message);
  }

  /** The JSON body of the answer. */
  envelope(): { error: Record<string, string> } {
    const { code, param } = this.details;
    return {
      error: {
        ...(code === undefined ? {} : { code }),
        message: this.message,
        ...(param === undefined ? {} : { param }),
        type: this.type,
      },
    };
  }
}

/** A request that is wrong in itself: 400, found before anything is executed. */
export function invalidRequest(message: string, code?: string, param?: string): StripeApiError {
  return new StripeApiError(400, 'invalid_request_error', message, {
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  });
}

/** A thing that is not there: 404 where the URL names it, 400 where a parameter does. */
export function resourceMissing(what: string, param: string, status: 400 | 404): StripeApiError {
  return new StripeApiError(status, 'invalid_request_error', `No such ${what}.`, { code: 'resource_missing', param });
}

export function serverError(): StripeApiError {
  return new StripeApiError(500, 'api_error', 'An unknown error occurred.');
}
