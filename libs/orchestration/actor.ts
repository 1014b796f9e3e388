/** Who acts, as decisions carry it through updates into the audit: ids alone, never a name or a token. */
export interface Actor {
  /** The principal's opaque id; `system` for timers and schedules. */
  actorId: string;
  /** The id of the HTTP request that brought the decision, where one did. */
  requestId?: string;
}

export const systemActor: Actor = { actorId: 'system' };
