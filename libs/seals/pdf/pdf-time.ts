/** A PDF date in UTC, to the second. */
export function pdfTime(at: Date): string {
  return `D:${at.toISOString().replace(/[-:T]|\.\d{3}Z/g, '')}Z`;
}

/** The instant of a PDF date as `pdfTime` writes it; undefined for anything else. */
export function readPdfTime(text: string | undefined): Date | undefined {
  const parts = /^D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // A day that no calendar has rolls over into another one, or gives no instant at all.
  return !Number.isNaN(at.getTime()) && pdfTime(at) === text ? at : undefined;
}
