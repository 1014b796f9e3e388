import { TransitionTable } from '../../kernel/transition-table.js';
import type { Party } from './envelope-state.js';

/** Where one recipient stands: not its turn yet, asked for its act, has looked, has acted, or has passed its place on. */
export type RecipientState = 'waiting' | 'asked' | 'viewed' | 'signed' | 'declined' | 'delegated';
/** `correct`: its address was wrong, and it has to be asked anew. */
export type RecipientAction = 'ask' | 'view' | 'sign' | 'decline' | 'delegate' | 'correct';

/** Whoever has an account may act as soon as it is its turn, even before the request is on its way. */
export const recipientStates = new TransitionTable<RecipientState, RecipientAction>('recipient', {
  waiting: { ask: 'asked', sign: 'signed', decline: 'declined', delegate: 'delegated', correct: 'waiting' },
  asked: { view: 'viewed', sign: 'signed', decline: 'declined', delegate: 'delegated', correct: 'waiting' },
  viewed: { view: 'viewed', sign: 'signed', decline: 'declined', delegate: 'delegated', correct: 'waiting' },
  signed: {},
  declined: {},
  delegated: {},
});

/** How a recipient proves who it is before it is shown the contract. */
export type AuthenticationMethod = 'link' | 'access_code' | 'email_otp';

/** What becomes of the mails to a recipient. */
export type DeliveryState = 'pending' | 'sent' | 'delivered' | 'failed';

/** One after the other, or all of a party at once. */
export type SigningOrder = 'sequential' | 'parallel';

/** A recipient as the rules of turns see it. */
export interface Place {
  id: string;
  party: Party;
  /** From 1, within its party. */
  place: number;
  state: RecipientState;
}

/** Whether an act of this recipient is still missing. */
export function isOpen({ state }: Pick<Place, 'state'>): boolean {
  return state === 'waiting' || state === 'asked' || state === 'viewed';
}

/** The recipients of a party whose turn it is: all that are open, or the open ones of the lowest place. */
export function turnOf<Recipient extends Place>(
  recipients: readonly Recipient[],
  party: Party | null,
  order: SigningOrder,
): Recipient[] {
  const open = recipients.filter((recipient) => recipient.party === party && isOpen(recipient));
  if (order === 'parallel') return open;
  const first = Math.min(...open.map(({ place }) => place));
  return open.filter(({ place }) => place === first);
}

/** Whether nobody else of the party has to act once this recipient has. */
export function isLastToAct(recipients: readonly Place[], { id, party }: Pick<Place, 'id' | 'party'>): boolean {
  return recipients.every((other) => other.id === id || other.party !== party || !isOpen(other));
}

/** A mail address as evidence tells it: enough to recognise, too little to write to. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 1) return '***';
  return `${address.slice(0, 1)}***${address.slice(at)}`;
}
