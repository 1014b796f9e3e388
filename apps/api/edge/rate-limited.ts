import { DomainError } from '../../../libs/kernel/domain-error.js';

/** Too many requests of one caller: the answer says when the next one may come. */
export class RateLimited extends DomainError {
  constructor(readonly retryAfterSeconds: number) {
    super('rate-limited', `too many requests; the next one may come in ${retryAfterSeconds} s`);
  }
}
