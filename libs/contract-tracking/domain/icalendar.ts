/** An event of one instant, as calendar programs show it. */
export interface CalendarEvent {
  /** Globally unique and the same in every edition of the calendar (RFC 5545, 3.8.4.7). */
  uid: string;
  at: Date;
  summary: string;
  description: string;
  category: string;
}

export interface CalendarFile {
  name: string;
  /** When this edition was made. */
  madeAt: Date;
  /** How often programs that subscribed should look again: an RFC 5545 duration. */
  refreshEvery: string;
  events: readonly CalendarEvent[];
}

const maxLineOctets = 75;
const utf8 = new TextEncoder();

/**
 * The calendar as a file by RFC 5545: lines end with CRLF and are folded at 75 octets, never inside a character; instants
 * are in UTC. An event without an end is over at once and keeps nobody's time (`TRANSPARENT`).
 */
export function writeCalendar({ name, madeAt, refreshEvery, events }: CalendarFile): string {
  const stamp = utcInstant(madeAt);
  const lines = [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Pactline//Contract calendar//EN', 'CALSCALE:GREGORIAN'],
    // The first two are read by programs of today (RFC 7986), the others by those of yesterday.
    ...[`NAME:${escapeText(name)}`, `REFRESH-INTERVAL;VALUE=DURATION:${refreshEvery}`],
    ...[`X-WR-CALNAME:${escapeText(name)}`, `X-PUBLISHED-TTL:${refreshEvery}`],
    ...events.flatMap((event) => eventLines(event, stamp)),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${foldLine(line)}\r\n`).join('');
}

function eventLines({ uid, at, summary, description, category }: CalendarEvent, stamp: string): string[] {
  return [
    ...['BEGIN:VEVENT', `UID:${escapeText(uid)}`, `DTSTAMP:${stamp}`, `DTSTART:${utcInstant(at)}`],
    ...[`SUMMARY:${escapeText(summary)}`, `DESCRIPTION:${escapeText(description)}`],
    ...[`CATEGORIES:${escapeText(category)}`, 'TRANSP:TRANSPARENT', 'END:VEVENT'],
  ];
}

/** RFC 5545, 3.3.11. Other control characters have no place in a text and are left out. */
export function escapeText(text: string): string {
  return text
    .replaceAll(/\r\n?|\n/g, '\n')
    .replaceAll(/[\\;,]/g, (character) => `\\${character}`)
    .replaceAll('\n', '\\n')
    .replaceAll(/[\p{Cc}]/gu, '');
}

/** `20260131T100000Z`; parts of a second have no form there (RFC 5545, 3.3.5). */
function utcInstant(at: Date): string {
  return at
    .toISOString()
    .replace(/\.\d{3}/, '')
    .replaceAll(/[-:]/g, '');
}

/** RFC 5545, 3.1: what is longer goes on behind a line break and a space, which counts. */
export function foldLine(line: string): string {
  const parts: string[] = [''];
  let octets = 0;
  for (const character of line) {
    const size = utf8.encode(character).length;
    if (octets + size > maxLineOctets) {
      parts.push('');
      octets = 1;
    }
    parts[parts.length - 1] += character;
    octets += size;
  }
  return parts.join('\r\n ');
}
