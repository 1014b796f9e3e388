import { amendmentStates } from '../../libs/agreements/domain/index.js';
import { negotiationStates } from '../../libs/agreements/domain/negotiation-state.js';
import { applicationStages, partnerStages } from '../../libs/partners/domain/index.js';
import { batchStates, itemStates } from '../../libs/payouts/domain/index.js';
import { troubledMailStates } from '../../libs/notifications/domain/index.js';
import { envelopeStates } from '../../libs/signatures/domain/index.js';
import {
  describedEventTypes,
  eventTypes,
  excerptOf,
  faultOfUrl,
  isEventFilter,
  matchesFilters,
  payloadOf,
  retryAfterMs,
  waitAfter,
} from '../../libs/webhooks/domain/index.js';
import { isPublic } from '../../libs/webhooks/index.js';
import type { TransitionTable } from '../../libs/kernel/transition-table.js';
import { listProjectFiles, readProjectFile } from '../support/sources.js';

/** The states that some action leads to, and so the ones that are announced. */
function reached(table: TransitionTable<string, string>): string[] {
  return [...new Set(Object.values(table.table).flatMap((actions) => Object.values(actions)))] as string[];
}

/** What an event type that a source puts together can be. One that is not here must be added, with all that it can be. */
const composed: Readonly<Record<string, readonly string[]>> = {
  'application.${stage}': reached(applicationStages),
  'amendment.${state}': reached(amendmentStates),
  'negotiation.${state}': reached(negotiationStates).filter((state) => state !== 'open'),
  'envelope.${state}': reached(envelopeStates),
  'partner.${toState}': ['contracting', ...reached(partnerStages)],
  'payout_batch.${state}': reached(batchStates),
  // Steps on the way to the rail are announced by nobody; those after it are.
  'payout_item.${state}': reached(itemStates).filter((state) => !['reserved', 'sending', 'superseded'].includes(state)),
  'mail.${state}': troubledMailStates,
};

/** Every type that some source announces: `type: 'a.b'` or a template of one, in code that has to do with the outbox. */
function announcedTypes(): { types: Set<string>; unknown: string[] } {
  const types = new Set<string>();
  const unknown: string[] = [];
  const files = listProjectFiles(['libs'], /[.]ts$/).filter((file) => !file.startsWith('libs/webhooks/domain/'));
  for (const file of files) {
    for (const [, , literal = ''] of readProjectFile(file).matchAll(/\btype: (['`])([a-z_]+\.[\w${}.]+)\1/g)) {
      if (!literal.includes('${')) types.add(literal);
      else if (composed[literal] === undefined) unknown.push(`${file}: ${literal}`);
      else for (const state of composed[literal]) types.add(literal.replace(/\$\{.*\}/, state));
    }
  }
  return { types, unknown };
}

describe('the types of events', () => {
  it('are exactly those that the sources announce', () => {
    const { types, unknown } = announcedTypes();
    expect(unknown).toEqual([]);
    expect(types.size).toBeGreaterThan(30);
    expect(eventTypes.map(({ type }) => type).sort()).toEqual([...types].sort());
  });

  it('cover each announcement: no source announces without a type that can be read', () => {
    const callers = listProjectFiles(['libs'], /[.]ts$/).flatMap((file) => {
      const text = readProjectFile(file);
      return /\.(announce|announceAll)\(/.test(text) ? [file] : [];
    });
    const silent = callers.filter((file) => !/\btype: ['`][a-z_]+\.[\w${}.]+['`]/.test(readProjectFile(file)));
    expect(silent).toEqual([]);
  });

  it.each(describedEventTypes())(
    '$type is described in a sentence, with an example',
    ({ type, description, example }) => {
      expect(description).toMatch(/^[A-Z].{15,}[.]$/);
      expect(example.type).toBe(type);
      expect(example.data).toMatchObject({ eventId: expect.stringMatching(/^evt_/), sequence: expect.any(Number) });
      expect(JSON.parse(JSON.stringify(example))).toEqual(example);
    },
  );

  it('are named once each', () => {
    expect(new Set(eventTypes.map(({ type }) => type)).size).toBe(eventTypes.length);
  });

  it('can be filtered by type or by subject', () => {
    expect(['envelope.executed', 'envelope.*', 'payout_item.*'].map(isEventFilter)).toEqual([true, true, true]);
    expect(['envelope', 'envelope.', '*', 'nothing.*', 'envelope.made_up'].map(isEventFilter)).toEqual(
      Array.from({ length: 5 }, () => false),
    );
    expect(matchesFilters([], 'envelope.sent')).toBe(true);
    expect(matchesFilters(['envelope.*'], 'envelope.sent')).toBe(true);
    expect(matchesFilters(['envelope.executed', 'partner.*'], 'envelope.sent')).toBe(false);
    expect(matchesFilters(['payout.*'], 'payout_item.settled')).toBe(false);
  });
});

describe('a payload', () => {
  it('has type, timestamp and data; what the event says goes before what its subject says', () => {
    const event = {
      eventId: 'evt_1',
      sequence: 7,
      programId: 'prg_1',
      subjectId: 'itm_1',
      type: 'payout_item.settled',
    };
    const data = { partnerId: 'prt_event' };
    const at = new Date('2026-03-01T09:00:00Z');
    expect(payloadOf({ ...event, at, data }, { partnerId: 'prt_row', itemId: 'itm_1' })).toEqual({
      type: 'payout_item.settled',
      timestamp: '2026-03-01T09:00:00.000Z',
      data: {
        eventId: 'evt_1',
        sequence: 7,
        programId: 'prg_1',
        subjectId: 'itm_1',
        itemId: 'itm_1',
        partnerId: 'prt_event',
      },
    });
  });
});

describe('the schedule of tries', () => {
  const delays = [5, 300, 1_800];

  it('waits as it says, a fifth more or less, and ends', () => {
    expect(waitAfter(delays, 1, 0.5)).toBe(5_000);
    expect([waitAfter(delays, 2, 0), waitAfter(delays, 2, 0.999999)]).toEqual([240_000, 360_000]);
    expect(waitAfter(delays, 3, 0.5)).toBe(1_800_000);
    expect(waitAfter(delays, 4, 0.5)).toBeUndefined();
  });

  it('waits longer where the receiver asks for it, a day at most', () => {
    expect(waitAfter(delays, 1, 0.5, 60_000)).toBe(60_000);
    expect(waitAfter(delays, 2, 0.5, 60_000)).toBe(300_000);
    expect(waitAfter(delays, 1, 0.5, 900_000_000)).toBe(86_400_000);
    expect(waitAfter(delays, 4, 0.5, 60_000)).toBeUndefined();
  });

  it('reads Retry-After in seconds and as a date', () => {
    const now = new Date('2026-03-01T09:00:00Z');
    expect(retryAfterMs('120', now)).toBe(120_000);
    expect(retryAfterMs('Sun, 01 Mar 2026 09:01:00 GMT', now)).toBe(60_000);
    expect(retryAfterMs('Sun, 01 Mar 2026 08:00:00 GMT', now)).toBe(0);
    expect([undefined, 'soon', '-5', ''].map((text) => retryAfterMs(text, now))).toEqual([0, 0, 0, 0]);
  });
});

describe('what is kept of an answer', () => {
  it('is one short line without what could be a secret or an address', () => {
    expect(excerptOf('  Internal\n\tServer   Error \u0000')).toBe('Internal Server Error');
    const echo = excerptOf(
      'got v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= and whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    );
    expect(echo).toBe('got v1,… and …');
    expect(excerptOf('unknown user ada.perry+x@partner.example!')).toBe('unknown user …');
    expect(excerptOf('x '.repeat(500))).toHaveLength(200);
    expect(excerptOf(' \n ')).toBeUndefined();
  });
});

describe('the address of a receiver', () => {
  const open = { requireHttps: false, allowPrivate: false };

  it.each([
    'https://hooks.example.com/a?b=c',
    'https://hooks.example.com:8443/',
    'http://hooks.example.com',
    'https://203.0.114.9/',
  ])('may be %s', (url) => {
    expect(faultOfUrl(url, open)).toBeUndefined();
  });

  it.each([
    ['hooks.example.com', 'absolute'],
    ['ftp://hooks.example.com', 'https://'],
    ['javascript:alert(1)', 'https://'],
    ['https://user:secret@hooks.example.com', 'password'],
    ['https://hooks.example.com/#part', 'fragment'],
    ['https://hooks.example.com:25/', 'port'],
    ['https://hooks.example.com:22', 'port'],
    ['https://localhost/', 'public'],
    ['https://api.localhost/', 'public'],
    ['https://intranet/', 'public'],
    ['https://db.internal/', 'public'],
    ['https://metadata.google.internal./', 'public'],
    [`https://hooks.example.com/${'a'.repeat(2_000)}`, 'characters'],
  ])('may not be %s', (url, reason) => {
    expect(faultOfUrl(url, open)).toContain(reason);
  });

  it('must be by https in production, and may be a private name where that is allowed', () => {
    const production = { requireHttps: true, allowPrivate: true };
    expect(faultOfUrl('http://hooks.example.com', production)).toBe('must begin with https://');
    expect(faultOfUrl('https://receiver/', production)).toBeUndefined();
  });

  it.each([
    ...['127.0.0.1', '127.8.8.8', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254'],
    ...['100.64.0.1', '100.100.100.200', '0.0.0.0', '224.0.0.1', '239.1.1.1', '255.255.255.255', '240.0.0.1'],
    ...['192.0.2.1', '198.18.0.1', '168.63.129.16', '::1', '::', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1'],
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'],
    ...['2001:db8::1', 'fec0::1', '2001::1', 'not an address', ''],
  ])('leads nowhere with %s', (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each(['8.8.8.8', '203.0.114.9', '100.128.0.1', '172.32.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])(
    'leads out with %s',
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );
});
