import {
  envelopeStates,
  openEnvelopeStates,
  progressAt,
  stallsOf,
  type EnvelopeState,
  type TrackedEnvelope,
  type TrackedRecipient,
} from '../../libs/signatures/domain/index.js';

const dayMs = 86_400_000;
const begin = new Date('2026-03-01T09:00:00Z');
const after = (days: number): Date => new Date(begin.getTime() + days * dayMs);

function recipient(changes: Partial<TrackedRecipient> = {}): TrackedRecipient {
  return {
    ...{ id: 'rcp_1', state: 'asked', delivery: 'sent', askedAt: begin, viewedAt: null, actedAt: null },
    ...{ authenticatedAt: null, lockedAt: null },
    ...changes,
  };
}

function envelope(changes: Partial<TrackedEnvelope> = {}): TrackedEnvelope {
  const quiet = { state: 'sent' as EnvelopeState, stateSince: begin, sealBlocked: null, sealBlockedAt: null };
  return { ...quiet, recipients: [recipient()], ...changes };
}

const causes = (of: TrackedEnvelope, now: Date, patienceDays = 7): string[] =>
  stallsOf(of, patienceDays * dayMs, now).map(({ cause }) => cause);

describe('an envelope is stalled', () => {
  test('when nobody got further for longer than the program says, not at that very instant', () => {
    expect(causes(envelope(), after(7))).toEqual([]);
    expect(causes(envelope(), new Date(after(7).getTime() + 1))).toEqual(['no_progress']);
    expect(causes(envelope(), after(8), 30)).toEqual([]);
  });

  test.each(['askedAt', 'viewedAt', 'actedAt', 'authenticatedAt'] as const)(
    'not while %s tells of progress',
    (step) => {
      const moved = envelope({ recipients: [recipient({ [step]: after(6) })] });
      expect(progressAt(moved)).toEqual(after(6));
      expect(causes(moved, after(13))).toEqual([]);
      expect(stallsOf(moved, 7 * dayMs, after(14))).toEqual([{ cause: 'no_progress', since: after(6) }]);
    },
  );

  test('when mails to somebody whose turn it is fail, with whose', () => {
    const failing = envelope({ recipients: [recipient({ delivery: 'failed' }), recipient({ id: 'rcp_2' })] });
    expect(stallsOf(failing, 7 * dayMs, after(1))).toEqual([
      { cause: 'delivery_failed', since: null, recipientId: 'rcp_1' },
    ]);
    for (const state of ['waiting', 'signed', 'declined', 'delegated'] as const) {
      expect(causes(envelope({ recipients: [recipient({ delivery: 'failed', state })] }), after(1))).toEqual([]);
    }
  });

  test('when a signer is locked out, since when', () => {
    const locked = envelope({ recipients: [recipient({ state: 'viewed', lockedAt: after(2) })] });
    expect(stallsOf(locked, 7 * dayMs, after(3))).toEqual([
      { cause: 'signer_locked', since: after(2), recipientId: 'rcp_1' },
    ]);
  });

  test('when its seal is blocked, with the cause', () => {
    const blocked = envelope({ state: 'sealing', sealBlocked: 'key_unavailable', sealBlockedAt: after(1) });
    expect(stallsOf(blocked, 7 * dayMs, after(2))).toEqual([
      { cause: 'seal_blocked', since: after(1), detail: 'key_unavailable' },
    ]);
  });

  test('for several reasons at once', () => {
    const recipients = [recipient({ delivery: 'failed', lockedAt: after(1) })];
    const stuck = envelope({ recipients, sealBlocked: 'verification_failed', sealBlockedAt: after(1) });
    expect(causes(stuck, after(30))).toEqual(['no_progress', 'delivery_failed', 'signer_locked', 'seal_blocked']);
  });

  test('never once it has ended, whatever its rows still say', () => {
    const recipients = [recipient({ delivery: 'failed', lockedAt: begin })];
    for (const state of Object.keys(envelopeStates.table) as EnvelopeState[]) {
      const found = causes(envelope({ state, recipients, sealBlocked: 'key_unavailable' }), after(99));
      expect(found.length > 0).toBe(openEnvelopeStates.includes(state));
    }
  });
});
