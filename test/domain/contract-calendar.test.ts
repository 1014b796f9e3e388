import { addCalendarDuration } from '../../libs/kernel/calendar.js';
import {
  agreementEntries,
  escapeText,
  eventOf,
  foldLine,
  writeCalendar,
  type CalendarAgreement,
  type CalendarSettings,
} from '../../libs/contract-tracking/domain/index.js';

const dayMs = 86_400_000;
const settings: CalendarSettings = { noticesBeforeMs: [60 * dayMs, 14 * dayMs], offerBeforeMs: 60 * dayMs };
const begin = new Date('2026-01-31T00:00:00Z');
const rules = { length: 'P1Y', renewal: 'auto' as const, notice: 'P3M', timeZone: 'Etc/UTC' };

function agreement(changes: Partial<CalendarAgreement> = {}): CalendarAgreement {
  return {
    ...{ id: 'agr_1', programId: 'prg_1', partnerId: 'prt_1', partnerReference: 'northwind', state: 'in_force' },
    ...{ renewal: 'auto', endsAt: null, termNumber: 1, termEndsAt: new Date('2027-01-31T00:00:00Z') },
    ...{ termAnchor: begin, termAnchorNumber: 1, knownSince: begin, rules, openOffer: null, isOffered: false },
    ...{ termination: null, obligations: [] },
    ...changes,
  };
}

const between = (from: string, until: string) => ({ from: new Date(from), until: new Date(until) });
const year = between('2026-06-01T00:00:00Z', '2027-06-01T00:00:00Z');

function shown(of: CalendarAgreement, window = year): string[] {
  return agreementEntries(of, settings, window).map(({ kind, at }) => `${at.toISOString().slice(0, 10)} ${kind}`);
}

describe('the calendar of an agreement', () => {
  test('that renews itself has the last day to give notice, notices and the renewal', () => {
    expect(shown(agreement())).toEqual([
      '2026-10-31 notice_deadline',
      '2026-12-02 notice',
      '2027-01-17 notice',
      '2027-01-31 renewal',
    ]);
  });

  test('has every renewal of a window of years, each counted from the beginning', () => {
    const long = between('2026-02-01T00:00:00Z', '2030-02-01T00:00:00Z');
    const renewals = agreementEntries(agreement(), settings, long).filter(({ kind }) => kind === 'renewal');
    expect(renewals.map(({ at }) => at)).toEqual(
      [1, 2, 3, 4].map((n) => addCalendarDuration(begin, 'P1Y', 'Etc/UTC', n)),
    );
    const deadlines = agreementEntries(agreement(), settings, long).filter(({ kind }) => kind === 'notice_deadline');
    expect(deadlines).toHaveLength(5 - 1);
    // Notice that is given at the deadline ends the agreement with its term, and a moment later no more.
    for (const [index, { at }] of deadlines.entries()) {
      expect(addCalendarDuration(at, 'P3M', 'Etc/UTC') <= renewals[index]!.at).toBe(true);
      expect(addCalendarDuration(new Date(at.getTime() + dayMs), 'P3M', 'Etc/UTC') > renewals[index]!.at).toBe(true);
    }
  });

  test('knows terms that are counted from a later anchor', () => {
    const termAnchor = new Date('2026-04-30T00:00:00Z');
    const later = { termAnchor, termAnchorNumber: 3, termNumber: 4, knownSince: new Date('2026-05-30T00:00:00Z') };
    const monthly = {
      ...later,
      termEndsAt: new Date('2026-06-30T00:00:00Z'),
      rules: { ...rules, length: 'P1M', notice: 'P1D' },
    };
    const window = between('2026-06-01T00:00:00Z', '2026-09-01T00:00:00Z');
    const renewals = shown(agreement(monthly), window).filter((line) => line.endsWith('renewal'));
    expect(renewals).toEqual(['2026-06-30 renewal', '2026-07-30 renewal', '2026-08-30 renewal']);
  });

  test('that needs consent has the offer, then the decision', () => {
    const consenting = { renewal: 'consent' as const, endsAt: new Date('2027-01-31T00:00:00Z') };
    expect(shown(agreement(consenting))).toEqual([
      '2026-12-02 notice',
      '2026-12-02 renewal_offer',
      '2027-01-17 notice',
      '2027-01-31 term_end',
    ]);
    const openOffer = { id: 'rnw_1', termFrom: consenting.endsAt };
    expect(shown(agreement({ ...consenting, openOffer, isOffered: true }))).toEqual([
      '2026-12-02 notice',
      '2027-01-17 notice',
      '2027-01-31 renewal_decision',
      '2027-01-31 term_end',
    ]);
    expect(shown(agreement({ ...consenting, isOffered: true })).join()).not.toMatch(/renewal/);
  });

  test('under notice has the termination in place of everything that renews', () => {
    const effectiveAt = new Date('2026-09-15T00:00:00Z');
    const termination = { id: 'trm_1', side: 'partner', kind: 'ordinary', effectiveAt };
    const known = { knownSince: new Date('2026-06-15T00:00:00Z') };
    const entries = agreementEntries(
      agreement({ state: 'under_notice', endsAt: effectiveAt, termination, ...known }),
      settings,
      year,
    );
    expect(entries.map(({ kind }) => kind)).toEqual(['notice', 'notice', 'termination']);
    expect(entries.at(-1)).toMatchObject({ uid: 'termination-trm_1', detail: 'ordinary, notice by the partner' });
    expect(shown(agreement({ state: 'ended' }))).toEqual([]);
  });

  test('leaves out notices of what nobody knew of yet', () => {
    const knownSince = new Date('2026-12-24T00:00:00Z');
    expect(shown(agreement({ knownSince })).filter((line) => line.endsWith(' notice'))).toEqual(['2027-01-17 notice']);
  });

  test('has each checkpoint of each obligation, until the agreement ends', () => {
    const obligations = [
      { id: 'report', checkpoint: 'P3M', timeZone: 'Etc/UTC', countedFrom: begin },
      { id: 'audit', checkpoint: 'P1Y', timeZone: 'Etc/UTC', countedFrom: begin },
    ];
    const window = between('2026-04-30T00:00:00Z', '2027-02-01T00:00:00Z');
    const checks = (of: CalendarAgreement) =>
      agreementEntries(of, settings, window)
        .filter(({ kind }) => kind === 'checkpoint')
        .map(({ at, detail }) => `${at.toISOString().slice(0, 10)} ${detail}`);
    expect(checks(agreement({ obligations: [{ from: begin, until: null, obligations }] }))).toEqual([
      ...['2026-04-30 report', '2026-07-31 report', '2026-10-31 report', '2027-01-31 audit', '2027-01-31 report'],
    ]);
    const endsAt = new Date('2026-10-31T00:00:00Z');
    expect(checks(agreement({ obligations: [{ from: begin, until: null, obligations }], endsAt }))).toEqual([
      '2026-04-30 report',
      '2026-07-31 report',
    ]);
    // A version that was agreed on ahead and drops both takes no check from the one before it.
    const dropsAt = new Date('2026-11-01T00:00:00Z');
    const dropped = [
      { from: begin, until: dropsAt, obligations },
      { from: dropsAt, until: null, obligations: [] },
    ];
    expect(checks(agreement({ obligations: dropped }))).toEqual([
      ...['2026-04-30 report', '2026-07-31 report', '2026-10-31 report'],
    ]);
  });

  test('has what falls on its first instant and not what falls on its last', () => {
    const at = '2027-01-31T00:00:00.000Z';
    expect(shown(agreement(), between(at, '2027-02-01T00:00:00Z'))).toEqual(['2027-01-31 renewal']);
    expect(shown(agreement(), between('2027-01-30T00:00:00Z', at))).toEqual([]);
  });

  test('keeps the uid of a thing whose date moves', () => {
    const [before] = agreementEntries(agreement(), settings, year).slice(-1);
    const moved = agreement({ termEndsAt: new Date('2027-02-15T00:00:00Z') });
    const [after] = agreementEntries(moved, settings, year).slice(-1);
    expect([before!.kind, after!.kind]).toEqual(['renewal', 'renewal']);
    expect(after!.uid).toBe(before!.uid);
    expect(after!.at).not.toEqual(before!.at);
  });
});

/** Reads a calendar as RFC 5545 says, with no code of the writer's: unfolds, splits, takes escapes back. */
function parseCalendar(text: string): Record<string, string>[] {
  expect(text.endsWith('\r\n')).toBe(true);
  const raw = text.slice(0, -2).split('\r\n');
  for (const line of raw) {
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(line).not.toMatch(/[\r\n]/);
  }
  const events: Record<string, string>[] = [];
  for (const line of raw.join('\r\n').replaceAll('\r\n ', '').split('\r\n')) {
    const [, name = '', value = ''] = /^([A-Z-]+)(?:;[^:]*)?:(.*)$/s.exec(line) ?? [];
    if (line === 'BEGIN:VEVENT') events.push({});
    const plain = value.replaceAll(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character));
    if (events.length > 0) events[events.length - 1]![name] = plain;
  }
  return events;
}

describe('the calendar file', () => {
  const madeAt = new Date('2026-05-01T12:00:00.123Z');
  const texts = [
    'plain',
    'Back\\slash; semicolon, comma: colon "quotes"',
    'first line\nsecond line\r\nthird',
    'ä'.repeat(120),
    `${'x'.repeat(73)}😀${'y'.repeat(80)}`,
    'اتفاقية الشراكة؛ تنتهي قريبًا',
    '\\n is not a line break\\',
  ];

  test.each(texts)('gives %j back as it was', (text) => {
    const event = { uid: 'u@host', at: madeAt, summary: text, description: text, category: 'A' };
    const file = writeCalendar({ name: text, madeAt, refreshEvery: 'PT1H', events: [event] });
    const [read] = parseCalendar(file);
    const lines = text.replaceAll('\r\n', '\n');
    expect(read).toMatchObject({ SUMMARY: lines, DESCRIPTION: lines, UID: 'u@host' });
    expect(read).toMatchObject({ DTSTART: '20260501T120000Z', DTSTAMP: '20260501T120000Z' });
  });

  test('never breaks a character, and folds at 75 octets', () => {
    const folded = foldLine(`SUMMARY:${'😀'.repeat(60)}`).split('\r\n ');
    expect(folded.join('')).toBe(`SUMMARY:${'😀'.repeat(60)}`);
    expect(folded.every((line) => !/\uFFFD/.test(Buffer.from(line).toString()))).toBe(true);
    expect(Buffer.byteLength(folded[0]!)).toBeGreaterThan(70);
  });

  test('lets no text make a line of its own', () => {
    const evil = 'x\r\nEND:VEVENT\r\nBEGIN:VEVENT\rUID:evil\u0000\u0007';
    expect(escapeText(evil)).toBe('x\\nEND:VEVENT\\nBEGIN:VEVENT\\nUID:evil');
    const event = { uid: evil, at: madeAt, summary: evil, description: evil, category: evil };
    expect(parseCalendar(writeCalendar({ name: evil, madeAt, refreshEvery: 'PT1H', events: [event] }))).toHaveLength(1);
  });

  test('names the partner and what it is about', () => {
    const [entry] = agreementEntries(agreement(), settings, year);
    expect(eventOf(entry!, 'pactline.example')).toEqual({
      uid: 'notice_deadline-agr_1-1@pactline.example',
      at: new Date('2026-10-31T00:00:00Z'),
      summary: 'Last day to give notice: northwind',
      description: 'before 2027-01-31T00:00:00.000Z\nPartner: northwind (prt_1)\nAbout: agr_1\nProgram: prg_1',
      category: 'Last day to give notice',
    });
  });
});
