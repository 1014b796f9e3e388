import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What is done at a fixed rate: reports to the API, one by one, or a statement with each of these parameters. */
export type Load = {
  readonly perSecond: number;
  /** So many of the first are done before, and not told of: for them connections are made and code is compiled. */
  readonly warmUp: number;
} & (
  | { readonly kind: 'reports'; readonly url: string; readonly token: string; readonly items: readonly string[] }
  | {
      readonly kind: 'statements';
      readonly connectionString: string;
      readonly text: string;
      readonly items: readonly (readonly string[])[];
    }
);

/** Room for all that some thousand reports leave behind, so that nothing is collected among them; in MiB. */
const youngGeneration = ['--min-semi-space-size=128', '--max-semi-space-size=128'];

/**
 * How many milliseconds each took from when it was due, the shortest first. The work is done by a process of its own: the
 * benchmark's, which runs the product's servers and has walked its partners, collects its garbage for 50 ms and more at a time,
 * and what waits for it would count as the API's. What that process says of a failure goes to standard error.
 */
export function steadyLoad(load: Load): Promise<number[]> {
  const script = fileURLToPath(new URL('steady-load-process.js', import.meta.url));
  const child = fork(script, { execArgv: youngGeneration, serialization: 'advanced' });
  child.send(load);
  return new Promise((resolve, reject) => {
    child.once('message', (took) => resolve(took as number[]));
    // After its answer that says nothing new.
    child.once('exit', (code) => reject(new Error(`the process of the load ended with ${code}`)));
  });
}
