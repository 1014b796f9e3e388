import { applicantErasure } from '../../libs/orchestration/index.js';
import { ContractingWalk, type Answer, type Applicant } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { SigningDesk } from '../support/signing.js';

/** Words that stand for one person and occur nowhere else. */
interface Marks {
  name: string;
  email: string;
  all: string[];
}

let people = 0;

function marks(): Marks {
  const word = `qzx${++people}`;
  const email = `${word}mail@partner.example`;
  const all = [
    'name',
    'mail',
    'company',
    'host',
    'answer',
    'bea',
    'beamail',
    'relation',
    'said',
    'file',
    'told',
    'note',
  ];
  return { name: `${word}name Lestari`, email, all: all.map((part) => `${word}${part}`) };
}

describe('an applicant who is forgotten', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product, {
      review: { checklist: [{ id: 'looked', label: 'I looked' }], erasure: { after: 'P30D', schedule: '0 0 29 2 *' } },
      negotiation: {
        answerWithin: 'P30D',
        remindBefore: [],
        guardrails: [
          {
            path: '/legal/governingLaw',
            bounds: [{ role: 'partner_manager', forbidden: ['the law of Atlantis'] }, { role: 'legal' }],
          },
        ],
      },
    });
  });
  afterAll(() => product.close());

  const word = ({ name }: Marks): string => name.split('name')[0]!;
  const erase = ({ applicationId }: Applicant, token: string) =>
    product.call('POST', `/v1/applications/${applicationId}/erasure`, { token, body: {} }) as Promise<Answer>;

  /** Where a person is still to be found: `table.column` of every row of the whole database that names it. */
  async function found({ all }: Marks): Promise<string[]> {
    const columns = await product.rows<{ table_name: string; column_name: string; data_type: string }>(
      `select c.table_name, c.column_name, c.data_type from information_schema.columns c
         join information_schema.tables t using (table_schema, table_name)
       where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
         and c.data_type in ('text', 'jsonb', 'json', 'ARRAY', 'bytea', 'character varying')`,
    );
    expect(columns.length).toBeGreaterThan(50);
    const places: string[] = [];
    for (const { table_name: table, column_name: column, data_type: type } of columns) {
      const text = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`;
      const sql = `select count(*)::int as count from "${table}" where lower(${text}) like any ($1)`;
      const [row] = await product.rows<{ count: number }>(
        sql,
        all.map((mark) => `%${mark}%`),
      );
      if (row!.count > 0) places.push(`${table}.${column}`);
    }
    return places;
  }

  /** Leaves traces wherever an applicant can: in the form, by its references, in files, in questions and in reasons. */
  async function everywhere(of: ContractingWalk, person: Marks): Promise<Applicant> {
    const mark = word(person);
    const applicant = await of.apply({
      name: person.name,
      email: person.email,
      phone: '+44 20 7946 0958',
      company: `${mark}company Ltd`,
      webSites: [`https://${mark}host.example`],
      form: { audience: `${mark}answer` },
      references: [{ name: `${mark}bea`, email: `${mark}beamail@elsewhere.example`, relation: `${mark}relation` }],
    });
    const { text } = await product.mail(`${mark}beamail@elsewhere.example`, 'as a reference');
    const [link] = /reference\.ref_[0-9a-f]{32}\.[\w-]+/.exec(text) ?? [];
    const answers = { knows: `${mark}said`, trust: 'yes' };
    await product.ok('POST', `/v1/references/${link}`, { body: { answers } });
    const base = `/v1/applications/${applicant.applicationId}`;
    const raw = Buffer.from(`%PDF-1.7\n${mark}file\n%%EOF`);
    const headers = { 'content-type': 'application/pdf' };
    await product.ok('POST', `${base}/attachments?fileName=${mark}file.pdf`, { token: applicant.token, raw, headers });
    const token = of.tokens.manager;
    await product.ok('POST', `${base}/checklist`, {
      token,
      body: { item: 'looked', isDone: true, note: `${mark}note` },
    });
    const question = `Who told you, ${person.name}?`;
    await product.ok('POST', `${base}/information-requests`, { token, body: { question } });
    const { items } = await product.ok<{ items: { id: string }[] }>('GET', `${base}/information-requests`, { token });
    const answer = { answer: `${mark}told`, form: { audience: `${mark}answer again` } };
    const answered = `${base}/information-requests/${items[0]!.id}/answer`;
    await product.ok('POST', answered, { token: applicant.token, body: answer });
    return applicant;
  }

  it('is found in no table and no file, while the facts stay', async () => {
    const person = marks();
    const applicant = await everywhere(walk, person);
    const reason = `${person.name} has no readers`;
    await walk.decide(applicant.applicationId, { action: 'reject', reason });
    await product.outboxEmpty();
    const before = await walk.audit(applicant.applicationId);
    expect(await found(person)).toEqual(
      expect.arrayContaining([
        ...['persons.name', 'persons.email', 'applications.form', 'application_keys.key', 'audit_facts.reason'],
        ...['application_references.answers', 'information_messages.text', 'application_checks.note'],
      ]),
    );
    const submissions = async (): Promise<number> => {
      const sql = `select count(*)::int as count from idempotency_keys where principal = 'public'`;
      return (await product.rows<{ count: number }>(sql))[0]!.count;
    };
    const answered = await submissions();
    const erased = await erase(applicant, applicant.token);
    // The stored answer to the application itself.
    expect(await submissions()).toBe(answered - 1);
    expect([erased.status, erased.body]).toEqual([
      200,
      { id: applicant.applicationId, erasedAt: expect.any(String) as string },
    ]);
    expect(await found(person)).toEqual([]);
    expect(await walk.audit(applicant.applicationId)).toEqual([...before, 'application.erase >']);
    const [decision] = await product.rows(
      `select actor_id, reason, at from audit_facts where subject_id = $1 and action = 'application.reject'`,
      applicant.applicationId,
    );
    expect(decision).toMatchObject({ actor_id: 'usr_petra-partner-manager', reason: 'erased' });
    const keys = `select count(*)::int as count from idempotency_keys where principal = $1`;
    expect(await product.rows(keys, applicant.applicationId)).toEqual([{ count: 0 }]);
    // Nobody who knows what was submitted, or by which request, finds the application by it.
    const derived = `select request_key, submission_key from applications where id = $1`;
    expect(await product.rows(derived, applicant.applicationId)).toEqual([{ request_key: null, submission_key: null }]);
    const seen = await product.ok('GET', `/v1/applications/${applicant.applicationId}/review`, {
      token: walk.tokens.legal,
    });
    expect(seen).toMatchObject({
      person: { name: null, email: null, phone: null },
      form: {},
      attachments: [],
      references: [{ name: null, state: 'answered', answers: [] }],
      decision: { by: 'usr_petra-partner-manager', reason: null },
      erasedAt: erased.body['erasedAt'],
    });
  });

  it('asks for it by the link, or an admin does; again changes nothing', async () => {
    const [one, other] = [await walk.apply(), await walk.apply()];
    for (const applicant of [one, other]) await walk.withdraw(applicant);
    for (const token of [walk.tokens.manager, walk.tokens.legal, walk.tokens.auditor]) {
      expect((await erase(one, token)).status).toBe(403);
    }
    expect((await erase(one, other.token)).status).toBe(404);
    const first = await erase(one, walk.tokens.admin);
    const again = await erase(one, one.token);
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect((await walk.audit(one.applicationId)).filter((fact) => fact.startsWith('application.erase'))).toHaveLength(
      1,
    );
    expect(await product.rows(`select name from persons where email = $1`, other.email)).toHaveLength(1);
  });

  it('has nothing open and no contract: both are refused, whole', async () => {
    const open = await walk.apply();
    const unverified = await walk.applyUnverified();
    const partner = await walk.approved();
    for (const applicant of [open, unverified, partner]) {
      const refused = await erase(applicant, applicant.token);
      expect([refused.status, refused.body.code]).toEqual([409, 'illegal-transition']);
      expect(await product.rows(`select name from persons where email = $1`, applicant.email)).toHaveLength(1);
    }
  });

  it('withdrew with the contract on the table: it goes too, and the notes of the rounds', async () => {
    const person = marks();
    const applicant = await walk.apply({ name: person.name, email: person.email });
    const decided = await walk.decide(applicant.applicationId, {
      action: 'approve',
      partnerReference: word(person) + 'name',
    });
    const { negotiationId } = decided.body as unknown as { negotiationId: string };
    const { termsHash } = await walk.negotiation(negotiationId, applicant.token);
    const terms = { ...walk.document.terms, obligations: [] };
    const proposal = { terms, answersHash: termsHash, note: `${word(person)}said it is too low` };
    const answers = await walk.propose(negotiationId, proposal, applicant.token);
    const accepted = await walk.accept(negotiationId, String(answers.body['termsHash']), walk.tokens.manager);
    expect(accepted.status).toBe(200);
    const { envelopeId } = await walk.signingPage(applicant);
    await walk.withdraw(applicant, `${word(person)}told me not to`);
    await product.outboxEmpty();
    const rows = `select count(*)::int as count from documents d join envelopes e on e.document_sha256 = d.sha256 where e.id = $1`;
    expect(await product.rows(rows, envelopeId)).toEqual([{ count: 1 }]);
    expect((await erase(applicant, applicant.token)).status).toBe(200);
    expect(await product.rows(rows, envelopeId)).toEqual([{ count: 0 }]);
    expect(await found(person)).toEqual([]);
    expect(await walk.audit(envelopeId)).toEqual(expect.arrayContaining([expect.stringMatching(/envelope\.send/)]));
  });

  it('went out of the rounds while a move of the company waited for its approval: the notes go too', async () => {
    const person = marks();
    const applicant = await walk.apply({ name: person.name, email: person.email });
    const { body } = await walk.decide(applicant.applicationId, { action: 'approve' });
    const { negotiationId } = body as unknown as { negotiationId: string };
    const { termsHash } = await walk.negotiation(negotiationId, applicant.token);
    const terms = { ...walk.document.terms, legal: { governingLaw: 'the law of Atlantis' } };
    const waiting = { terms, answersHash: termsHash, note: `${word(person)}said the sea is near` };
    expect((await walk.propose(negotiationId, waiting)).body).toMatchObject({ pendingApproval: { roles: ['legal'] } });
    const reason = `${word(person)}told me of another offer`;
    const address = `/v1/negotiations/${negotiationId}/withdrawal`;
    expect((await product.call('POST', address, { token: applicant.token, body: { reason } })).status).toBe(200);
    await walk.stage(applicant.applicationId, 'lapsed');
    expect(await found(person)).toEqual(expect.arrayContaining(['internal_approvals.note', 'negotiations.reason']));
    expect((await erase(applicant, applicant.token)).status).toBe(200);
    await product.outboxEmpty();
    expect(await found(person)).toEqual([]);
  });

  it('had signed before the contract was voided: everybody and all that was said and sealed goes with it', async () => {
    const person = marks();
    const mark = word(person);
    const desk = new SigningDesk(walk);
    const applicant = await walk.apply({ name: person.name, email: person.email });
    const { body } = await walk.decide(applicant.applicationId, { action: 'approve' });
    const { negotiationId } = body as unknown as { negotiationId: string };
    const comments = `/v1/negotiations/${negotiationId}/comments`;
    const say = (token: string, text: object) => product.ok('POST', comments, { token, body: text });
    await say(applicant.token, { text: `${mark}said so` });
    await say(walk.tokens.manager, { text: `${mark}note among us`, visibility: 'company' });
    const { termsHash } = await walk.negotiation(negotiationId, applicant.token);
    const partner = { ...applicant, negotiationId, termsHash };
    const second = { name: `${mark}bea`, email: `${mark}beamail@partner.example`, title: `${mark}relation` };
    expect(
      (
        await product.call('POST', `/v1/negotiations/${negotiationId}/signers`, {
          token: applicant.token,
          body: second,
        })
      ).status,
    ).toBe(201);
    expect((await walk.accept(negotiationId, termsHash, applicant.token)).status).toBe(200);
    const third = { name: `${mark}told`, email: `${mark}file@partner.example`, reason: `${mark}answer` };
    expect((await desk.act(await desk.link(second.email), 'delegation', third)).status).toBe(200);
    for (const email of [person.email, third.email]) {
      expect((await desk.sign(await desk.link(email), { typedName: `${mark}name` })).status).toBe(200);
    }
    const envelopeId = await desk.envelopeOf(partner as never);
    await walk.reaches(envelopeId, 'awaiting_countersign');
    const [seals] = await product.rows<{ d0: string; d1: string }>(
      `select document_sha256 as d0, partner_sealed_sha256 as d1 from envelopes where id = $1`,
      envelopeId,
    );
    expect((await desk.change(envelopeId, 'void', { reason: `${mark}note` })).status).toBe(200);
    await walk.stage(applicant.applicationId, 'lapsed');
    await product.outboxEmpty();
    expect((await erase(applicant, applicant.token)).status).toBe(200);
    expect(await found(person)).toEqual([]);
    const kept = await product.rows(`select sha256 from documents where sha256 = any($1)`, [seals!.d0, seals!.d1]);
    expect(kept).toEqual([]);
  });

  it('is not taken out of a contract that was executed, whatever the database is asked', async () => {
    const partner = await walk.activePartner();
    await expect(product.rows(`select erase_applicant($1)`, partner.applicationId)).rejects.toThrow(
      /may not be erased/,
    );
    await product.rows(`select erase_documents($1, $2)`, walk.programId, [partner.documentHash]);
    const kept = await product.rows(`select 1 from documents where sha256 = $1`, partner.documentHash);
    expect(kept).toHaveLength(1);
    await expect(product.rows(`update audit_facts set reason = 'x'`)).rejects.toThrow(/append-only/);
  });

  it('is forgotten by the program’s own Schedule once the time to keep it is over, and not before', async () => {
    const [old, young, open] = [marks(), marks(), marks()];
    const apply = (person: Marks) => walk.apply({ name: person.name, email: person.email });
    const [gone, kept, waiting] = [await apply(old), await apply(young), await apply(open)];
    for (const applicant of [gone, kept]) await walk.withdraw(applicant);
    await product.rows(`update applications set stage_since = now() - interval '31 days' where id = any ($1)`, [
      gone.applicationId,
      waiting.applicationId,
    ]);
    await product.outboxEmpty();
    await product.temporal.schedule.getHandle(applicantErasure.scheduleId(walk.programId)).trigger();
    await product.until('the erasure', async () => (await found(old)).length === 0);
    // The same on request, by an admin alone.
    const body = { programId: walk.programId };
    const run = (token: string) => product.call('POST', '/v1/applicant-erasures', { token, body });
    expect((await run(walk.tokens.manager)).status).toBe(403);
    const { status, body: started } = await run(walk.tokens.admin);
    expect(status).toBe(202);
    await product.outboxEmpty();
    const workflowId = applicantErasure.workflowId(walk.programId, Date.parse(String(started['cutOff'])));
    expect(await product.temporal.workflow.getHandle(workflowId).result()).toEqual({ erased: 0 });
    expect(await found(young)).toContain('persons.name');
    expect(await found(open)).toContain('persons.name');
    const [fact] = await product.rows(
      `select actor_id, details from audit_facts where subject_id = $1 and action = 'application.erase'`,
      gone.applicationId,
    );
    expect(fact).toEqual({ actor_id: 'system', details: { why: 'retention' } });
  });
});
