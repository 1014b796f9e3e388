import {
  lastNoticeAt,
  nextCheckpointAfter,
  termEnd,
  type AgreementState,
  type ObligationPeriod,
  type Term,
  type TermRules,
} from '../../agreements/domain/index.js';
import { byTime, isWithin, type CalendarEntry, type CalendarKind, type CalendarWindow } from './calendar-entry.js';

/** An agreement as its calendar needs it. */
export interface CalendarAgreement {
  id: string;
  programId: string;
  partnerId: string;
  partnerReference: string;
  state: AgreementState;
  /** How the newest term is renewed. */
  renewal: Term['renewal'];
  /** Not included; null while it renews itself and nobody gave notice. */
  endsAt: Date | null;
  /** The newest term that is known. */
  termNumber: number;
  termEndsAt: Date;
  /** From where terms are counted, and the number of the term that began there. */
  termAnchor: Date;
  termAnchorNumber: number;
  /** Since when both sides know of the end or renewal to come. */
  knownSince: Date;
  /** Of the terms in their newest version. */
  rules: TermRules;
  /** The offer of the next term that waits for an answer. */
  openOffer: { id: string; termFrom: Date } | null;
  /** Whether the next term was offered at all. */
  isOffered: boolean;
  termination: { id: string; side: string; kind: string; effectiveAt: Date } | null;
  /** By each version, oldest first. */
  obligations: readonly ObligationPeriod[];
}

/** What the program says about notices and offers, in milliseconds. */
export interface CalendarSettings {
  noticesBeforeMs: readonly number[];
  offerBeforeMs: number;
}

/** A window of many years and terms of a day must not make a calendar without end. */
const maxTerms = 400;
const maxCheckpoints = 400;

/**
 * What comes up in the life of an agreement within a window, as things stand: for one that renews itself every renewal,
 * each with the last instant to give notice; for one that ends its end, and before it what has to be offered or decided.
 */
export function agreementEntries(
  agreement: CalendarAgreement,
  settings: CalendarSettings,
  window: CalendarWindow,
): CalendarEntry[] {
  if (agreement.state === 'ended') return [];
  const ends = agreement.endsAt === null ? renewals(agreement, settings, window) : endings(agreement, settings);
  return [...ends, ...checkpoints(agreement, window)].filter(({ at }) => isWithin(at, window)).sort(byTime);
}

function* notices(
  agreement: CalendarAgreement,
  { noticesBeforeMs }: CalendarSettings,
  about: { at: Date; number: number; knownSince: Date },
): Generator<CalendarEntry> {
  for (const leadMs of new Set(noticesBeforeMs)) {
    const at = new Date(about.at.getTime() - leadMs);
    // A notice that would have come before anybody knew of the end tells nobody anything.
    if (at.getTime() <= about.knownSince.getTime()) continue;
    yield entry(agreement, 'notice', at, `${about.number}-${leadMs}`, `of ${about.at.toISOString()}`);
  }
}

/** Term after term, as long as anything before its end may lie in the window. */
function* renewals(
  agreement: CalendarAgreement,
  settings: CalendarSettings,
  window: CalendarWindow,
): Generator<CalendarEntry> {
  const { rules, termNumber, termAnchor, termAnchorNumber } = agreement;
  let knownSince = agreement.knownSince;
  for (let number = termNumber; number < termNumber + maxTerms; number += 1) {
    const isKnown = number === termNumber;
    const at = isKnown ? agreement.termEndsAt : termEnd(termAnchor, rules, number - termAnchorNumber + 1);
    const lastNotice = lastNoticeAt(at, rules);
    const next = `term ${number + 1} begins`;
    yield entry(agreement, 'renewal', at, String(number), next);
    yield entry(agreement, 'notice_deadline', lastNotice, String(number), `before ${at.toISOString()}`);
    yield* notices(agreement, settings, { at, number, knownSince });
    const earliestMs = Math.min(lastNotice.getTime(), at.getTime() - Math.max(0, ...settings.noticesBeforeMs));
    if (earliestMs >= window.until.getTime()) return;
    knownSince = at;
  }
}

function* endings(agreement: CalendarAgreement, settings: CalendarSettings): Generator<CalendarEntry> {
  const { endsAt, termination, termNumber, openOffer, isOffered, knownSince } = agreement;
  if (endsAt === null) return;
  if (termination !== null && termination.effectiveAt.getTime() === endsAt.getTime()) {
    const detail = `${termination.kind}, notice by the ${termination.side}`;
    yield { ...entry(agreement, 'termination', endsAt, '', detail), uid: `termination-${termination.id}` };
  } else {
    yield entry(agreement, 'term_end', endsAt, String(termNumber), `of term ${termNumber}`);
  }
  yield* notices(agreement, settings, { at: endsAt, number: termNumber, knownSince });
  if (agreement.renewal !== 'consent' || agreement.state !== 'in_force') return;
  if (openOffer !== null) {
    const decision = entry(agreement, 'renewal_decision', openOffer.termFrom, '', `on term ${termNumber + 1}`);
    yield { ...decision, uid: `renewal_decision-${openOffer.id}` };
  } else if (!isOffered) {
    const at = new Date(endsAt.getTime() - settings.offerBeforeMs);
    yield entry(agreement, 'renewal_offer', at, String(termNumber + 1), `of term ${termNumber + 1}`);
  }
}

function* checkpoints(agreement: CalendarAgreement, window: CalendarWindow): Generator<CalendarEntry> {
  for (const { from, until, obligations } of agreement.obligations) {
    const first = Math.max(window.from.getTime(), from.getTime());
    const ends = [window.until, until, agreement.endsAt].flatMap((end) => (end === null ? [] : [end.getTime()]));
    for (const obligation of obligations) {
      // Checkpoints lie behind what they are counted from; one on the first instant is in it.
      let at = nextCheckpointAfter([obligation], new Date(first - 1));
      for (let count = 0; at !== null && count < maxCheckpoints && at.getTime() < Math.min(...ends); count += 1) {
        yield entry(agreement, 'checkpoint', at, `${obligation.id}-${at.getTime()}`, obligation.id);
        at = nextCheckpointAfter([obligation], at);
      }
    }
  }
}

function entry(
  { id: subjectId, programId, partnerId, partnerReference }: CalendarAgreement,
  kind: CalendarKind,
  at: Date,
  which: string,
  detail: string,
): CalendarEntry {
  return { uid: `${kind}-${subjectId}-${which}`, kind, at, programId, partnerId, partnerReference, subjectId, detail };
}
