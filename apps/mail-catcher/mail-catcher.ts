import type { AddressInfo } from 'node:net';
import { SystemClock, type Clock } from '../../libs/kernel/clock.js';
import { MailFile } from './mail-file.js';
import { MailStore, type CaughtMail } from './mail-store.js';
import { refuseProduction, type MailCatcherSettings } from './settings.js';
import { startSmtpReceiver, type ReceivedMail } from './smtp-receiver.js';
import { webOf } from './web.js';

export interface MailCatcherOptions extends MailCatcherSettings {
  /** How many mails are kept; the newest 20,000 where left out. */
  maxMails?: number;
  clock?: Clock;
}

export interface MailCatcher {
  /** Where mails go: `smtp://host:port`. */
  smtpUrl: string;
  /** The page and the API, without a slash at the end. */
  httpUrl: string;
  /** Ends what is under way; what was acknowledged is in the file. */
  close(): Promise<void>;
}

const defaultMaxMails = 20_000;

/** Starts a mail server that keeps every mail and delivers none. Throws an Error in production and for a taken port. */
export async function startMailCatcher(options: MailCatcherOptions): Promise<MailCatcher> {
  refuseProduction(process.env['NODE_ENV']);
  const maxMails = options.maxMails ?? defaultMaxMails;
  const store = new MailStore(maxMails);
  const file = new MailFile(options.stateFile, maxMails);
  for (const mail of await file.read()) store.add(mail);
  const kept = () => store.all();
  const web = webOf(store, () => {
    store.clear();
    return file.rewrite(kept);
  });
  // Nothing is written before both ports are ours: a second catcher must not touch the first one's file.
  await web.listen({ host: options.host, port: options.httpPort });
  const keep = (received: ReceivedMail) => {
    const mail: CaughtMail = { ...received, sequence: store.nextSequence() };
    store.add(mail);
    return file.append(mail, kept);
  };
  const clock = options.clock ?? new SystemClock();
  const smtp = await startSmtpReceiver({ host: options.host, port: options.smtpPort, clock, keep }).catch(
    async (error: unknown) => {
      await web.close();
      throw error;
    },
  );
  const { port } = web.server.address() as AddressInfo;
  return {
    smtpUrl: `smtp://${hostInUrl(options.host)}:${smtp.port}`,
    httpUrl: `http://${hostInUrl(options.host)}:${port}`,
    close: async () => {
      await smtp.close();
      await web.close();
      await file.settled();
    },
  };
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
