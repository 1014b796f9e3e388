import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What is done at a fixed rate: reports to the API, one by one, or a statement with each of these parameters. */
export type Load = { readonly perSecond: number } & (
  | { readonly kind: 'reports'; readonly url: string; readonly token: string; readonly bodies: readonly string[] }
  | {
      readonly kind: 'statements';
      readonly connectionString: string;
      readonly text: string;
      readonly values: readonly (readonly string[])[];
    }
);

/** What the process of the load answers with: how many milliseconds each took from when it was due, the shortest first. */
export type LoadAnswer = { readonly took: number[] } | { readonly failed: string };

/** Room for all that some thousand reports leave behind, so that nothing is collected among them; in MiB. */
const youngGeneration = ['--min-semi-space-size=128', '--max-semi-space-size=128'];

/**
 * Work at a fixed rate, from a process of its own: the benchmark's, which runs the product's servers and has walked its
 * partners, collects its garbage for 50 ms and more at a time, and what waits for it would count as the API's.
 */
export class SteadyLoad {
  private constructor(private readonly child: ChildProcess) {}

  static start(): SteadyLoad {
    const script = fileURLToPath(new URL('steady-load-process.js', import.meta.url));
    return new SteadyLoad(fork(script, { execArgv: youngGeneration, serialization: 'advanced' }));
  }

  /** How many milliseconds each took, the shortest first. Connections stay open for the next load of the same kind. */
  async run(load: Load): Promise<number[]> {
    const ended = new AbortController();
    const answered = once(this.child, 'message', { signal: ended.signal });
    this.child.once('exit', (code) => ended.abort(new Error(`the process of the load ended with ${code}`)));
    this.child.send(load);
    const [answer] = (await answered) as [LoadAnswer];
    if ('failed' in answer) throw new Error(answer.failed);
    return answer.took;
  }

  stop(): void {
    this.child.disconnect();
  }
}
