const pattern =
  /^P(?=[\dT])(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.(\d{1,3}))?S)?)?$/;

/** Whether `text` is an ISO 8601 duration of elapsed time: weeks, days, hours, minutes, seconds; a day is 24 hours. */
export function isElapsedDuration(text: string): boolean {
  return pattern.test(text);
}

/** Milliseconds of an ISO 8601 duration such as `P14D` or `PT0.5S`; throws for anything else. */
export function elapsedMs(text: string): number {
  const match = pattern.exec(text);
  if (!match) throw new RangeError(`${text} is no duration of weeks, days, hours, minutes and seconds`);
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1, 6).map((part) => Number(part ?? 0));
  const milliseconds = Number((match[6] ?? '').padEnd(3, '0'));
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + milliseconds;
}
