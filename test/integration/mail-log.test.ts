import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerAddress } from 'smtp-server';
import type { Database } from '../../libs/database/index.js';
import {
  MailInbox,
  MailLog,
  MailOutcomeListener,
  MailOutcomes,
  MailSender,
  type MailOutcome,
} from '../../libs/notifications/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { Outbox, OutboxDispatcher, type Deliver, type MailRequest } from '../../libs/outbox/index.js';
import { ProgramsService } from '../../libs/programs/index.js';
import { ActivityWorker } from '../support/activity-worker.js';
import { demoProgram } from '../support/demo-program.js';

/** A mail server that answers as it is told, by recipient: an SMTP reply, or nothing told, and it takes the mail. */
class ScriptedMailServer {
  readonly taken: string[] = [];
  readonly refusals = new Map<string, number>();
  private readonly server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 200,
    onRcptTo: ({ address }: SMTPServerAddress, _session, callback) => {
      const responseCode = this.refusals.get(address);
      if (responseCode === undefined) return callback();
      callback(Object.assign(new Error(`<${address}> is not welcome`), { responseCode }));
    },
    onData: (stream, session, callback) => {
      stream.on('end', () => {
        this.taken.push(...session.envelope.rcptTo.map(({ address }) => address));
        callback();
      });
      stream.resume();
    },
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.server.on('error', () => undefined);
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }
}

class Notebook extends MailOutcomeListener {
  readonly outcomes: MailOutcome[] = [];

  note(_tx: unknown, outcome: MailOutcome): Promise<void> {
    this.outcomes.push(outcome);
    return Promise.resolve();
  }
}

const patient = 5 * 24 * 3_600_000;

describe('the log of mails', () => {
  const server = new ScriptedMailServer();
  const notebook = new Notebook();
  let worker: ActivityWorker<unknown>;
  let context: ActivityWorker<unknown>['context'];
  let database: Database;
  let programId: string;
  let people = 0;

  beforeAll(async () => {
    worker = await ActivityWorker.open({ SMTP_URL: await server.listen() });
    ({ context, database } = worker);
    context.get(MailOutcomes).add(notebook);
    const document = { ...demoProgram(), contacts: { legal: 'legal@company.example' } };
    programId = (await context.get(ProgramsService).create(document, { actorId: 'usr_test' })).id;
  });
  afterAll(async () => {
    await worker.close();
    await server.close();
  });

  async function person(): Promise<{ personId: string; email: string }> {
    const personId = newId('per');
    const email = `Person-${++people}@Partner.example`;
    await database.query(`insert into persons (id, program_id, name, email) values ($1, $2, 'Ada', $3)`, [
      personId,
      programId,
      email,
    ]);
    return { personId, email };
  }

  const ask = (to: MailRequest['to'], subjectId = newId('app')): Promise<string> =>
    database.inTransaction((tx) =>
      context.get(Outbox).mail(tx, programId, { template: 'application-received', subjectId, to }),
    );

  /** Delivers what is due, as a worker does; with `again`, what waits for its next attempt too. */
  async function deliver({ again = false } = {}): Promise<void> {
    if (again) await database.query(`update outbox_messages set available_at = now() where delivered_at is null`);
    const nothing: Deliver = () => Promise.resolve();
    const dispatcher = new OutboxDispatcher({
      database,
      deliver: {
        workflow_start: nothing,
        workflow_signal: nothing,
        program_schedules: nothing,
        rail_event: nothing,
        mail_event: ({ payload }) => context.get(MailInbox).apply(payload as { eventId: string }),
        mail: ({ id, program_id, payload }) => context.get(MailSender).send(id, program_id, payload as MailRequest),
      },
      onFailure: () => undefined,
    });
    await dispatcher.deliverDue();
  }

  async function logged(id: string) {
    const [row] = await database.query<{ state: string; attempts: number; code: string | null; done: boolean }>(
      `select m.state, m.attempts, m.code, m.language, m.message_id, m.address_hash, o.delivered_at is not null as done
       from mails m join outbox_messages o on o.id = m.id where m.id = $1`,
      [id],
    );
    return row!;
  }

  async function tell(mailId: string, type: 'bounce' | 'complaint' | 'delivered', code: string | null = null) {
    const messageId = `<${mailId}@pactline.example>`;
    await context.get(MailInbox).receive(`event-${mailId}-${type}-${code}`, { messageId, type, at: new Date(), code });
    await deliver();
  }

  it('tells what was sent, in which language, by a hash of the address and never by the address', async () => {
    const { personId, email } = await person();
    const id = await ask({ personId });
    expect(await logged(id)).toMatchObject({ state: 'queued', attempts: 0, done: false });
    await deliver();
    expect(await logged(id)).toMatchObject({
      state: 'sent',
      attempts: 1,
      code: null,
      language: 'en',
      message_id: `${id}@pactline.example`,
      address_hash: context.get(MailLog).hashOf(email.toLowerCase()),
      done: true,
    });
    expect(server.taken).toContain(email.replace('Partner', 'partner'));
    const [{ text } = { text: '' }] = await database.query<{ text: string }>(
      `select string_agg(to_jsonb(m)::text, '') as text from mails m`,
    );
    expect(text.toLowerCase()).not.toContain('partner.example');
    expect(notebook.outcomes.at(-1)).toMatchObject({ mailId: id, personId, state: 'sent', code: null });
  });

  it('records a mail that the server refuses for good as failed, and tries it no more', async () => {
    const { personId, email } = await person();
    server.refusals.set(email.replace('Partner', 'partner'), 550);
    const id = await ask({ personId });
    await deliver();
    expect(await logged(id)).toMatchObject({ state: 'failed', attempts: 1, code: '550', done: true });
    await deliver({ again: true });
    expect(await logged(id)).toMatchObject({ state: 'failed', attempts: 1 });
    expect(notebook.outcomes.at(-1)).toMatchObject({ mailId: id, state: 'failed', code: '550' });
    const announced = await database.query(
      `select payload ->> 'type' as type, payload #>> '{data,code}' as code from outbox_messages where subject_id = $1`,
      [id],
    );
    expect(announced).toEqual([{ type: 'mail.failed', code: '550' }]);
  });

  it('tries again what the server may take later, and sends it once it does', async () => {
    const { personId, email } = await person();
    const address = email.replace('Partner', 'partner');
    server.refusals.set(address, 451);
    const id = await ask({ personId });
    await deliver();
    expect(await logged(id)).toMatchObject({ state: 'queued', attempts: 1, code: '451', done: false });
    server.refusals.delete(address);
    await deliver({ again: true });
    expect(await logged(id)).toMatchObject({ state: 'sent', attempts: 2, code: null, done: true });
  });

  it('gives a mail up after five days, with the last reason', async () => {
    const { personId, email } = await person();
    server.refusals.set(email.replace('Partner', 'partner'), 451);
    const id = await ask({ personId });
    const age = (ms: number) =>
      database.query(`update mails set created_at = now() - $2 * interval '1 millisecond' where id = $1`, [id, ms]);
    await age(patient - 60_000);
    await deliver();
    expect(await logged(id)).toMatchObject({ state: 'queued', code: '451' });
    await age(patient + 60_000);
    await deliver({ again: true });
    expect(await logged(id)).toMatchObject({ state: 'failed', code: '451', done: true });
  });

  it('fails what has nowhere to go: a person who was erased, a role without an address', async () => {
    const { personId } = await person();
    await database.query(`update persons set name = null, email = null where id = $1`, [personId]);
    const ids = [await ask({ personId }), await ask({ role: 'finance' })];
    await deliver();
    for (const id of ids) expect(await logged(id)).toMatchObject({ state: 'failed', code: 'no-address', done: true });
  });

  it('sends a mail once, however often its message comes', async () => {
    const { personId, email } = await person();
    const id = await ask({ personId });
    await deliver();
    await database.query(`update outbox_messages set delivered_at = null, available_at = now() where id = $1`, [id]);
    await deliver();
    const address = email.replace('Partner', 'partner');
    expect(server.taken.filter((taken) => taken === address)).toHaveLength(1);
    expect(await logged(id)).toMatchObject({ state: 'sent', attempts: 1, done: true });
  });

  it('holds mails back from an address that one bounced from, until a person says that it is right', async () => {
    const { personId, email } = await person();
    const first = await ask({ personId });
    await deliver();
    await tell(first, 'bounce', '5.1.1');
    expect(await logged(first)).toMatchObject({ state: 'bounced', code: '5.1.1' });
    const second = await ask({ personId });
    await deliver();
    expect(await logged(second)).toMatchObject({ state: 'suppressed', attempts: 0, done: true });
    // A corrected address is another one.
    await database.query(`update persons set email = $2 where id = $1`, [personId, `new-${email}`]);
    const third = await ask({ personId });
    await deliver();
    expect(await logged(third)).toMatchObject({ state: 'sent' });
    // Back to the old one, on somebody's word.
    await database.query(`update persons set email = $2 where id = $1`, [personId, email]);
    const { id: resent } = await context.get(MailLog).resend(second, { actorId: 'usr_test' });
    await deliver();
    expect(await logged(resent)).toMatchObject({ state: 'sent' });
    expect(await database.query(`select resend_of from mails where id = $1`, [resent])).toEqual([
      { resend_of: second },
    ]);
  });

  it('takes a delay for no bounce, a late bounce for one, and nothing back', async () => {
    const { personId } = await person();
    const id = await ask({ personId });
    await deliver();
    await tell(id, 'bounce', '4.2.2');
    expect(await logged(id)).toMatchObject({ state: 'sent' });
    await tell(id, 'delivered');
    expect(await logged(id)).toMatchObject({ state: 'delivered' });
    await tell(id, 'bounce', '550');
    expect(await logged(id)).toMatchObject({ state: 'bounced', code: '550' });
    await tell(id, 'delivered', '250');
    expect(await logged(id)).toMatchObject({ state: 'bounced', code: '550' });
  });

  it('counts an event once, and lets one about an unknown mail by', async () => {
    const { personId } = await person();
    const id = await ask({ personId });
    await deliver();
    const before = notebook.outcomes.length;
    await tell(id, 'complaint');
    await tell(id, 'complaint');
    expect(notebook.outcomes.slice(before).map(({ state }) => state)).toEqual(['complained']);
    await tell(newId('mal'), 'bounce', '550');
    const [open] = await database.query<{ count: number }>(
      `select count(*)::int as count from outbox_messages where kind = 'mail_event' and delivered_at is null`,
    );
    expect(open).toEqual({ count: 0 });
  });
});
