import type { Principal } from '../../libs/identity/index.js';
import { KnownTokens } from '../../libs/identity/known-tokens.js';
import { SetClock } from '../support/set-clock.js';

const ada: Principal = { id: 'usr_ada', kind: 'user', roles: [] };

describe('tokens that were verified a moment ago', () => {
  const clock = new SetClock();
  let known: KnownTokens;
  const beganMs = Date.parse('2026-03-01T12:00:00.000Z');
  const at = (seconds: number): Date => clock.set(new Date(beganMs + seconds * 1000).toISOString());

  beforeEach(() => {
    at(0);
    known = new KnownTokens(clock);
  });

  it('are known by all of their bytes', () => {
    known.remember('head.claims.signature', ada, beganMs + 600_000);
    expect(known.principalOf('head.claims.signature')).toBe(ada);
    expect(known.principalOf('head.claims.signaturf')).toBeUndefined();
    expect(known.principalOf('head.claims.')).toBeUndefined();
  });

  it('are verified again after 30 seconds, however often they come', () => {
    known.remember('token', ada, beganMs + 600_000);
    for (const seconds of [10, 20, 29.999]) {
      at(seconds);
      expect(known.principalOf('token')).toBe(ada);
    }
    at(30);
    expect(known.principalOf('token')).toBeUndefined();
  });

  it('are known until they expire at the longest', () => {
    known.remember('token', ada, beganMs + 7_000);
    at(6.999);
    expect(known.principalOf('token')).toBe(ada);
    at(7);
    expect(known.principalOf('token')).toBeUndefined();
  });

  it('are a thousand at most: the oldest gives way', () => {
    for (let number = 0; number <= 1_000; number += 1) known.remember(`token-${number}`, ada, beganMs + 600_000);
    expect(known.principalOf('token-0')).toBeUndefined();
    expect(known.principalOf('token-1')).toBe(ada);
    expect(known.principalOf('token-1000')).toBe(ada);
  });
});
