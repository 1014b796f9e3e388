import fc from 'fast-check';
import { durationAdder, monthReader, withinReader } from '../../libs/commissions/domain/months.js';
import { addCalendarDuration, monthOf } from '../../libs/kernel/calendar.js';

describe('calendar short cuts', () => {
  const zones = ['Etc/UTC', 'Asia/Jakarta', 'America/St_Johns', 'Pacific/Apia', 'Africa/Monrovia', 'Europe/Berlin'];
  const instant = fc.integer({ min: Date.UTC(1960, 0, 1), max: Date.UTC(2040, 0, 1) });

  it('give the month that the calendar gives', () => {
    const readers = new Map(zones.map((zone) => [zone, monthReader(zone)]));
    const aroundMonthEnd = fc
      .tuple(
        fc.integer({ min: 1965, max: 2040 }),
        fc.nat(11),
        fc.integer({ min: -36 * 3_600_000, max: 36 * 3_600_000 }),
      )
      .map(([year, month, offset]) => Date.UTC(year, month, 1) + offset);
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.oneof(instant, aroundMonthEnd), (zone, atMs) => {
        expect(readers.get(zone)!(atMs)).toBe(monthOf(new Date(atMs), zone));
      }),
      { numRuns: 2000 },
    );
  });

  it('see the month change back where a zone set its clocks back over midnight', () => {
    const month = monthReader('America/St_Johns');
    // 2009-11-01 00:01 became 2009-10-31 23:01.
    const change = Date.UTC(2009, 10, 1, 2, 31);
    expect([change - 1, change, change + 3_600_000].map(month)).toEqual(['2009-11', '2009-10', '2009-11']);
  });

  it('end a duration where the calendar ends it', () => {
    const durations = ['P1M', 'P12M', 'P1Y2M10D', 'P90D', 'P2W', 'P0D', 'P1D'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...durations),
        instant,
        fc.integer({ min: -3 * 86_400_000, max: 3 * 86_400_000 }),
        (zone, duration, startMs, offset) => {
          const end = addCalendarDuration(new Date(startMs), duration, zone).getTime();
          const within = withinReader(duration, zone);
          expect(within(end - 1, startMs)).toBe(true);
          expect(within(end, startMs)).toBe(false);
          if (end + offset >= startMs) expect(within(end + offset, startMs)).toBe(offset < 0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('add a duration as the calendar does, at every time of a day', () => {
    const zones = fc.constantFrom(
      ...['Etc/UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Jakarta', 'Australia/Lord_Howe', 'Pacific/Apia'],
      ...['Africa/Casablanca', 'Asia/Pyongyang', 'America/Caracas'],
    );
    fc.assert(
      fc.property(
        zones,
        fc.constantFrom('P1D', 'P3W', 'P1M', 'P3M', 'P1Y', 'P1Y2M3D'),
        fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2030, 0, 1) }),
        fc.array(fc.nat(2 * 86_400_000), { minLength: 5, maxLength: 20 }),
        (zone, duration, startMs, offsets) => {
          const add = durationAdder(duration, zone);
          for (const offset of offsets) {
            const atMs = startMs + offset;
            expect(add(atMs)).toBe(addCalendarDuration(new Date(atMs), duration, zone).getTime());
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('add a duration on the very days on which clocks are set', () => {
    for (const [zone, ...days] of [
      ['Europe/Berlin', '2026-03-29', '2026-10-25', '2026-02-28', '2026-09-25'],
      ['America/New_York', '2026-03-08', '2026-11-01', '2026-02-08', '2026-10-01'],
      ['Pacific/Apia', '2011-12-29', '2011-12-30', '2011-11-29', '2011-11-30'],
      ['Australia/Lord_Howe', '2026-04-04', '2026-04-05', '2026-03-04', '2026-03-05'],
    ] as const) {
      const add = durationAdder('P1M', zone);
      for (const day of days) {
        for (let minute = -1440; minute <= 2 * 1440; minute += 10) {
          const atMs = Date.parse(`${day}T00:00:00Z`) + minute * 60_000;
          expect([zone, atMs, add(atMs)]).toEqual([
            zone,
            atMs,
            addCalendarDuration(new Date(atMs), 'P1M', zone).getTime(),
          ]);
        }
      }
    }
  });
});
