import { z } from 'zod';

const requestFaults = [
  'timeout_before',
  'timeout_after',
  'throttle',
  'error_500_before',
  'error_500_after',
  'reset_before',
  'reset_after',
  'latency',
  'refuse',
] as const;
const webhookFaults = ['webhook_late', 'webhook_duplicate', 'webhook_reorder'] as const;

export type RequestFaultKind = (typeof requestFaults)[number];
export type WebhookFaultKind = (typeof webhookFaults)[number];

/**
 * A fault to have. It strikes `times` matching requests (or events): once where neither `times` nor `probability` is
 * given, without end where only `probability` is. `delayMs` is how long it holds, waits or tells the client to wait.
 * `refuse` says no to what would be done, for good where keys keep refusals (v1).
 * Requests match by a part of their path, by method (POST where left out, `*` for all) and by the item they name.
 */
const faultSchema = z.strictObject({
  kind: z.enum([...requestFaults, ...webhookFaults]),
  times: z.int().min(1).max(1_000_000).optional(),
  probability: z.number().gt(0).max(1).optional(),
  seed: z.int().default(1),
  delayMs: z.int().min(0).max(600_000).optional(),
  match: z
    .strictObject({
      path: z.string().min(1).optional(),
      method: z.enum(['GET', 'POST', '*']).default('POST'),
      itemId: z.string().min(1).optional(),
    })
    .default({ method: 'POST' }),
});

export const faultsSchema = z.strictObject({ faults: z.array(faultSchema).max(1_000) });

/** A fault as a caller asks for it. */
export type FaultRequest = z.input<typeof faultSchema>;

type Fault = z.output<typeof faultSchema>;

interface ActiveFault {
  fault: Fault;
  /** Infinity where it has no end. */
  remaining: number;
  fired: number;
  random: () => number;
}

/** What a fault needs to know of a request or of an event: `values` are the texts in which an item may be named. */
export interface FaultSubject {
  method: string;
  path: string;
  values: readonly string[];
}

/** What a struck request or event gets. */
export interface Strike<Kind> {
  kind: Kind;
  delayMs: number | undefined;
}

/** The faults that were asked for. At most one strikes a request: the first that was asked for and matches. */
export class Faults {
  private active: ActiveFault[] = [];

  add(faults: readonly Fault[]): void {
    for (const fault of faults) {
      const remaining = fault.times ?? (fault.probability === undefined ? 1 : Infinity);
      this.active.push({ fault, remaining, fired: 0, random: seededRandom(fault.seed) });
    }
  }

  clear(): void {
    this.active = [];
  }

  /** `remaining` is null where a fault has no end. */
  list(): (Fault & { remaining: number | null; fired: number })[] {
    return this.active.map(({ fault, remaining, fired }) => ({
      ...fault,
      remaining: Number.isFinite(remaining) ? remaining : null,
      fired,
    }));
  }

  strikeRequest(subject: FaultSubject): Strike<RequestFaultKind> | undefined {
    return this.strike(requestFaults, ({ match }) => {
      const methodMatches = match.method === '*' || match.method === subject.method;
      return methodMatches && subject.path.includes(match.path ?? '') && namesItem(subject.values, match.itemId);
    });
  }

  strikeEvent(values: readonly string[]): Strike<WebhookFaultKind> | undefined {
    return this.strike(webhookFaults, ({ match }) => namesItem(values, match.itemId));
  }

  private strike<Kind extends Fault['kind']>(
    kinds: readonly Kind[],
    matches: (fault: Fault) => boolean,
  ): Strike<Kind> | undefined {
    for (const active of this.active) {
      const kind = kinds.find((candidate) => candidate === active.fault.kind);
      if (kind === undefined || !matches(active.fault)) continue;
      if (active.random() >= (active.fault.probability ?? 1)) continue;
      active.fired += 1;
      active.remaining -= 1;
      if (active.remaining <= 0) this.active = this.active.filter((other) => other !== active);
      return { kind, delayMs: active.fault.delayMs };
    }
    return undefined;
  }
}

/** An item is named by its id alone or, in a transfer group, by its id and the attempt. */
function namesItem(values: readonly string[], itemId: string | undefined): boolean {
  return itemId === undefined || values.some((value) => value === itemId || value.startsWith(`${itemId}/`));
}

/** Numbers from 0 to below 1 that are the same for the same seed (a 32-bit Weyl sequence, then mixed). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
