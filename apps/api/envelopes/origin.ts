import type { Actor, EnvelopeStatus } from '../../../libs/orchestration/index.js';
import type { Origin } from '../../../libs/signatures/index.js';
import type { ApiRequest } from '../edge/index.js';

const maxUserAgent = 500;

/** Where a request came from, as evidence tells it. */
export function originOf(request: ApiRequest): Origin {
  const userAgent = (request.headers['user-agent'] ?? '').slice(0, maxUserAgent);
  return { ipAddress: request.ip, userAgent };
}

export const sessionHeader = 'x-signing-session';
export const sessionCookie = 'signing_session';

/** The token of the signer's session, from the header or, for pages, from the cookie. */
export function sessionOf(request: ApiRequest): string | undefined {
  const header = request.headers[sessionHeader];
  if (typeof header === 'string' && header !== '') return header;
  return cookieOf(request, sessionCookie);
}

/** A cookie of the request; of several with the name the first, which has the longest path. */
export function cookieOf(request: ApiRequest, name: string): string | undefined {
  const cookies = (request.headers.cookie ?? '').split(';').map((part) => part.trim());
  const found = cookies.find((part) => part.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

/** What callers are told of an act's outcome. */
export function outcomeOf({
  envelopeId,
  state,
  documentHash,
}: EnvelopeStatus): Pick<EnvelopeStatus, 'envelopeId' | 'state' | 'documentHash'> {
  return { envelopeId, state, documentHash };
}

/** The signer acts itself, whoever holds its link. */
export function signerActor(recipientId: string, requestId: string | undefined): Actor {
  return { actorId: recipientId, ...(requestId === undefined ? {} : { requestId }) };
}
