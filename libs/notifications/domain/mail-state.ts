import { TransitionTable } from '../../kernel/transition-table.js';

/**
 * `sent`: the mail server has taken it. `delivered`, `bounced` and `complained` are what the provider tells afterwards.
 * `failed`: it was refused for good, given up, or there was no address. `suppressed`: it was not tried, because an
 * earlier mail to the same address bounced or was complained about.
 */
export type MailState = 'queued' | 'sent' | 'delivered' | 'bounced' | 'complained' | 'failed' | 'suppressed';
export type MailAction = 'send' | 'deliver' | 'bounce' | 'complain' | 'fail' | 'suppress';

export const mailStates = new TransitionTable<MailState, MailAction>('mail', {
  queued: { send: 'sent', fail: 'failed', suppress: 'suppressed' },
  sent: { deliver: 'delivered', bounce: 'bounced', complain: 'complained' },
  // A server may take a mail and send it back later; a reader may complain about what arrived.
  delivered: { bounce: 'bounced', complain: 'complained' },
  bounced: {},
  complained: {},
  failed: {},
  suppressed: {},
});

/** The ends that somebody has to look at; each is announced as `mail.<state>`. */
export const troubledMailStates = ['bounced', 'complained', 'failed', 'suppressed'] as const;

export function isTroubled(state: MailState): state is (typeof troubledMailStates)[number] {
  return (troubledMailStates as readonly MailState[]).includes(state);
}

/** What a provider tells of a mail. */
export type MailEventType = 'delivered' | 'bounce' | 'complaint';

/**
 * What an event does to its mail; undefined for a bounce that is only a delay. `code` is the receiving server's reply
 * (`550`) or enhanced status (`5.1.1`, RFC 3463): one that begins with 4 will be tried again by the provider.
 */
export function actionOf({ type, code }: { type: MailEventType; code: string | null }): MailAction | undefined {
  if (type === 'delivered') return 'deliver';
  if (type === 'complaint') return 'complain';
  return code?.startsWith('4') ? undefined : 'bounce';
}
