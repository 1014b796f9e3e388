import {
  accrue,
  accrueTogether,
  clawback,
  reverse,
  type LedgerTransaction,
  type PartnerOccasion,
  type Tender,
} from '../../ledger/domain/index.js';

/** What names a line for good, with its kind and tender: what is posted is the net difference per key (terms.md, Pricing). */
export interface LineKey {
  readonly eventId: string;
  readonly partnerId: string;
  readonly ruleId: string;
  /** For milestones, the metric that was reached; else 0. */
  readonly step: bigint;
}

/** A credit is earned by an event as a commission is; a bonus by what happened around it. */
export type LineKind = 'commission' | 'credit' | 'bonus' | 'reversal';

/** What a line says beside its money. */
export interface LineFacts extends LineKey {
  readonly kind: LineKind;
  /** Whether it is a reward in money or in credit; a reversal's is that of the line that it takes back. */
  readonly tender: Tender;
  /** The conversion that a reversal takes back. */
  readonly ofEventId: string | undefined;
  readonly currency: string;
  readonly termsHash: string;
  readonly versionId: string;
  /** The clause's number in the signed document. */
  readonly clause: string;
  /** The limit that cut the amount. */
  readonly clamp: string | undefined;
  readonly occurredAt: Date;
  /** From when on the line may vest; a reversal's is that of the line it takes back. */
  readonly vestAt: Date;
}

/** A line as pricing wants it to be. Minor units; negative for a reversal. */
export interface WantedLine extends LineFacts {
  readonly amountMinor: bigint;
}

/** A line as it stands in the books. */
export interface BookedLine extends WantedLine {
  /** What of the amount has left accrued: it stands in payable, or was clawed back from there. */
  readonly vestedMinor: bigint;
  /** Counts the line's changes, from 1. */
  readonly revision: number;
}

/** A line that changes, and the money that moves with it. Minor units, each 0 or more. */
export interface LineMovement {
  readonly line: BookedLine;
  /** Undefined for a line that is new. */
  readonly before: BookedLine | undefined;
  /** From expense to accrued. */
  readonly accrueMinor: bigint;
  /** From accrued back to expense. */
  readonly reverseMinor: bigint;
  /** From payable, or from what the partner then owes, back to expense. */
  readonly clawbackMinor: bigint;
}

/**
 * What must change so that the booked lines of some events become the wanted ones. Whatever a line gains accrues and
 * vests in its turn. What a line loses is first taken from what has not vested of its event (the event's line and its
 * reversals together), then clawed back. Both lists hold all lines of the events that they speak of.
 */
export function lineMovements(booked: readonly BookedLine[], wanted: readonly WantedLine[]): LineMovement[] {
  // Most events are new and take nothing back: what each line gains is then all that moves.
  if (booked.length === 0 && wanted.every(({ amountMinor }) => amountMinor >= 0n)) {
    return wanted.flatMap((line) => change(undefined, line)).map(gain);
  }
  const groups = new Map<string, EventLines>();
  const groupOf = (line: LineFacts): EventLines => {
    const id = `${line.ofEventId ?? line.eventId}\n${line.partnerId}\n${line.tender}\n${bonusOf(line)}`;
    const group = groups.get(id) ?? { booked: new Map(), wanted: new Map() };
    groups.set(id, group);
    return group;
  };
  for (const line of booked) groupOf(line).booked.set(keyText(line), line);
  for (const line of wanted) groupOf(line).wanted.set(keyText(line), line);
  return [...groups.values()].flatMap(movementsOfEvent);
}

/** Whether a line is that of a bonus which falls due by the calendar or by a decision; a milestone's step is never 0. */
export function isScheduled({ kind, step }: LineFacts): boolean {
  return kind === 'bonus' && step === 0n;
}

/** A bonus stands apart from what else its event has earned: refunds don't take it back. */
function bonusOf({ kind, ruleId }: LineFacts): string {
  return kind === 'bonus' ? ruleId : '';
}

/** The lines of one conversion in one tender: its own and those of its refunds and voids. */
interface EventLines {
  booked: Map<string, BookedLine>;
  wanted: Map<string, WantedLine>;
}

function movementsOfEvent({ booked, wanted }: EventLines): LineMovement[] {
  const changes = [...new Set([...booked.keys(), ...wanted.keys()])].flatMap((key) =>
    change(booked.get(key), wanted.get(key)),
  );
  const gains = changes.filter(({ differenceMinor }) => differenceMinor >= 0n);
  const losses = changes.filter(({ differenceMinor }) => differenceMinor < 0n).sort(byTime);
  let unvestedMinor = 0n;
  for (const { amountMinor, vestedMinor } of booked.values()) unvestedMinor += amountMinor - vestedMinor;
  // Gains come first: what a reversal gives back is there to be taken from the line that shrinks with it.
  for (const { differenceMinor } of gains) unvestedMinor += differenceMinor;
  const movements = gains.map(gain);
  for (const { line, before, differenceMinor } of losses) {
    const lost = -differenceMinor;
    const reverseMinor = unvestedMinor <= 0n ? 0n : unvestedMinor < lost ? unvestedMinor : lost;
    const clawbackMinor = lost - reverseMinor;
    unvestedMinor -= reverseMinor;
    const after = lineInBooks(line, line.vestedMinor - clawbackMinor, line.revision);
    movements.push({ line: after, before, accrueMinor: 0n, reverseMinor, clawbackMinor });
  }
  return movements;
}

interface Change {
  line: BookedLine;
  before: BookedLine | undefined;
  differenceMinor: bigint;
}

function gain({ line, before, differenceMinor }: Change): LineMovement {
  return { line, before, accrueMinor: differenceMinor, reverseMinor: 0n, clawbackMinor: 0n };
}

/** The change of one line; none where it stays as it is. A line that is no longer wanted stays with the amount 0. */
function change(before: BookedLine | undefined, wanted: WantedLine | undefined): Change[] {
  const after = wanted ?? (before && { ...before, amountMinor: 0n });
  if (!after || (before && sameLine(before, after))) return [];
  const line = lineInBooks(after, before?.vestedMinor ?? 0n, (before?.revision ?? 0) + 1);
  return [{ line, before, differenceMinor: line.amountMinor - (before?.amountMinor ?? 0n) }];
}

/** A line with its place in the books. Spelled out: to spread so many members takes twenty times as long, for each event. */
function lineInBooks(line: WantedLine, vestedMinor: bigint, revision: number): BookedLine {
  return {
    eventId: line.eventId,
    partnerId: line.partnerId,
    ruleId: line.ruleId,
    step: line.step,
    kind: line.kind,
    tender: line.tender,
    ofEventId: line.ofEventId,
    currency: line.currency,
    termsHash: line.termsHash,
    versionId: line.versionId,
    clause: line.clause,
    clamp: line.clamp,
    occurredAt: line.occurredAt,
    vestAt: line.vestAt,
    amountMinor: line.amountMinor,
    vestedMinor,
    revision,
  };
}

function sameLine(before: WantedLine, after: WantedLine): boolean {
  return (
    before.amountMinor === after.amountMinor &&
    before.termsHash === after.termsHash &&
    before.versionId === after.versionId &&
    before.clause === after.clause &&
    before.clamp === after.clamp &&
    before.vestAt.getTime() === after.vestAt.getTime()
  );
}

function byTime({ line: a }: Change, { line: b }: Change): number {
  return a.occurredAt.getTime() - b.occurredAt.getTime() || (keyText(a) < keyText(b) ? -1 : 1);
}

/**
 * A line's key as one text, which no two keys share. Later versions may use a rule's id for a reward of another kind: what
 * is a bonus, and what is credit, is kept apart from what is not.
 */
export function keyText({ eventId, partnerId, ruleId, step, kind, tender }: LineFacts): string {
  const parts = [eventId, partnerId, ruleId, step.toString()];
  if (tender === 'credit') parts.push('credit');
  if (kind === 'bonus') parts.push('bonus');
  return JSON.stringify(parts);
}

/** One partner's money or credit. */
export type Purse = Pick<LineFacts, 'partnerId' | 'currency' | 'tender'>;

/** What of a purse has vested and can still be taken back, in minor units: what `payable` or `credit_balance` holds. */
export type PayableOf = (purse: Purse) => bigint;

/** What is posted for some movements, and in which transactions new lines were summed up. */
export interface MovementPostings {
  readonly transactions: readonly LedgerTransaction[];
  /** Ids of transactions, by the lines that stand in them as parts. */
  readonly accruedIn: ReadonlyMap<BookedLine, string>;
}

/**
 * The ledger transactions of these movements. What new events of one partner earn under the same clause is posted together,
 * with a part for each; every other difference is a transaction of its own, in their order. A clawback takes from payable
 * what is there; each sees what the one before it left. `newId` makes the ids of transactions that are summed up.
 */
export function movementTransactions(
  movements: readonly LineMovement[],
  { payableOf, actorId, newId }: { payableOf: PayableOf; actorId: string; newId: () => string },
): MovementPostings {
  const left = new RunningBalances(payableOf);
  const transactions: LedgerTransaction[] = [];
  const together = new Map<string, LineMovement[]>();
  for (const movement of movements) {
    const { line, accrueMinor, reverseMinor, clawbackMinor } = movement;
    if (isNewEarning(movement)) {
      const key = clauseKey(line);
      const known = together.get(key);
      if (known) known.push(movement);
      else together.set(key, [movement]);
      continue;
    }
    const occasion = (amountMinor: bigint) => lineOccasion(line, amountMinor, line.occurredAt, actorId);
    if (accrueMinor > 0n) transactions.push(accrue(occasion(accrueMinor)));
    if (reverseMinor > 0n) transactions.push(reverse(occasion(reverseMinor)));
    if (clawbackMinor > 0n) {
      const payableMinor = left.take(line, clawbackMinor);
      transactions.push(clawback({ ...occasion(clawbackMinor), payableMinor }));
    }
  }
  const accruedIn = new Map<BookedLine, string>();
  for (const group of together.values()) {
    const [first, ...more] = group.map(({ line, accrueMinor }) =>
      lineOccasion(line, accrueMinor, line.occurredAt, actorId),
    );
    if (first && more.length === 0) transactions.push(accrue(first));
    if (!first || more.length === 0) continue;
    const id = newId();
    transactions.push(accrueTogether([first, ...more], id));
    for (const { line } of group) accruedIn.set(line, id);
  }
  return { transactions, accruedIn };
}

/** Whether an event has earned what it had not before; bonuses and refunds are told one by one. */
function isNewEarning({ line, before, accrueMinor }: LineMovement): boolean {
  return !before && accrueMinor > 0n && (line.kind === 'commission' || line.kind === 'credit');
}

/** What the parts of one transaction have in common. */
function clauseKey({ partnerId, currency, tender, ruleId, clause, termsHash }: LineFacts): string {
  return `${partnerId}\n${currency}\n${tender}\n${ruleId}\n${clause}\n${termsHash}`;
}

/** What a transaction says of the line that it moves; the line's revision keeps its changes apart. */
export function lineOccasion(line: BookedLine, amountMinor: bigint, eventAt: Date, actorId: string): PartnerOccasion {
  const { partnerId, currency, tender, kind, eventId, ruleId, clause, termsHash, revision } = line;
  return {
    key: `${keyText(line)}/${revision}`,
    eventAt,
    currency,
    actorId,
    partnerId,
    tender,
    amountMinor,
    expense: kind === 'bonus' ? 'bonus_expense' : 'commission_expense',
    refs: { eventId, ruleId, clause, termsHash },
  };
}

/** Balances that are read once and then moved along with what is about to be posted. Minor units. */
export class RunningBalances {
  private readonly balances = new Map<string, bigint>();

  constructor(private readonly read: PayableOf) {}

  of(purse: Purse): bigint {
    return this.balances.get(purseKey(purse)) ?? this.read(purse);
  }

  add(purse: Purse, amountMinor: bigint): void {
    this.balances.set(purseKey(purse), this.of(purse) + amountMinor);
  }

  /** Takes what is there, at most `amountMinor`; answers with what was there before. */
  take(purse: Purse, amountMinor: bigint): bigint {
    const before = this.of(purse);
    this.add(purse, before < amountMinor ? -before : -amountMinor);
    return before;
  }
}

function purseKey({ partnerId, currency, tender }: Purse): string {
  return `${partnerId}\n${currency}\n${tender}`;
}
