import {
  chronologically,
  completionRate,
  differencesOf,
  isOnlyInEvidence,
  orphanDifferences,
  requirePeriod,
  type ExpectedWorkflow,
  type SeenWorkflow,
  type TimelineEntry,
} from '../../libs/contract-tracking/domain/index.js';

const attributes = { Stage: ['in_review'], AwaitingRole: ['partner_manager'], DueAt: [] };
const expected: ExpectedWorkflow = {
  ...{ process: 'partnerOnboarding', workflowId: 'partner-onboarding/app_1', rowId: 'app_1', programId: 'prg_1' },
  ...{ amendmentId: null, applicationId: 'app_1', state: 'in_review', isOpen: true, isResumable: true, attributes },
};
const agreeing: SeenWorkflow = { standing: 'RUNNING', state: 'in_review', taskAttempts: 1, attributes };

const kinds = (row: Partial<ExpectedWorkflow>, seen: Partial<SeenWorkflow>): string[] =>
  differencesOf({ ...expected, ...row }, { ...agreeing, ...seen }).map(({ kind, repair }) => `${kind} ${repair}`);

describe('a row and its workflow', () => {
  test('agree', () => {
    expect(kinds({}, {})).toEqual([]);
    expect(kinds({}, { attributes: { ...attributes, AwaitingRole: ['partner_manager'], Other: ['x'] } })).toEqual([]);
    // What lists do not show yet, and what a run of an earlier release cannot answer, is no difference.
    expect(kinds({}, { attributes: undefined, state: undefined })).toEqual([]);
  });

  test.each(['MISSING', 'COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'] as const)(
    'differ while the row waits and the workflow is %s',
    (standing) => {
      const kind = standing === 'MISSING' ? 'workflow_missing' : 'workflow_ended';
      expect(kinds({}, { standing })).toEqual([`${kind} resume`]);
      expect(kinds({ isResumable: false }, { standing })).toEqual([`${kind} none`]);
    },
  );

  test('agree when both have ended, but for an activation that was broken off', () => {
    expect(kinds({ isOpen: false, state: 'rejected' }, { standing: 'COMPLETED' })).toEqual([]);
    expect(kinds({ isOpen: false, state: 'rejected' }, { standing: 'TERMINATED' })).toEqual([]);
    expect(kinds({ isOpen: false, state: 'active' }, { standing: 'COMPLETED' })).toEqual([]);
    expect(kinds({ isOpen: false, state: 'active' }, { standing: 'MISSING' })).toEqual([]);
    expect(kinds({ isOpen: false, state: 'active' }, { standing: 'FAILED' })).toEqual(['workflow_broken_off resume']);
  });

  test('differ in the state and in each attribute that is stale', () => {
    expect(kinds({}, { state: 'approved' })).toEqual(['state_differs refresh']);
    expect(kinds({ isOpen: false, state: 'rejected' }, {})).toEqual(['state_differs refresh']);
    const stale = { Stage: ['approved'], AwaitingRole: [], DueAt: ['2026-01-01T00:00:00.000Z'] };
    const found = differencesOf(expected, { ...agreeing, attributes: stale });
    expect(found.map(({ detail }) => detail)).toEqual([
      'Stage is approved, the row says in_review',
      'AwaitingRole is empty, the row says partner_manager',
      'DueAt is 2026-01-01T00:00:00.000Z, the row says empty',
    ]);
  });

  test('are told apart from trouble of the workers', () => {
    expect(kinds({}, { taskAttempts: 3, state: undefined })).toEqual(['task_failing none']);
    expect(kinds({}, { isSilent: true, state: undefined })).toEqual(['no_answer none']);
  });

  test('a workflow without a row is named, and told to look for it', () => {
    const orphan = {
      process: 'negotiation',
      workflowId: 'negotiation/neg_1',
      rowId: 'neg_1',
      programId: null,
    } as const;
    expect(orphanDifferences(orphan, { ...agreeing, taskAttempts: 9 })).toMatchObject([
      { kind: 'row_missing', repair: 'refresh', applicationId: null },
      { kind: 'task_failing', repair: 'none' },
    ]);
  });
});

describe('a timeline', () => {
  const entry = (at: string, source: TimelineEntry['source'], id: string): TimelineEntry => ({
    ...{ at: new Date(at), source, id, subjectId: 's', what: 'w', who: 'system', why: null, from: null, to: null },
    details: {},
  });

  test('has one order, whatever order its parts come in', () => {
    const ordered = [
      entry('2026-01-01T00:00:00Z', 'mail', 'mal_9'),
      entry('2026-01-02T00:00:00Z', 'audit', 'aud_1'),
      entry('2026-01-02T00:00:00Z', 'audit', 'aud_2'),
      entry('2026-01-02T00:00:00Z', 'evidence', 'env_1/000002'),
      entry('2026-01-02T00:00:00Z', 'evidence', 'env_1/000010'),
      entry('2026-01-02T00:00:00Z', 'mail', 'mal_1'),
    ];
    for (let turn = 0; turn < ordered.length; turn += 1) {
      const turned = [...ordered.slice(turn), ...ordered.slice(0, turn)].reverse();
      expect(turned.sort(chronologically)).toEqual(ordered);
    }
  });

  test('takes from the evidence what the audit does not tell', () => {
    expect(['viewed', 'asked', 'reminded', 'delivered', 'bounced'].filter((type) => !isOnlyInEvidence(type))).toEqual(
      [],
    );
    expect(['executed', 'signed', 'sealed', 'signing_intent', 'delegated'].filter(isOnlyInEvidence)).toEqual([]);
  });
});

describe('figures', () => {
  test.each([
    [{ executed: 0, declined: 0, expired: 0, voided: 0 }, null],
    [{ executed: 3, declined: 0, expired: 0, voided: 0 }, '1.0000'],
    [{ executed: 2, declined: 1, expired: 0, voided: 0 }, '0.6667'],
    [{ executed: 1, declined: 1, expired: 1, voided: 0 }, '0.3333'],
    [{ executed: 0, declined: 0, expired: 0, voided: 7 }, '0.0000'],
  ])('%j: %s of what ended was executed', (counts, rate) => {
    expect(completionRate(counts)).toBe(rate);
  });

  test('refuse a period that ends before it begins, or is too long', () => {
    const at = (text: string) => new Date(text);
    expect(() => requirePeriod(at('2026-01-02'), at('2026-01-02'), 9e9)).toThrow('the period is not valid');
    expect(() => requirePeriod(at('2026-01-01'), at('2026-01-03'), 86_400_000)).toThrow('the period is not valid');
    expect(() => requirePeriod(at('2026-01-01'), at('2026-01-02'), 86_400_000)).not.toThrow();
  });
});
