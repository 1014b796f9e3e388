import type { FirstSales } from '../../libs/commissions/domain/index.js';

const firstCapacity = 1 << 12;
/** No key is negative. */
const emptyKey = -1;
/** References are below this, so that a pair of them fits in the 53 bits of a safe integer. */
const referenceLimit = 2 ** 26;

/** One number for a partner and one of its customers, both given as references. Throws RangeError beyond 67 million. */
export function customerKey(partner: number, customer: number): number {
  if (partner >= referenceLimit || customer >= referenceLimit) throw new RangeError('too many partners or customers');
  return partner * referenceLimit + customer;
}

/** The first sales of all partners' customers by `customerKey`: an open-addressed table of plain numbers. */
export class FirstSaleTable implements FirstSales<number> {
  private keys = new Float64Array(firstCapacity).fill(emptyKey);
  private instants = new Float64Array(firstCapacity);
  private size = 0;

  get(key: number): number | undefined {
    const slot = this.slotOf(key);
    return this.keys[slot] === key ? this.instants[slot] : undefined;
  }

  set(key: number, atMs: number): void {
    const slot = this.slotOf(key);
    if (this.keys[slot] !== key) this.size += 1;
    this.keys[slot] = key;
    this.instants[slot] = atMs;
    if (this.size * 2 > this.keys.length) this.grow();
  }

  /** The slot of the key, or the empty one where it would go. */
  private slotOf(key: number): number {
    const mask = this.keys.length - 1;
    const low = key % referenceLimit;
    const mixed = Math.imul(low ^ Math.imul((key - low) / referenceLimit, 0x9e3779b1), 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (this.keys[slot] !== key && this.keys[slot] !== emptyKey) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { keys, instants } = this;
    this.keys = new Float64Array(keys.length * 2).fill(emptyKey);
    this.instants = new Float64Array(keys.length * 2);
    keys.forEach((key, index) => {
      if (key === emptyKey) return;
      const slot = this.slotOf(key);
      this.keys[slot] = key;
      this.instants[slot] = instants[index] ?? 0;
    });
  }
}
