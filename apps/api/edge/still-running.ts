/**
 * Thrown when a workflow has accepted an update and has not finished it in time: the answer is 202 with the address that
 * tells how it goes on.
 */
export class StillRunning extends Error {
  override readonly name = 'StillRunning';

  constructor(readonly location: string) {
    super('accepted and still running');
  }
}
