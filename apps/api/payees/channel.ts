import type { Principal } from '../../../libs/identity/index.js';
import type { Channel } from '../../../libs/payees/index.js';

/** How what a caller enters about a partner has reached us. */
export function channelOf(caller: Principal, partnerId: string): Channel {
  if (caller.partnerId === partnerId) return 'partner';
  return caller.kind === 'api_key' ? 'service' : 'company';
}
