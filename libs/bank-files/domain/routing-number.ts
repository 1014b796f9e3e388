/** Whether nine digits are an ABA routing number: the weighted sum 3-7-1 of its digits is a multiple of ten. */
export function isRoutingNumber(text: string): boolean {
  return /^\d{9}$/.test(text) && text !== '000000000' && checkDigitOf(text.slice(0, 8)) === Number(text.charAt(8));
}

/** The ninth digit that belongs to the first eight of a routing number. */
export function checkDigitOf(eightDigits: string): number {
  const weights = [3, 7, 1, 3, 7, 1, 3, 7];
  const sum = weights.reduce((total, weight, index) => total + weight * Number(eightDigits.charAt(index)), 0);
  return (10 - (sum % 10)) % 10;
}
