import type { Attribution, JudgedTouch, TouchKind, TouchVerdict } from '../attribution/index.js';

/** A touch of a customer, and what became of it. It is plain JSON. */
export interface ExplainedTouch {
  touch: string;
  kind: TouchKind;
  partnerId: string;
  occurredAt: string;
  role?: string;
  verdict: TouchVerdict;
  /** The same for a person. */
  sentence: string;
}

/** How an event that names no partner is divided, and why. It is plain JSON. */
export interface ExplainedAttribution {
  /** Of the terms that decide; absent where no touch counts. */
  model?: string;
  window?: string;
  /** Who has which part: in percent, exact to six decimals. */
  shares: { partnerId: string; percent: string }[];
  /** Every touch of the customer, in the order of time. */
  touches: ExplainedTouch[];
}

/** What is told of an attribution to the company. */
export function explainAttribution({ decidedBy, shares, touches }: Attribution): ExplainedAttribution {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0n);
  return {
    ...(decidedBy && { model: decidedBy.terms.model, window: decidedBy.terms.window }),
    shares: shares.map(({ partnerId, weight }) => ({ partnerId, percent: percentText(weight, total) })),
    touches: touches.map(explainTouch),
  };
}

/** The part of it that is one partner's own. The window is that of the terms that decide, which may be another's. */
export function attributionFor(partnerId: string, attribution: ExplainedAttribution): ExplainedAttribution {
  return {
    ...(attribution.model !== undefined && { model: attribution.model }),
    shares: attribution.shares.filter((share) => share.partnerId === partnerId),
    touches: attribution.touches.filter((touch) => touch.partnerId === partnerId),
  };
}

/** The sentence that answers whose an event is. */
export function summaryOfShares(eventId: string, { model, shares, touches }: ExplainedAttribution): string {
  if (shares.length > 0) {
    const parts = shares.map(({ partnerId, percent }) => `${percent} % to ${partnerId}`).join(', ');
    return `Event ${eventId} names no partner and is attributed by the model ${model ?? ''}: ${parts}.`;
  }
  const last = touches.at(-1);
  const why = last ? `of the last of ${touches.length}: ${last.sentence}` : 'no touch of its customer is known.';
  return `Event ${eventId} names no partner and is attributed to nobody; ${why}`;
}

function explainTouch({ touch, verdict }: JudgedTouch): ExplainedTouch {
  const { id, kind, partnerId, occurredAtMs, role } = touch;
  const occurredAt = new Date(occurredAtMs).toISOString();
  const sentence = `The ${kind} ${id} of ${occurredAt} ${verdictWords[verdict]}.`;
  return { touch: id, kind, partnerId, occurredAt, ...(role !== undefined && { role }), verdict, sentence };
}

const verdictWords: Readonly<Record<TouchVerdict, string>> = {
  credited: 'counts for its partner',
  no_agreement: 'does not count: its partner had no agreement when the event happened',
  no_attribution_terms: 'does not count: the terms of its partner say nothing of attribution',
  after_event: 'does not count: it came after the event',
  outside_window: "does not count: the window of its partner's terms had closed by then",
  not_last_touch: 'does not count: the touch of another partner came last',
  not_first_touch: 'does not count: the touch of another partner came first',
  role_without_share: 'does not count: the terms give its role no share',
};

/** A part of a whole in percent, to six decimals, without needless zeros; what is below that is cut off. */
function percentText(weight: bigint, total: bigint): string {
  const millionths = (weight * 100_000_000n) / total;
  const fraction = (millionths % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
  return `${millionths / 1_000_000n}${fraction && `.${fraction}`}`;
}
