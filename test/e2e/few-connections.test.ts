import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

/** Of each process: the least that can be configured. */
const poolSize = 2;
const partners = 12;

let product: TestProduct;

beforeAll(async () => {
  product = await TestProduct.start({ DATABASE_POOL_SIZE: String(poolSize) });
}, 60_000);

afterAll(() => product.close());

test('many partners at once, with two connections to the database, all get their contract: nobody holds one and waits for the other', async () => {
  const walk = await ContractingWalk.open(product);
  const active = await Promise.all(Array.from({ length: partners }, () => walk.activePartner()));
  expect(new Set(active.map(({ partnerId }) => partnerId)).size).toBe(partners);
  expect(await product.rows(`select count(*)::int as count from agreements`)).toEqual([{ count: partners }]);
}, 180_000);
