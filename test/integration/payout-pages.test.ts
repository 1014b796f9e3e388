import { DocumentStore } from '../../libs/documents/index.js';
import { BankDetailEditors, contentHashOf, type HashedBatch, type HashedItem } from '../../libs/payouts/index.js';
import { BatchCompletion } from '../../libs/payouts/batch-completion.js';
import { BatchItems } from '../../libs/payouts/batch-items.js';
import { ItemPages } from '../../libs/payouts/item-pages.js';
import { readPdf } from '../support/pdf-text.js';
import { KnownEditors } from '../support/known-editors.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';

const march = '2026-04-01T00:00:00Z';
const april = '2026-05-01T00:00:00Z';

const known = new KnownEditors();
let house: PayoutHouse;
let program: ProgramFixture;
/** Five partners with USD 20, 30, 40, 50 and 60 to come: three pages of items. */
let partners: string[];

beforeAll(async () => {
  house = await PayoutHouse.open({}, (builder) => builder.overrideProvider(BankDetailEditors).useValue(known));
  house.module.get(ItemPages).size = 2;
  house.module.get(BatchItems).sliceSize = 3;
  house.module.get(BatchCompletion).setSize = 2;
});

beforeEach(async () => {
  known.editors.clear();
  program = await house.program();
  partners = await Promise.all([1, 2, 3, 4, 5].map(() => program.partner()));
  for (const [index, partner] of partners.entries()) {
    await program.vested(partner, 1_000n * BigInt(index + 2), '2026-03-01T00:00:00Z');
  }
});

afterAll(() => house.close());

async function rowsOf(batchId: string): Promise<HashedItem[]> {
  return house.database.query(`select * from payout_items where batch_id = $1 order by id`, [batchId]);
}

/** The partners of a batch in the order of its items: the last ones come with the last page. */
async function inOrder(batchId: string): Promise<string[]> {
  return (await rowsOf(batchId)).map(({ partner_id }) => partner_id);
}

async function states(batchId: string): Promise<string[]> {
  return (await rowsOf(batchId)).map(({ state }) => state);
}

describe('a batch that is taken a few items at a time', () => {
  it('is checked, reserved, dealt into slices and hashed to its last item', async () => {
    const { batchId = '', items, totalMinor } = await program.draft(march);
    expect([items, totalMinor]).toEqual([5, '20000']);
    expect(await states(batchId)).toEqual(Array(5).fill('screened'));
    const { contentHash = '' } = await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    const rows = await rowsOf(batchId);
    expect(rows.map(({ state, slice }) => [state, slice])).toEqual([1, 1, 1, 2, 2].map((slice) => ['reserved', slice]));
    const [batch] = await house.database.query<HashedBatch>(`select * from payout_batches where id = $1`, [batchId]);
    expect(contentHash).toBe(contentHashOf(batch!, rows));
    expect(batch).toMatchObject({ content_hash: contentHash, total_minor: '20000', item_count: 5 });
    expect(await program.balance('reserved', batchId)).toBe(20_000n);
    expect(await house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' })).toMatchObject({
      state: 'released',
    });
    expect(await program.isSound()).toBe(true);
  });

  it('takes to each page what was posted since, and drops what no longer reaches its minimum', async () => {
    const { batchId = '' } = await program.draft(march);
    const [first = '', , third = '', , last = ''] = await inOrder(batchId);
    const gross = (partner: string) => 1_000n * BigInt(partners.indexOf(partner) + 2);
    await program.vested(first, 500n, '2026-03-02T00:00:00Z');
    await program.clawedBack(third, gross(third) - 1n, '2026-03-02T00:00:00Z');
    await program.vested(last, 700n, '2026-03-02T00:00:00Z');
    await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    const items = await house.itemsOf(batchId);
    expect(items[first]).toEqual({ state: 'reserved', amountMinor: gross(first) + 500n });
    expect(items[third]).toMatchObject({ state: 'superseded' });
    expect(items[last]).toEqual({ state: 'reserved', amountMinor: gross(last) + 700n });
    expect((await house.payouts.batch(batchId)).carriedMinor).toBe(1n);
    expect(await program.isSound()).toBe(true);
  });

  it('holds an item of its last page, is not approved by who changed its details, and not what was changed', async () => {
    const { batchId = '' } = await program.draft(march);
    const last = (await inOrder(batchId)).at(-1) ?? '';
    await program.suspended(last);
    const { contentHash = '' } = await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(await states(batchId)).toEqual([...Array<string>(4).fill('reserved'), 'held']);
    const fourth = (await inOrder(batchId))[3] ?? '';
    known.editors.set(fourth, 'usr_editor');
    const approve = (actorId: string) => house.payouts.approve({ batchId, contentHash, actorId });
    expect(await refusal(approve('usr_editor'))).toBe('maker-is-checker');
    const change = (by: string) =>
      house.asOwner(`update payout_items set amount_minor = amount_minor ${by} where partner_id = '${fourth}'`);
    await change('+ 1');
    expect(await refusal(approve('usr_checker'))).toBe('hash-mismatch');
    await change('- 1');
    // What turns up for the last of them after the freezing keeps all from their release.
    await program.suspended(fourth);
    expect(await approve('usr_checker')).toMatchObject({ state: 'approved' });
    expect(await refusal(house.payouts.release({ batchId, contentHash, actorId: 'usr_finance' }))).toBe(
      'illegal-transition',
    );
    await program.resumed(fourth);
    await house.payouts.release({ batchId, contentHash, actorId: 'usr_finance' });
    expect(await states(batchId)).toEqual([...Array<string>(4).fill('reserved'), 'superseded']);
  });

  it('is edited and taken back as a whole', async () => {
    const { batchId } = await program.frozen(march);
    const lastItem = (await rowsOf(batchId)).at(-1)?.id ?? '';
    const edit = { batchId, reason: 'a question', actorId: 'usr_editor' };
    await house.payouts.edit({ ...edit, remove: [lastItem], putBack: [] });
    expect(await states(batchId)).toEqual([...Array<string>(4).fill('reserved'), 'held']);
    await house.payouts.edit({ ...edit, remove: [], putBack: [lastItem] });
    expect(await states(batchId)).toEqual(Array(5).fill('reserved'));
    await house.payouts.recall({ batchId, reason: 'wrong month', actorId: 'usr_finance' });
    expect(await states(batchId)).toEqual(Array(5).fill('superseded'));
    expect(await program.balance('reserved', batchId)).toBe(0n);
    expect(await program.draft(april)).toMatchObject({ items: 5, totalMinor: '20000' });
  });

  it('lets whoever moves the money of any of its partners wait', async () => {
    const { batchId = '' } = await program.draft(march);
    const last = (await inOrder(batchId)).at(-1) ?? '';
    const hold = async (tx: Parameters<Parameters<typeof house.waits>[0]>[0]) => {
      await tx.query(`select 1 from partner_timelines where partner_id = $1 for update`, [last]);
    };
    expect(await house.waits(hold, () => house.payouts.submit({ batchId, actorId: 'usr_maker' }))).toBe(true);
  });
});

describe('remittance advices that are made a few at a time', () => {
  let batchId: string;

  beforeEach(async () => {
    batchId = await program.released(march);
    await house.payouts.paySlice(batchId, 1);
    await house.payouts.paySlice(batchId, 2);
    await house.payouts.refreshOpenItems(batchId);
  });

  async function told(): Promise<number[]> {
    const rows = await rowsOf(batchId);
    return Promise.all(
      rows.map(async ({ id, remittance_sha256: sha256 }) => {
        const mails = await house.outbox('mail', id);
        const facts = (await house.audit(id)).filter(({ action }) => action === 'payout_item.advise');
        expect(facts).toHaveLength(mails.length);
        expect(sha256 !== null).toBe(mails.length > 0);
        return mails.length;
      }),
    );
  }

  it('are each the partner’s own, and told once by two runs at once', async () => {
    const runs = await Promise.all([1, 2].flatMap((slice) => [slice, slice]).map(issue));
    expect(runs.reduce((sum, issued) => sum + issued, 0)).toBe(5);
    expect(await told()).toEqual([1, 1, 1, 1, 1]);
    const documents = house.module.get(DocumentStore, { strict: false });
    for (const { id, amount_minor, remittance_sha256: hash } of await rowsOf(batchId)) {
      const { text } = await readPdf((await documents.get(program.id, hash ?? '')).bytes);
      expect(text).toContain(`Payment ${id} of batch ${batchId}`);
      expect(text).toContain(`${amount_minor.slice(0, -2)}.${amount_minor.slice(-2)}`);
      const [mail] = await house.database.query<{ details: object; person_id: string; partner: string }>(
        `select mail.details, mail.person_id, partner.person_id as partner from mails mail
         join payout_items item on item.id = mail.subject_id join partners partner on partner.id = item.partner_id
         where mail.subject_id = $1`,
        [id],
      );
      expect(mail).toEqual({ details: {}, person_id: mail?.partner, partner: mail?.partner });
    }
  });

  it('reach the others where one cannot be kept, which is tried again', async () => {
    const documents = house.module.get(DocumentStore, { strict: false });
    const keep = documents.keep.bind(documents);
    let kept = 0;
    documents.keep = (document) => (++kept === 2 ? Promise.reject(new Error('the disk is full')) : keep(document));
    try {
      await expect(issue(1)).rejects.toThrow('the disk is full');
    } finally {
      documents.keep = keep;
    }
    expect((await told()).filter((mails) => mails === 1)).toHaveLength(1);
    expect(await issue(1)).toBe(2);
    expect(await issue(2)).toBe(2);
    expect(await told()).toEqual([1, 1, 1, 1, 1]);
  });

  it('are not written for a payment that came back while they were drawn', async () => {
    const [first] = await rowsOf(batchId);
    const documents = house.module.get(DocumentStore, { strict: false });
    const keep = documents.keep.bind(documents);
    documents.keep = async (document) => {
      await house.database.query(`update payout_items set state = 'returned' where id = $1`, [first?.id]);
      return keep(document);
    };
    try {
      expect(await issue(1)).toBe(2);
    } finally {
      documents.keep = keep;
    }
    expect(await told()).toEqual([0, 1, 1, 0, 0]);
  });

  function issue(slice: number): Promise<number> {
    return house.payouts.issueRemittanceAdvices(batchId, slice);
  }
});
