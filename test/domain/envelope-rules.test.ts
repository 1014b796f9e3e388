import fc from 'fast-check';
import {
  actRefusal,
  awaitedParty,
  envelopeStates,
  isLastToAct,
  isOpen,
  isSameTimer,
  markBytes,
  maskedAddress,
  nextStep,
  nextTimer,
  recipientStates,
  turnOf,
  type EnvelopeState,
  type Place,
  type RecipientState,
  type SigningOrder,
  type TimedEnvelope,
  type TimedRecipient,
} from '../../libs/signatures/domain/index.js';

const states = Object.keys(envelopeStates.table) as EnvelopeState[];
const recipientStateNames = Object.keys(recipientStates.table) as RecipientState[];
const at = (ms: number): Date => new Date(ms);

describe('whose turn it is', () => {
  const place = fc.record({
    id: fc.uuid(),
    party: fc.constantFrom('partner' as const, 'company' as const),
    place: fc.integer({ min: 1, max: 4 }),
    state: fc.constantFrom(...recipientStateNames),
  });
  const places = fc.uniqueArray(place, { maxLength: 8, selector: ({ id }) => id });
  const orders = fc.constantFrom<SigningOrder>('sequential', 'parallel');

  test('only of those who have still to act, of the party that is awaited', () => {
    fc.assert(
      fc.property(places, orders, (recipients, order) => {
        for (const recipient of turnOf(recipients, 'partner', order)) {
          expect([recipient.party, isOpen(recipient)]).toEqual(['partner', true]);
        }
        expect(turnOf(recipients, null, order)).toEqual([]);
      }),
    );
  });

  test('in order: those of the lowest place alone, and nobody of a lower place is open', () => {
    fc.assert(
      fc.property(places, (recipients) => {
        const turn = turnOf(recipients, 'partner', 'sequential');
        const open = recipients.filter((each) => each.party === 'partner' && isOpen(each));
        expect(turn.length > 0).toBe(open.length > 0);
        for (const { place } of turn) expect(open.every((other) => other.place >= place)).toBe(true);
      }),
    );
  });

  test('whoever acts last is the one after whom it is nobody’s turn', () => {
    fc.assert(
      fc.property(places, orders, (recipients, order) => {
        for (const signer of turnOf(recipients, 'partner', order)) {
          const after: Place[] = recipients.map((each) =>
            each.id === signer.id ? { ...each, state: 'signed' } : each,
          );
          expect(isLastToAct(recipients, signer)).toBe(turnOf(after, 'partner', order).length === 0);
        }
      }),
    );
  });
});

describe('the next timer', () => {
  const settings = { remindEveryMs: 100, maxReminders: 2, warnBeforeMs: 300 };
  const sent: TimedEnvelope = {
    state: 'sent',
    sentAt: at(0),
    expiresAt: at(1_000),
    expiryWarnedAt: null,
    countersignDueAt: null,
    escalatedAt: null,
  };
  const asked: TimedRecipient = { id: 'a', delivery: 'sent', askedAt: at(0), remindersSent: 0, lastRemindedAt: null };
  const next = (envelope: Partial<TimedEnvelope>, ...turn: Partial<TimedRecipient>[]) =>
    nextTimer(
      { ...sent, ...envelope },
      turn.map((each) => ({ ...asked, ...each })),
      settings,
    );

  test('is a reminder, one after the other, until there were as many as there may be', () => {
    expect(next({}, {})).toEqual({ kind: 'remind', atMs: 100, recipientId: 'a', number: 1 });
    const again = { remindersSent: 1, lastRemindedAt: at(130) };
    expect(next({}, again)).toEqual({ kind: 'remind', atMs: 230, recipientId: 'a', number: 2 });
    expect(next({}, { remindersSent: 2, lastRemindedAt: at(230) })).toEqual({ kind: 'warn', atMs: 700 });
  });

  test('is nobody’s reminder whose mails come back, or who was not asked yet', () => {
    expect(next({}, { delivery: 'failed' })).toEqual({ kind: 'warn', atMs: 700 });
    expect(next({}, { askedAt: null })).toEqual({ kind: 'warn', atMs: 700 });
    expect(next({}, { delivery: 'failed' }, { id: 'b', askedAt: at(50) })).toMatchObject({
      recipientId: 'b',
      atMs: 150,
    });
  });

  test('follows the expiry wherever that is put, and warns before each', () => {
    expect(next({ expiryWarnedAt: at(700) })).toEqual({ kind: 'expire', atMs: 1_000 });
    expect(next({ expiresAt: at(5_000) })).toEqual({ kind: 'warn', atMs: 4_700 });
    // Sent for a shorter time than the warning comes before: nobody is warned on the spot.
    expect(next({ expiresAt: at(200) })).toEqual({ kind: 'expire', atMs: 200 });
    expect(next({ expiresAt: at(90) }, {})).toEqual({ kind: 'expire', atMs: 90 });
  });

  test('escalates an overdue countersignature once', () => {
    const overdue = { state: 'awaiting_countersign' as const, countersignDueAt: at(400) };
    expect(next(overdue)).toEqual({ kind: 'escalate', atMs: 400 });
    expect(next({ ...overdue, escalatedAt: at(400) })).toEqual({ kind: 'warn', atMs: 700 });
    expect(next({ ...overdue, state: 'sent' })).toEqual({ kind: 'warn', atMs: 700 });
  });

  test.each(states.filter((state) => awaitedParty(state) === null))('is none while %s', (state) => {
    expect(next({ state }, {})).toBeUndefined();
  });

  test('is the same only with the same instant, recipient and number', () => {
    const timer = { kind: 'remind' as const, atMs: 100, recipientId: 'a', number: 1 };
    expect(isSameTimer({ ...timer }, timer)).toBe(true);
    for (const other of [{ atMs: 101 }, { recipientId: 'b' }, { number: 2 }, { kind: 'warn' as const }]) {
      expect(isSameTimer({ ...timer, ...other }, timer)).toBe(false);
    }
    expect(isSameTimer(undefined, timer)).toBe(false);
  });
});

describe('the next step', () => {
  const done = { hasUnasked: false, isVerified: true, needsTimestamp: false, isCertified: true };
  const none = { hasUnasked: true, isVerified: false, needsTimestamp: true, isCertified: false };

  test.each([
    ['draft', 'freeze', 'freeze'],
    ['frozen', 'dispatch', 'dispatch'],
    ['sent', 'ask', undefined],
    ['viewed', 'ask', undefined],
    ['partner_signed', 'seal_partner', 'seal_partner'],
    ['awaiting_countersign', 'ask', undefined],
    ['countersigned', 'seal_company', 'seal_company'],
    ['sealing', 'seal_company', 'execute'],
  ] as const)('of %s is %s, and %s once all is done', (state, first, last) => {
    expect([nextStep({ state, ...none }), nextStep({ state, ...done })]).toEqual([first, last]);
  });

  test('seals, stamps, certifies and executes in this order', () => {
    const sealing = { state: 'sealing' as const, ...none };
    expect(nextStep({ ...sealing, isVerified: true })).toBe('timestamp');
    expect(nextStep({ ...sealing, isVerified: true, needsTimestamp: false })).toBe('certify');
    expect(nextStep({ ...sealing, isVerified: true, needsTimestamp: false, isCertified: true })).toBe('execute');
  });

  test.each(states.filter((state) => envelopeStates.isTerminal(state)))('of %s is none', (state) => {
    expect(nextStep({ state, ...none })).toBeUndefined();
  });
});

describe('an act', () => {
  const known = {
    envelopeId: 'env_1',
    state: 'sent' as const,
    shownHash: 'a',
    expiresAtMs: 1_000,
    partnerSide: ['prt_1', 'rcp_1'],
  };
  const act = {
    envelopeId: 'env_1',
    actorId: 'rcp_1',
    action: 'sign' as const,
    recipientId: 'rcp_1',
    documentHash: 'a',
  };

  test('that nothing speaks against is let through to the row', () => {
    expect(actRefusal(known, { ...act, isTimely: true }, 999)).toBeUndefined();
    expect(actRefusal({ envelopeId: 'env_1', state: 'sent' }, act, 5_000)).toBeUndefined();
  });

  test.each([
    ['on another envelope', { envelopeId: 'env_2' }, {}, 'illegal-transition'],
    ['after the end', {}, { state: 'voided' as const }, 'illegal-transition'],
    ['past the deadline', { isTimely: true }, { expiresAtMs: 500 }, 'illegal-transition'],
    ['on another document', { documentHash: 'b' }, {}, 'hash-mismatch'],
    [
      'of the partner against itself',
      { action: 'countersign' as const, actorId: 'prt_1' },
      { state: 'awaiting_countersign' as const },
      'forbidden',
    ],
  ])('%s is refused', (_what, change, envelope, code) => {
    expect(actRefusal({ ...known, ...envelope }, { ...act, ...change }, 600)?.code).toBe(code);
  });

  test('on what a step under way may have changed already is decided by the row alone', () => {
    const early = { ...act, action: 'countersign' as const, documentHash: 'b', recipientId: 'rcp_2' };
    expect(actRefusal({ ...known, state: 'partner_signed', step: 'seal_partner' }, early, 600)).toBeUndefined();
    expect(actRefusal({ ...known, state: 'partner_signed' }, early, 600)?.code).toBe('illegal-transition');
  });

  test('that is refused says what the envelope has become', () => {
    expect(actRefusal({ ...known, state: 'voided' }, act, 0)?.message).toBe('envelope: cannot sign while voided');
  });
});

describe('a mark', () => {
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]).toString('base64');

  test('that is drawn is kept as its bytes', () => {
    expect(markBytes({ kind: 'typed' })).toBeUndefined();
    expect(markBytes({ kind: 'drawn', format: 'png', data: png })?.mediaType).toBe('image/png');
    const path = 'M 10,20 L 30.5 40 C 1 2 3 4 5 6z';
    expect(Buffer.from(markBytes({ kind: 'drawn', format: 'svg-path', data: path })!.bytes).toString()).toBe(path);
  });

  test.each([
    ['svg-path', '<script>alert(1)</script>'],
    ['svg-path', 'L 1 2'],
    ['svg-path', `M ${'1 2 '.repeat(6_000)}`],
    ['png', Buffer.from('no picture').toString('base64')],
    ['png', 'not base64!'],
    ['png', Buffer.alloc(70_000).toString('base64')],
  ] as const)('%s %.20s is refused', (format, data) => {
    expect(() => markBytes({ kind: 'drawn', format, data })).toThrow(
      expect.objectContaining({ code: 'malformed-request' }),
    );
  });
});

test.each([
  ['ada@partner.example', 'a***@partner.example'],
  ['"a@b"@partner.example', '"***@partner.example'],
  ['@partner.example', '***'],
  ['nonsense', '***'],
])('%s is told as %s', (address, masked) => {
  expect(maskedAddress(address)).toBe(masked);
});
