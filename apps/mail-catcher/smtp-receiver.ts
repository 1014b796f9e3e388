import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Clock } from '../../libs/kernel/clock.js';
import { newId } from '../../libs/kernel/ids.js';
import type { CaughtMail } from './mail-store.js';

const maxMailBytes = 25 * 1024 * 1024;
/** How long idle connections of a sender's pool may hold back the end. */
const closeTimeoutMs = 300;

/** What a received mail becomes, but for its place in the order. */
export type ReceivedMail = Omit<CaughtMail, 'sequence'>;

export interface SmtpReceiver {
  port: number;
  close(): Promise<void>;
}

/** Takes mails over plain SMTP, for any sender and recipient; each is acknowledged once `keep` has resolved. */
export async function startSmtpReceiver(options: {
  host: string;
  port: number;
  clock: Clock;
  keep: (mail: ReceivedMail) => Promise<void>;
}): Promise<SmtpReceiver> {
  const server = new SMTPServer({
    banner: 'Pactline mail catcher',
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: maxMailBytes,
    closeTimeout: closeTimeoutMs,
    onData: (stream, session, callback) => {
      receive(stream, session, options.clock)
        .then((mail) => options.keep(mail))
        .then(
          () => callback(),
          (error: unknown) => callback(refusal(error)),
        );
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // A connection that breaks off is its sender's affair; without a listener it would end the process.
  server.on('error', () => undefined);
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function receive(stream: SMTPServerDataStream, session: SMTPServerSession, clock: Clock): Promise<ReceivedMail> {
  const parsed = await simpleParser(stream, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true });
  if (stream.sizeExceeded) throw new MailTooLarge();
  return {
    id: newId('mal'),
    messageId: parsed.messageId ?? '',
    from: parsed.from?.text ?? '',
    to: session.envelope.rcptTo.map(({ address }) => address),
    subject: parsed.subject ?? '',
    receivedAt: clock.now().toISOString(),
    text: parsed.text ?? '',
    html: parsed.html === false ? '' : parsed.html,
    attachments: attachmentsOf(parsed),
  };
}

function attachmentsOf(parsed: ParsedMail): CaughtMail['attachments'] {
  return parsed.attachments.map((attachment) => ({
    fileName: attachment.filename ?? '',
    contentType: attachment.contentType,
    sizeBytes: attachment.size,
  }));
}

class MailTooLarge extends Error {
  override readonly name = 'MailTooLarge';
}

/** Too large is for good; anything else (a full disk) may pass, and the sender tries again. */
function refusal(error: unknown): Error {
  const tooLarge = error instanceof MailTooLarge;
  const message = tooLarge ? 'the mail is too large' : 'the mail could not be kept';
  return Object.assign(new Error(message), { responseCode: tooLarge ? 552 : 451 });
}
