import { StripeApiError } from '../stripe-error.js';

/** An error as Stripe's v2 API answers it: a code, a text and, for what a person can act on, a type. */
export class StripeV2Error extends StripeApiError {
  constructor(
    status: number,
    private readonly code: string,
    message: string,
    private readonly v2Type?: string,
  ) {
    super(status, 'invalid_request_error', message);
  }

  override envelope(): { error: Record<string, string> } {
    const error: Record<string, string> = { code: this.code, message: this.message };
    if (this.v2Type !== undefined) error['type'] = this.v2Type;
    return { error };
  }
}

/** Fields that are missing or wrong: found before anything is executed. */
export function invalidFields(message: string): StripeV2Error {
  return new StripeV2Error(400, 'invalid_fields', message);
}

export function notFound(what: string): StripeV2Error {
  return new StripeV2Error(404, 'not_found', `No such ${what}.`);
}

/** A request that was understood and cannot be done now; its code and its type are the same word. */
export function refused(type: string, message: string): StripeV2Error {
  return new StripeV2Error(400, type, message, type);
}
