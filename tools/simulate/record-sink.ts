/** What the readers give for each record: its line in the file, and its JSON value or what is wrong with it. */
export interface RecordSink {
  value(line: number, value: unknown): void;
  refused(line: number, reason: string): void;
}

/** An input file that cannot be read at all, with a message for people. */
export class UnreadableFile extends Error {}
