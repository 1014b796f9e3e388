import { agreementStates, renewalStates, terminationStates } from '../../libs/agreements/domain/index.js';
import { approvalStates, negotiationStates } from '../../libs/agreements/domain/negotiation-state.js';
import type { TransitionTable } from '../../libs/kernel/transition-table.js';
import { applicationStages, partnerStages } from '../../libs/partners/domain/index.js';
import { batchStates, itemStates } from '../../libs/payouts/domain/index.js';
import { envelopeStates, recipientStates } from '../../libs/signatures/domain/index.js';

interface Case {
  states: TransitionTable<string, string>;
  actions: string[];
  /** Every allowed step, as `state action → state`; all others are refused. */
  allowed: string[];
  terminal: string[];
}

const cases: Case[] = [
  {
    states: applicationStages,
    actions: [
      ...['verify', 'approve', 'reject', 'withdraw', 'expire', 'activate', 'lapse'],
      ...['request_information', 'answer_information', 'miss_information'],
    ],
    allowed: [
      'unverified verify → in_review',
      'unverified withdraw → withdrawn',
      'unverified expire → expired',
      'in_review request_information → information_requested',
      'information_requested answer_information → in_review',
      'information_requested miss_information → in_review',
      'information_requested approve → approved',
      'information_requested reject → rejected',
      'information_requested withdraw → withdrawn',
      'information_requested expire → expired',
      'in_review approve → approved',
      'in_review reject → rejected',
      'in_review withdraw → withdrawn',
      'in_review expire → expired',
      'approved withdraw → withdrawn',
      'approved activate → active',
      'approved lapse → lapsed',
    ],
    terminal: ['active', 'rejected', 'withdrawn', 'expired', 'lapsed'],
  },
  {
    states: partnerStages,
    actions: ['activate', 'suspend', 'resume', 'end'],
    allowed: [
      'contracting activate → active',
      'contracting end → ended',
      'active suspend → suspended',
      'active end → ended',
      'suspended resume → active',
      'suspended end → ended',
    ],
    terminal: ['ended'],
  },
  {
    states: agreementStates,
    actions: ['give_notice', 'take_back', 'end'],
    allowed: [
      'in_force give_notice → under_notice',
      'in_force end → ended',
      'under_notice take_back → in_force',
      'under_notice end → ended',
    ],
    terminal: ['ended'],
  },
  {
    states: terminationStates,
    actions: ['take_back', 'supersede', 'reinstate', 'take_effect'],
    allowed: [
      ...['given take_back → taken_back', 'given supersede → superseded', 'given take_effect → effective'],
      'superseded reinstate → given',
    ],
    terminal: ['taken_back', 'effective'],
  },
  {
    states: renewalStates,
    actions: ['consent', 'decline', 'lapse'],
    allowed: ['open consent → consented', 'open decline → declined', 'open lapse → lapsed'],
    terminal: ['consented', 'declined', 'lapsed'],
  },
  {
    states: negotiationStates,
    actions: ['propose', 'retract', 'accept', 'withdraw', 'lapse'],
    allowed: [
      ...['open propose → open', 'open retract → open', 'open accept → agreed', 'open withdraw → withdrawn'],
      'open lapse → lapsed',
    ],
    terminal: ['agreed', 'withdrawn', 'lapsed'],
  },
  {
    states: approvalStates,
    actions: ['approve', 'reject', 'withdraw', 'supersede'],
    allowed: [
      ...['pending approve → approved', 'pending reject → rejected', 'pending withdraw → withdrawn'],
      'pending supersede → superseded',
    ],
    terminal: ['approved', 'rejected', 'withdrawn', 'superseded'],
  },
  {
    states: envelopeStates,
    actions: [
      ...['freeze', 'send', 'view', 'sign', 'complete_partner', 'seal_partner', 'countersign', 'complete_company'],
      ...['begin_sealing', 'execute', 'decline', 'void', 'expire', 'supersede'],
    ],
    allowed: [
      'draft freeze → frozen',
      'draft void → voided',
      'frozen send → sent',
      'frozen void → voided',
      'frozen supersede → superseded',
      ...['sent', 'viewed'].flatMap((state) => [
        `${state} view → viewed`,
        `${state} sign → viewed`,
        `${state} complete_partner → partner_signed`,
        `${state} decline → declined`,
        `${state} void → voided`,
        `${state} expire → expired`,
        `${state} supersede → superseded`,
      ]),
      'partner_signed seal_partner → awaiting_countersign',
      'partner_signed void → voided',
      'awaiting_countersign countersign → awaiting_countersign',
      'awaiting_countersign complete_company → countersigned',
      'awaiting_countersign void → voided',
      'awaiting_countersign expire → expired',
      'awaiting_countersign supersede → superseded',
      'countersigned begin_sealing → sealing',
      'sealing execute → executed',
    ],
    terminal: ['executed', 'declined', 'voided', 'expired', 'superseded'],
  },
  {
    states: recipientStates,
    actions: ['ask', 'view', 'sign', 'decline', 'delegate', 'correct'],
    allowed: [
      'waiting ask → asked',
      'waiting sign → signed',
      'waiting decline → declined',
      'waiting delegate → delegated',
      'waiting correct → waiting',
      ...['asked', 'viewed'].flatMap((state) => [
        `${state} view → viewed`,
        `${state} sign → signed`,
        `${state} decline → declined`,
        `${state} delegate → delegated`,
        `${state} correct → waiting`,
      ]),
    ],
    terminal: ['signed', 'declined', 'delegated'],
  },
  {
    states: batchStates,
    actions: [
      ...['submit', 'edit', 'approve_partly', 'approve', 'block', 'release', 'reject', 'recall', 'cancel'],
      ...['pay', 'complete', 'complete_partially', 'retry', 'reconcile', 'close'],
    ],
    allowed: [
      'draft submit → frozen',
      'draft edit → draft',
      'draft cancel → cancelled',
      ...['frozen', 'in_approval', 'approval_blocked'].flatMap((state) => [
        `${state} approve_partly → in_approval`,
        `${state} approve → approved`,
        `${state} block → approval_blocked`,
        `${state} edit → frozen`,
        `${state} reject → rejected`,
        `${state} recall → recalled`,
      ]),
      'approved release → released',
      'approved edit → frozen',
      'approved reject → rejected',
      'approved recall → recalled',
      'released pay → processing',
      ...['released', 'processing'].flatMap((state) => [
        `${state} complete → completed`,
        `${state} complete_partially → partial`,
      ]),
      'partial retry → processing',
      'partial reconcile → reconciled',
      'completed reconcile → reconciled',
      'reconciled reconcile → reconciled',
      'reconciled close → closed',
    ],
    terminal: ['closed', 'rejected', 'recalled', 'cancelled'],
  },
  {
    states: itemStates,
    actions: [
      ...['screen', 'hold', 'clear', 'reserve', 'send', 'lose_track', 'accept', 'settle', 'refuse', 'retry'],
      ...['return', 'supersede'],
    ],
    allowed: [
      'pending screen → screened',
      'pending hold → held',
      'pending supersede → superseded',
      'screened hold → held',
      'screened reserve → reserved',
      'screened supersede → superseded',
      'held clear → screened',
      'held supersede → superseded',
      'reserved hold → held',
      'reserved send → sending',
      'reserved supersede → superseded',
      'sending send → sending',
      'sending lose_track → unknown',
      'sending accept → submitted',
      'sending settle → settled',
      'sending refuse → failed',
      'unknown send → sending',
      'unknown lose_track → unknown',
      'unknown accept → submitted',
      'unknown settle → settled',
      'unknown refuse → failed',
      'submitted settle → settled',
      'submitted refuse → failed',
      'submitted return → returned',
      'settled return → returned',
      'failed retry → reserved',
    ],
    terminal: ['returned', 'superseded'],
  },
];

/** Tables in which some step leads back to the first state. */
const returning: readonly TransitionTable<string, string>[] = [
  negotiationStates,
  agreementStates,
  recipientStates,
  terminationStates,
  batchStates,
];

describe.each(cases)('$states.name', ({ states, actions, allowed, terminal }) => {
  const all = Object.keys(states.table);

  test('the actions listed here are those of the table', () => {
    const known = all.flatMap((state) => Object.keys(states.table[state] ?? {}));
    expect([...new Set(known)].sort()).toEqual([...actions].sort());
  });

  test.each(all)('%s allows exactly what the list says', (state) => {
    for (const action of actions) {
      const to = allowed.find((step) => step.startsWith(`${state} ${action} → `))?.split(' → ')[1];
      expect({ state, action, allows: states.allows(state, action) }).toEqual({
        state,
        action,
        allows: to !== undefined,
      });
      if (to === undefined) {
        expect(() => states.next(state, action)).toThrow(expect.objectContaining({ code: 'illegal-transition' }));
      } else {
        expect(states.next(state, action)).toBe(to);
      }
    }
  });

  test('every state is reached by some step, except the first', () => {
    const reached = new Set(allowed.map((step) => step.split(' → ')[1]));
    expect(all.filter((state) => !reached.has(state))).toEqual(returning.includes(states) ? [] : [all[0]]);
  });

  test('nothing leads out of its ends', () => {
    expect(all.filter((state) => states.isTerminal(state))).toEqual(terminal);
  });
});

describe('what somebody may refuse who may know an older state than the row has', () => {
  test.each([
    ['an approval before the mail address is proved', applicationStages, 'unverified', 'approve', true],
    ['an answer before the question is known', applicationStages, 'in_review', 'answer_information', true],
    ['an approval after the withdrawal', applicationStages, 'withdrawn', 'approve', false],
    ['a verification after the approval', applicationStages, 'approved', 'verify', false],
    ['a release of what is known as a draft', batchStates, 'draft', 'release', true],
    ['an approval of what was edited since it was approved', batchStates, 'approved', 'approve', true],
    ['a recall of what was released', batchStates, 'released', 'recall', false],
    ['a second reconciliation', batchStates, 'reconciled', 'reconcile', true],
  ] as [string, TransitionTable<string, string>, string, string, boolean][])(
    '%s: %#',
    (_, states, from, action, mayCome) => {
      expect(states.mayComeToAllow(from, action)).toBe(mayCome);
    },
  );
});
