import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../../../libs/kernel/canonical-json.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { sha256 } from '../../../libs/kernel/sha256.js';
import { IdempotencyStore, routeKey, type ApiRequest, type HtmlPage } from '../edge/index.js';
import type { FormFields } from './page-context.js';

/** Where a form that was carried out leads. */
export interface Redirect {
  location: string;
  /** Set with it. */
  cookie?: string;
}

const patienceMs = 12_000;
const pauseMs = 150;

/**
 * A form counts once, by the key that its page carries: pressed twice, the second press waits for the first one's answer
 * and gets the same. A form that came back with faults was not carried out and may be sent again.
 */
@Injectable()
export class FormOnce {
  constructor(private readonly store: IdempotencyStore) {}

  /** @throws DomainError `request-in-progress` where the first press takes too long, `idempotency-key-reused` */
  async answer(
    request: ApiRequest,
    key: string,
    fields: FormFields,
    work: () => Promise<HtmlPage | Redirect>,
  ): Promise<HtmlPage | Redirect> {
    const bodyHash = sha256(canonicalJson(fields));
    const begun = await this.begin({ principal: 'signer', route: routeKey(request), key, bodyHash }, request.id);
    if ('answer' in begun) {
      const { location = '', 'set-cookie': cookie } = begun.answer.headers;
      return { location, ...(cookie !== undefined && { cookie }) };
    }
    let outcome: HtmlPage | Redirect;
    try {
      outcome = await work();
    } catch (error) {
      await this.store.release(begun.lease);
      throw error;
    }
    if (!('location' in outcome)) {
      await this.store.release(begun.lease);
      return outcome;
    }
    const { location, cookie } = outcome;
    const headers = { location, ...(cookie !== undefined && { 'set-cookie': cookie }) };
    await this.store.finish(begun.lease, { status: 303, headers, body: '' });
    return outcome;
  }

  private async begin(...keyed: Parameters<IdempotencyStore['begin']>): ReturnType<IdempotencyStore['begin']> {
    for (let waitedMs = 0; ; waitedMs += pauseMs) {
      try {
        return await this.store.begin(...keyed);
      } catch (error) {
        const isAtWork = error instanceof DomainError && error.code === 'request-in-progress';
        if (!isAtWork || waitedMs >= patienceMs) throw error;
        await pause(pauseMs);
      }
    }
  }
}
