import { Controller, Post, Req } from '@nestjs/common';
import { z } from 'zod';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { MailInbox } from '../../../libs/notifications/index.js';
import { Endpoint, ZodBody, type ApiRequest } from '../edge/index.js';
import { instantField } from '../edge/fields.js';

/** One event about one mail. */
const mailEventBody = z.strictObject({
  messageId: z.string().trim().min(1).max(300),
  type: z.enum(['delivered', 'bounce', 'complaint']),
  at: instantField,
  /** An SMTP reply (`550`) or an enhanced status (`5.1.1`); one that begins with 4 is a delay and no bounce. */
  code: z
    .string()
    .max(20)
    .regex(/^[245](\d\d|\.\d{1,3}\.\d{1,3})$/, 'must be an SMTP reply or an enhanced status')
    .nullish(),
});

/** What the mail provider tells us of mails that it took. Each event is stored once, by its own id, and applied afterwards. */
@Controller('v1/inbound')
export class MailEventsController {
  constructor(private readonly inbox: MailInbox) {}

  @Post('mail')
  @Endpoint({
    summary: 'Take in a bounce, a complaint or a delivery, signed by the mail provider (Standard Webhooks)',
    description:
      'The headers `webhook-id`, `webhook-timestamp` and `webhook-signature` are checked with MAIL_WEBHOOK_SECRET. An event ' +
      'that came before, and one about a mail that is not ours, are accepted and change nothing.',
    roles: 'public',
    status: 202,
    bodyExample: {
      messageId: 'mal_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b@pactline.example',
      type: 'bounce',
      at: '2026-03-01T09:00:07Z',
      code: '5.1.1',
    },
    errors: ['unauthenticated', 'malformed-request'],
  })
  async mail(
    @Req() request: ApiRequest,
    @ZodBody(mailEventBody) { messageId, type, at, code }: z.infer<typeof mailEventBody>,
  ): Promise<void> {
    const eventId = this.inbox.verify(request.rawBody ?? Buffer.alloc(0), request.headers);
    if (eventId.length > 200) throw new DomainError('malformed-request', 'the id of the event is too long');
    await this.inbox.receive(eventId, { messageId, type, at: new Date(at), code: code ?? null });
  }
}
