import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Computes part after part and writes each while the next is computed: the database works on one transaction at the same time
 * as we do. Statements of one connection run one after the other all the same. However it ends, nothing that was begun is left
 * running: it would write behind the transaction's end. Throws the first failure, which is the cause of those that follow it.
 */
export async function writeWhileComputing<Part>(
  parts: AsyncIterable<Part>,
  write: (part: Part) => Promise<void>,
): Promise<void> {
  const begun: Promise<void>[] = [];
  const failures: unknown[] = [];
  try {
    for await (const part of parts) {
      begun.push(write(part).catch((error: unknown) => void failures.push(error)));
      // The statement leaves, and answers to earlier ones are read, before the processor is taken again.
      await nextTurn();
      if (failures.length > 0) break;
    }
  } catch (error) {
    failures.push(error);
  }
  await Promise.all(begun);
  if (failures.length > 0) throw failures[0];
}
