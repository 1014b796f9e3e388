import { negotiationStates } from '../../libs/agreements/domain/negotiation-state.js';
import type { TransitionTable } from '../../libs/kernel/transition-table.js';
import { applicationStages, partnerStages } from '../../libs/partners/domain/index.js';
import { batchStates, itemStates } from '../../libs/payouts/domain/index.js';
import { envelopeStates } from '../../libs/signatures/domain/index.js';

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
    actions: ['activate', 'end'],
    allowed: ['contracting activate → active', 'contracting end → ended'],
    terminal: ['active', 'ended'],
  },
  {
    states: negotiationStates,
    actions: ['propose', 'accept', 'withdraw'],
    allowed: ['open propose → open', 'open accept → agreed', 'open withdraw → withdrawn'],
    terminal: ['agreed', 'withdrawn'],
  },
  {
    states: envelopeStates,
    actions: ['view', 'sign', 'countersign', 'decline', 'void', 'expire'],
    allowed: [
      'sent view → viewed',
      'sent sign → awaiting_countersign',
      'sent decline → declined',
      'sent void → voided',
      'sent expire → expired',
      'viewed view → viewed',
      'viewed sign → awaiting_countersign',
      'viewed decline → declined',
      'viewed void → voided',
      'viewed expire → expired',
      'awaiting_countersign countersign → executed',
      'awaiting_countersign void → voided',
      'awaiting_countersign expire → expired',
    ],
    terminal: ['executed', 'declined', 'voided', 'expired'],
  },
  {
    states: batchStates,
    actions: ['submit', 'approve', 'reject', 'cancel', 'complete', 'complete_partially'],
    allowed: [
      'draft submit → frozen',
      'draft cancel → cancelled',
      'frozen approve → released',
      'frozen reject → rejected',
      'released complete → completed',
      'released complete_partially → partial',
    ],
    terminal: ['completed', 'partial', 'rejected', 'cancelled'],
  },
  {
    states: itemStates,
    actions: ['reserve', 'send', 'lose_track', 'accept', 'settle', 'refuse', 'return', 'supersede'],
    allowed: [
      'pending reserve → reserved',
      'pending supersede → superseded',
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
    ],
    terminal: ['failed', 'returned', 'superseded'],
  },
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
    expect(all.filter((state) => !reached.has(state))).toEqual(states === negotiationStates ? [] : [all[0]]);
  });

  test('nothing leads out of its ends', () => {
    expect(all.filter((state) => states.isTerminal(state))).toEqual(terminal);
  });
});
