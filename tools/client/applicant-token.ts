/**
 * The applicant's token in the status link that an application was answered with.
 *
 * @throws an error for a link without one
 */
export function applicantTokenOf(statusUrl: string): string {
  const token = new URL(statusUrl).searchParams.get('token');
  if (!token) throw new Error('The status link of the application holds no token.');
  return token;
}
