import type { webhookMails } from '../domain/index.js';
import type { MailSources } from '../mail-source.js';

/** The subject of these mails is the webhook's endpoint. */
export const webhookSources: MailSources<typeof webhookMails> = {
  'webhook-disabled': {
    facts: async (reader, { request }) => {
      const { url, disabled_because: because } = await reader.one<{ url: string; disabled_because: string | null }>(
        `select url, disabled_because from webhook_endpoints where id = $1`,
        request.subjectId,
      );
      const link = reader.api(`/webhooks/${request.subjectId}`);
      return { host: new URL(url).host, because: because === 'gone' ? 'gone' : 'failing', link };
    },
  },
};
