import { bankFileStates, instructionStates, type BankFileState, type InstructionState } from './bank-states.js';
import type { ReportedFact } from './reported-facts.js';

/** What became of a fact. All but the first three need a person. */
export type Verdict =
  | 'applied'
  | 'unchanged' // we knew, or we know more than this older report
  | 'noticed' // it moves nothing: a change of an account, a payment that is not booked yet
  | 'unmatched' // nothing of ours that was handed over is what it is about
  | 'amount_differs' // it is about a payment of ours, and of another amount
  | 'contradiction'; // it says the opposite of what was told before

/** The verdicts that a person has to look at. */
export const openVerdicts: readonly Verdict[] = ['unmatched', 'amount_differs', 'contradiction'];

/** An instruction as far as a report can change it. */
export interface LiveInstruction {
  readonly id: string;
  readonly fileId: string;
  readonly partId: string | null;
  readonly endToEndId: string;
  readonly trace: string | null;
  readonly amountMinor: bigint;
  readonly currency: string;
  state: InstructionState;
  returnedMinor: bigint;
  reason: string | undefined;
}

export interface LiveFile {
  readonly id: string;
  readonly messageId: string;
  state: BankFileState;
  reason: string | undefined;
}

/** What was handed over and is named by a report, and which movements were told of before. */
export interface Books {
  files: readonly LiveFile[];
  instructions: readonly LiveInstruction[];
  movements: Set<string>;
}

export interface JudgedFact {
  fact: ReportedFact;
  verdict: Verdict;
  instructionId?: string;
  fileId?: string;
  /** Set where the movement counts: it is not to be counted again. */
  movementKey?: string;
}

/** Applies facts to the books, forwards only; the books are changed, what became of each fact is returned. */
export function applyFacts(facts: readonly ReportedFact[], books: Books): JudgedFact[] {
  const told = new Set<string>();
  const byId = new Map(books.instructions.map((one) => [one.endToEndId, one]));
  // Of a trace number that was used before, the latest payment is meant: the list is in the order of time.
  const byTrace = new Map(books.instructions.map((one) => [one.trace, one]));
  const judged = facts.map((fact): JudgedFact => {
    const { target } = fact;
    if (target.level === 'payment' || target.level === 'trace') {
      const one = target.level === 'payment' ? byId.get(target.endToEndId) : byTrace.get(target.trace);
      if (!one) return { fact, verdict: 'unmatched' };
      told.add(one.id);
      return { ...judgeOne(fact, one, books.movements), instructionId: one.id, fileId: one.fileId };
    }
    return judgeMany(fact, books, told);
  });
  for (const file of books.files) acknowledge(file, books, facts);
  return judged;
}

function judgeOne(
  fact: ReportedFact,
  one: LiveInstruction,
  movements: Set<string>,
): { fact: ReportedFact; verdict: Verdict; movementKey?: string } {
  const { action, amountMinor, currency } = fact;
  if (fact.kind === 'notice' || fact.isBooked === false) return { fact, verdict: 'noticed' };
  if (action === undefined)
    return { fact, verdict: fact.kind === 'credit' || fact.kind === 'debit' ? 'unmatched' : 'noticed' };
  if (currency !== undefined && currency !== one.currency) return { fact, verdict: 'amount_differs' };
  if (action === 'return') return takeBack(fact, one, movements);
  if (amountMinor !== undefined && amountMinor !== one.amountMinor) return { fact, verdict: 'amount_differs' };
  return { fact, verdict: advance(one, action, fact.reason) };
}

/** Money that came back, as much as it was: a movement counts once, whichever reports tell of it. */
function takeBack(
  fact: ReportedFact,
  one: LiveInstruction,
  movements: Set<string>,
): { fact: ReportedFact; verdict: Verdict; movementKey?: string } {
  const movementKey = `${one.id}/${fact.movement ?? ''}`;
  if (movements.has(movementKey)) return { fact, verdict: 'unchanged' };
  const amountMinor = fact.amountMinor ?? one.amountMinor;
  if (one.state === 'rejected') return { fact, verdict: 'contradiction' };
  const isOther = fact.isWhole === true && amountMinor !== one.amountMinor;
  if (isOther || amountMinor === 0n || one.returnedMinor + amountMinor > one.amountMinor)
    return { fact, verdict: 'amount_differs' };
  movements.add(movementKey);
  one.returnedMinor += amountMinor;
  one.reason = fact.reason;
  // What came back went out before, even where nobody told us then.
  if (instructionStates.allows(one.state, 'settle')) one.state = instructionStates.next(one.state, 'settle');
  if (one.returnedMinor === one.amountMinor) one.state = instructionStates.next(one.state, 'return');
  return { fact, verdict: 'applied', movementKey };
}

function advance(one: LiveInstruction, action: 'accept' | 'settle' | 'reject', reason: string | undefined): Verdict {
  if (instructionStates.allows(one.state, action)) {
    one.state = instructionStates.next(one.state, action);
    if (action === 'reject') one.reason = reason;
    return 'applied';
  }
  const isPaid = one.state === 'settled' || one.state === 'returned';
  const isOpposite = action === 'reject' ? isPaid : one.state === 'rejected';
  return isOpposite ? 'contradiction' : 'unchanged';
}

/** What is said of a part or a whole file goes for its payments that are not spoken of by themselves. */
function judgeMany(fact: ReportedFact, books: Books, told: ReadonlySet<string>): JudgedFact {
  const { target, action } = fact;
  const inScope = books.instructions.filter((one) => isWithin(one, fact, books.files));
  const [first] = inScope;
  if (!first || target.level === 'nothing') return { fact, verdict: 'unmatched' };
  const fileId = first.fileId;
  if (fact.isBooked === false) return { fact, verdict: 'noticed', fileId };
  if (action === undefined) return { fact, verdict: fact.kind === 'credit' ? 'unmatched' : 'noticed', fileId };
  const isBookedAsOne = fact.amountMinor !== undefined;
  const meant = inScope.filter(({ id, state }) => !told.has(id) && (!isBookedAsOne || state !== 'rejected'));
  if (isBookedAsOne) {
    const sum = meant.reduce((total, { amountMinor }) => total + amountMinor, 0n);
    const isSame = sum === fact.amountMinor && meant.every(({ currency }) => currency === fact.currency);
    const isCounted = fact.payments === undefined || fact.payments === meant.length;
    if (!isSame || !isCounted || action === 'return') return { fact, verdict: 'amount_differs', fileId };
  }
  const verdicts = meant.map((one) => advance(one, action as 'accept' | 'settle' | 'reject', fact.reason));
  const verdict = (['contradiction', 'applied'] as const).find((each) => verdicts.includes(each)) ?? 'unchanged';
  return { fact, verdict, fileId };
}

function isWithin(one: LiveInstruction, { target }: ReportedFact, files: readonly LiveFile[]): boolean {
  const file = files.find(({ id }) => id === one.fileId);
  if (target.level === 'part') {
    return one.partId === target.partId && (target.messageId === undefined || file?.messageId === target.messageId);
  }
  return target.level === 'file' && file?.messageId === target.messageId;
}

/**
 * The bank has a file as soon as it says anything of its payments but that it rejects all of them, which rejects the
 * file.
 */
function acknowledge(file: LiveFile, books: Books, facts: readonly ReportedFact[]): void {
  const own = books.instructions.filter(({ fileId }) => fileId === file.id);
  const group = facts.find(
    ({ kind, target }) => kind === 'file_status' && target.level === 'file' && target.messageId === file.messageId,
  );
  const isRejected = own.every(({ state }) => state === 'rejected');
  const isTaken =
    group?.action === 'accept' || group?.action === 'settle' || own.some(({ state }) => state !== 'filed');
  if (isRejected && bankFileStates.allows(file.state, 'reject')) {
    file.state = bankFileStates.next(file.state, 'reject');
    file.reason = group?.reason ?? own[0]?.reason;
  } else if (!isRejected && isTaken && bankFileStates.allows(file.state, 'acknowledge')) {
    file.state = bankFileStates.next(file.state, 'acknowledge');
  }
}
