import {
  addCalendarDuration,
  isCalendarDuration,
  isTimeZone,
  monthOf,
  parseInstant,
  subtractCalendarDuration,
} from '../../libs/kernel/calendar.js';
import { elapsedMs, isElapsedDuration } from '../../libs/kernel/elapsed.js';

function added(from: string, duration: string, timeZone: string, times?: number): string {
  return addCalendarDuration(new Date(from), duration, timeZone, times).toISOString();
}

describe('calendar durations', () => {
  test('a month later is clamped to the last day', () => {
    expect(added('2026-01-31T12:00:00Z', 'P1M', 'Etc/UTC')).toBe('2026-02-28T12:00:00.000Z');
    expect(added('2028-01-31T12:00:00Z', 'P1M', 'Etc/UTC')).toBe('2028-02-29T12:00:00.000Z');
  });

  test('n months are counted from the start, not from the month before', () => {
    expect(added('2026-01-31T00:00:00Z', 'P1M', 'Etc/UTC', 2)).toBe('2026-03-31T00:00:00.000Z');
  });

  test('a day keeps the hour on the clock of the zone, over the change to summer time', () => {
    expect(added('2026-03-28T11:00:00Z', 'P1D', 'Europe/Berlin')).toBe('2026-03-29T10:00:00.000Z');
    expect(added('2026-03-28T11:00:00Z', 'P1D', 'Etc/UTC')).toBe('2026-03-29T11:00:00.000Z');
  });

  test('an hour that the change to summer time skips moves forward', () => {
    expect(added('2026-03-28T01:30:00Z', 'P1D', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z');
  });

  test('is taken back likewise', () => {
    const before = subtractCalendarDuration(new Date('2026-03-31T00:00:00Z'), 'P1M', 'Etc/UTC');
    expect(before.toISOString()).toBe('2026-02-28T00:00:00.000Z');
  });

  test.each(['P1Y', 'P12M', 'P2W', 'P30D', 'P0D', 'P1Y2M3W4D'])('%s is one', (text) => {
    expect(isCalendarDuration(text)).toBe(true);
  });

  test.each(['', 'P', 'PT1H', 'P1DT1H', '-P1D', 'P1.5D', 'P1D ', 'p1d', 'P1M1Y', 'P99999D', '30', 'P١D'])(
    '%j is none',
    (text) => {
      expect(isCalendarDuration(text)).toBe(false);
    },
  );
});

describe('months and zones', () => {
  test('an instant lies in the month that its zone is in', () => {
    expect(monthOf(new Date('2026-01-31T23:30:00Z'), 'Etc/UTC')).toBe('2026-01');
    expect(monthOf(new Date('2026-01-31T23:30:00Z'), 'Asia/Jakarta')).toBe('2026-02');
    expect(monthOf(new Date('2026-02-01T03:00:00Z'), 'America/New_York')).toBe('2026-01');
  });

  test.each(['Etc/UTC', 'Europe/Berlin', 'Asia/Jakarta'])('%s is a zone', (zone) =>
    expect(isTimeZone(zone)).toBe(true),
  );
  test.each(['', 'Mars/Olympus', 'Europe/Berlin ', '../etc/passwd'])('%j is no zone', (zone) =>
    expect(isTimeZone(zone)).toBe(false),
  );
});

describe('instants', () => {
  test.each([
    ['2026-05-01T10:00:00Z', '2026-05-01T10:00:00.000Z'],
    ['2026-05-01T10:00:00.25+02:00', '2026-05-01T08:00:00.250Z'],
    ['2026-05-01t10:00:00z', '2026-05-01T10:00:00.000Z'],
    ['2028-02-29T23:59:59.999-11:30', '2028-03-01T11:29:59.999Z'],
  ])('%s is %s', (text, iso) => {
    expect(parseInstant(text)?.toISOString()).toBe(iso);
  });

  test.each([
    '2026-05-01',
    '2026-05-01T10:00:00',
    '2026-05-01 10:00:00Z',
    '2026-05-01T10:00Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-05-01T25:00:00Z',
    '2026-05-01T10:60:00Z',
    '2026-05-01T10:00:00.1234Z',
    '2026-05-01T10:00:00+25:00',
    ' 2026-05-01T10:00:00Z',
    '2026-05-01T10:00:00Z\n',
    '1777629600000',
    '',
  ])('%j names none', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

describe('elapsed durations', () => {
  test.each([
    ['P14D', 1_209_600_000],
    ['P1W', 604_800_000],
    ['PT0.5S', 500],
    ['PT1.005S', 1_005],
    ['P1DT2H3M4.5S', 93_784_500],
    ['PT0S', 0],
  ])('%s is %i ms', (text, ms) => {
    expect(isElapsedDuration(text)).toBe(true);
    expect(elapsedMs(text)).toBe(ms);
  });

  test.each([
    '',
    'P',
    'PT',
    'P1DT',
    'P1M',
    'P1Y',
    'PT-5S',
    '-PT5S',
    'PT1.0005S',
    'PT.5S',
    'P1.5D',
    'PT5',
    '5s',
    'P1D\n',
  ])('%j is none', (text) => {
    expect(isElapsedDuration(text)).toBe(false);
    expect(() => elapsedMs(text)).toThrow(RangeError);
  });
});
