/** Something that is not as it must be at rest. */
export interface Difference {
  /** Stable: what kind of thing differs. */
  code: string;
  /** The partner, item, transfer, event, batch or workflow that it shows at. */
  subject: string;
  detail: string;
}

export function lineOf({ code, subject, detail }: Difference): string {
  return `${code} ${subject}: ${detail}`;
}
