/** The number of a self-billing paper as it is printed: the year, and the number of the paper in it. */
export function paperNumber(year: number, number: number): string {
  return `${year}-${number.toString().padStart(6, '0')}`;
}
