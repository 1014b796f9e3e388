/** A row of a file that could not be used, or was refused on the way. */
export interface RowFinding {
  file: 'applications' | 'orders' | 'refunds';
  line: number;
  ref?: string;
  reason: string;
}

/** Gathers what is wrong with rows, tells it at once on standard error, and never stops the rest. */
export class Findings {
  readonly rows: RowFinding[] = [];

  constructor(private readonly write: (text: string) => void) {}

  add(finding: RowFinding): void {
    this.rows.push(finding);
    const ref = finding.ref === undefined ? '' : ` (${finding.ref})`;
    this.write(`${finding.file} line ${finding.line}${ref}: ${finding.reason}\n`);
  }

  /** By file and line, for the report: they are found in the order of the work. */
  sorted(): RowFinding[] {
    return [...this.rows].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
  }
}
