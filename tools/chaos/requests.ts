import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, type ApiRequest, type HttpClient } from '../client/index.js';
import type { Dice } from './dice.js';
import type { Witness, WitnessedAct } from './witness.js';

/** One act of a client. */
export interface Act {
  path: string;
  token: string;
  body: unknown;
  /** What it leaves in the audit trail where it is done. */
  leaves?: WitnessedAct;
}

/** What an act came to in the end: an outage is no end. */
export type Outcome<Result> = { result: Result } | { refusal: ApiProblem };

const pauseMs = 400;
/** What an act is refused with where somebody else was quicker. */
const tooLate: ReadonlySet<string> = new Set(['illegal-transition', 'not-found', 'hash-mismatch', 'already-exists']);
/** One in so many acts is sent twice at the same time, as an impatient client does. */
const doubleChance = 0.12;

/**
 * The requests of one client: each has a key of its own and is sent again with it until there is an answer that is an end,
 * whatever dies meanwhile.
 */
export class Requests {
  private last = 0;

  constructor(
    private readonly http: HttpClient,
    private readonly witness: Witness,
    private readonly dice: Dice,
    /** Begins the keys of this client. */
    private readonly name: string,
  ) {}

  /** @throws what the client throws where no answer ever comes, or it is to stop */
  async act<Result>(act: Act): Promise<Outcome<Result>> {
    const key = `chaos/${this.name}/${(this.last += 1)}`;
    const isDouble = this.dice.chance(doubleChance);
    const [outcome, other] = await Promise.all([
      this.untilAnswered<Result>(act, key),
      isDouble ? this.untilAnswered<Result>(act, key) : undefined,
    ]);
    if (other) this.compare(act, outcome, other);
    if ('refusal' in outcome) this.refused(act, outcome.refusal);
    else if (act.leaves) this.witness.did(act.leaves);
    return outcome;
  }

  /** Reads, as often as it takes. */
  read<Result>(path: string, token: string): Promise<Result> {
    return this.steadily(`GET ${routeOf(path)}`, () => this.http.json<Result>({ method: 'GET', path, token }));
  }

  /** Every item of a list, page after page. */
  async list<Item>(path: string, token: string): Promise<Item[]> {
    const items: Item[] = [];
    const first = `${path}${path.includes('?') ? '&' : '?'}limit=200`;
    for (let cursor = ''; ;) {
      const address = cursor === '' ? first : `${first}&cursor=${encodeURIComponent(cursor)}`;
      const page = await this.read<{ items: Item[]; next?: string | null }>(address, token);
      items.push(...page.items);
      if (!page.next) return items;
      cursor = page.next;
    }
  }

  private async untilAnswered<Result>({ path, token, body }: Act, idempotencyKey: string): Promise<Outcome<Result>> {
    try {
      return {
        result: await this.steadily(`POST ${routeOf(path)}`, () =>
          this.finished<Result>({ method: 'POST', path, token, body, idempotencyKey }),
        ),
      };
    } catch (error) {
      if (error instanceof ApiProblem) return { refusal: error };
      throw error;
    }
  }

  /** While the work goes on (202) the same request waits for it again; some ends have no body. */
  private async finished<Result>(request: ApiRequest): Promise<Result> {
    for (;;) {
      const { status, bytes } = await this.http.send(request);
      const text = Buffer.from(bytes).toString('utf8');
      if (status !== 202) return (text === '' ? undefined : JSON.parse(text)) as Result;
      await sleep(pauseMs);
    }
  }

  /** A 5xx is no end, whatever it says; one that claims a defect of the product is noted. */
  private async steadily<Result>(request: string, ask: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.status < 500) throw error;
        if (error.status === 500) this.witness.defect(`${request} answered 500`);
        await sleep(pauseMs);
      }
    }
  }

  /** A client asks for what may be too late by then; anything else that is refused should not have been. */
  private refused({ path }: Act, { code, reason }: ApiProblem): void {
    this.witness.count(`refused: ${code}, ${routeOf(path)}`);
    if (!tooLate.has(code)) this.witness.oddities.push(`POST ${routeOf(path)} was refused: ${code}, ${reason}`);
  }

  private compare(act: Act, one: Outcome<unknown>, other: Outcome<unknown>): void {
    const texts = [one, other].map((each) => ('result' in each ? JSON.stringify(each.result) : each.refusal.code));
    if (texts[0] !== texts[1])
      this.witness.oddities.push(`POST ${act.path} was answered twice: ${texts.join(' and ')}`);
  }
}

/** Without ids and queries: what a counter goes by. */
function routeOf(path: string): string {
  return (path.split('?', 1)[0] ?? '').replace(/\/[a-z]{3}_[0-9a-f]+/g, '/{id}');
}
