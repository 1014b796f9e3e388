import { TransitionTable } from '../../kernel/transition-table.js';

/** signing.md, States: from the list of recipients to a contract that carries the seals of both parties. */
export type EnvelopeState =
  | 'draft'
  | 'frozen'
  | 'sent'
  | 'viewed'
  | 'partner_signed'
  | 'awaiting_countersign'
  | 'countersigned'
  | 'sealing'
  | 'executed'
  | 'declined'
  | 'voided'
  | 'expired'
  | 'superseded';

/**
 * `sign` and `countersign` are acts after which others of the same party have still to act; `complete_partner` and
 * `complete_company` are the last ones of their party.
 */
export type EnvelopeAction =
  | 'freeze'
  | 'send'
  | 'view'
  | 'sign'
  | 'complete_partner'
  | 'seal_partner'
  | 'countersign'
  | 'complete_company'
  | 'begin_sealing'
  | 'execute'
  | 'decline'
  | 'void'
  | 'expire'
  | 'supersede';

/**
 * Once the company has countersigned, the contract is concluded: nothing but its execution follows. While the partner's
 * seal is being made nothing expires, since that is no fault of anyone who has still to act.
 */
export const envelopeStates = new TransitionTable<EnvelopeState, EnvelopeAction>('envelope', {
  draft: { freeze: 'frozen', void: 'voided' },
  frozen: { send: 'sent', void: 'voided', supersede: 'superseded' },
  sent: {
    view: 'viewed',
    sign: 'viewed',
    complete_partner: 'partner_signed',
    decline: 'declined',
    void: 'voided',
    expire: 'expired',
    supersede: 'superseded',
  },
  viewed: {
    view: 'viewed',
    sign: 'viewed',
    complete_partner: 'partner_signed',
    decline: 'declined',
    void: 'voided',
    expire: 'expired',
    supersede: 'superseded',
  },
  partner_signed: { seal_partner: 'awaiting_countersign', void: 'voided' },
  awaiting_countersign: {
    countersign: 'awaiting_countersign',
    complete_company: 'countersigned',
    void: 'voided',
    expire: 'expired',
    supersede: 'superseded',
  },
  countersigned: { begin_sealing: 'sealing' },
  sealing: { execute: 'executed' },
  executed: {},
  declined: {},
  voided: {},
  expired: {},
  superseded: {},
});

/** The parties to a contract. */
export type Party = 'partner' | 'company';

/** Whose act an envelope waits for; nobody's before it is sent, while seals are made and once it has ended. */
export function awaitedParty(state: EnvelopeState): Party | null {
  if (state === 'sent' || state === 'viewed') return 'partner';
  return state === 'awaiting_countersign' ? 'company' : null;
}

/** States in which the deadline for signatures runs. */
export function isAwaiting(state: EnvelopeState): boolean {
  return awaitedParty(state) !== null;
}
