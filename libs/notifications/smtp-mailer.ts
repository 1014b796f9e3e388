import type { OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { assertSendable, type Mail } from './domain/index.js';
import { MailDeliveryError, Mailer } from './mailer.js';

export interface SmtpSettings {
  /** `smtp://` or `smtps://`, with user and password where the server asks for them. */
  url: string;
  /** What stands in From: `Name <address>`. */
  from: string;
  /** Connections kept open side by side; 5 where left out. */
  maxConnections?: number;
  /** The longest wait for a connection, the greeting or a reply; 15 seconds where left out. */
  timeoutMs?: number;
}

const defaultTimeoutMs = 15_000;
const defaultConnections = 5;

/** Sends mails over a pool of SMTP connections. */
export class SmtpMailer extends Mailer implements OnApplicationShutdown {
  private readonly transport;
  private readonly messageIdDomain: string;

  constructor(private readonly settings: SmtpSettings) {
    super();
    const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs;
    this.messageIdDomain = /@([^\s@<>]+)>?\s*$/.exec(settings.from)?.[1] ?? 'localhost';
    this.transport = createTransport({
      url: settings.url,
      pool: true,
      maxConnections: settings.maxConnections ?? defaultConnections,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send(mail: Mail): Promise<string> {
    assertSendable(mail);
    const messageId = `<${mail.id}@${this.messageIdDomain}>`;
    try {
      await this.transport.sendMail({
        messageId,
        from: this.settings.from,
        to: { name: mail.to.name ?? '', address: mail.to.address },
        subject: mail.subject,
        text: mail.text,
        ...(mail.html === undefined ? {} : { html: mail.html }),
        // Tells auto-responders to keep quiet (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated' },
        attachments: (mail.attachments ?? []).map(({ fileName, contentType, content }) => ({
          filename: fileName,
          contentType,
          content: Buffer.from(content),
        })),
      });
    } catch (error) {
      throw deliveryError(mail.id, error);
    }
    return messageId;
  }

  /** Idle connections would keep a process alive for as long as one may wait for a reply. */
  onApplicationShutdown(): void {
    this.close();
  }

  /** Closes the pool once what is being sent has been sent. */
  close(): void {
    this.transport.close();
  }
}

/** The library's errors repeat addresses and server replies; only their codes go on. */
function deliveryError(mailId: string, error: unknown): MailDeliveryError {
  const { code, responseCode } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  return new MailDeliveryError(
    mailId,
    typeof code === 'string' ? code : 'EUNKNOWN',
    typeof responseCode === 'number' ? responseCode : undefined,
  );
}
