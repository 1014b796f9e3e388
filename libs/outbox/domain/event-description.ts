/** What is told of a type beside its name. */
export interface EventDescription {
  description: string;
  /** An example of what the event itself tells, beside the ids of its subject. */
  data?: Readonly<Record<string, unknown>>;
}

/** An id with this prefix, for examples. */
export function exampleId(prefix: string): string {
  return `${prefix}_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b`;
}
