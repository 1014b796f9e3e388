import { formatSeconds } from '../../tools/embedded/steps.mjs';

it.each([
  [0, '0.0 s'],
  [0.94, '0.9 s'],
  [99.94, '99.9 s'],
  [100, '1 min 40 s'],
  [119.6, '2 min 0 s'],
  [185, '3 min 5 s'],
  [1_079.7, '18 min 0 s'],
])('%s seconds are told as %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
